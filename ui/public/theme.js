// Before the first paint: the theme and the language chosen last time on this device.
(function () {
  try {
    var theme = localStorage.getItem("lamplit.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    var language = localStorage.getItem("lamplit.language");
    if (language) document.documentElement.lang = language;
  } catch (e) {
    // Storage is off; the system's theme is as good.
  }
})();
