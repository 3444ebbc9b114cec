// Before the first paint: the theme and the language chosen last time on this device. And before the
// scripts are here: what this page will ask first, and the files it will want, are on their way.
(function () {
  var root = document.documentElement;
  var known = true;
  var language = navigator.languages.some(function (one) { return /^zh/i.test(one); }) ? "zh-Hans" : "en";
  try {
    var theme = localStorage.getItem("lamplit.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    var kept = localStorage.getItem("lamplit.language");
    if (kept === "zh-Hans" || kept === "en") language = kept;
    known = localStorage.getItem("lamplit.person") !== null;
  } catch (e) {
    // Storage is off; the system's theme is as good.
  }
  root.lang = language;

  var phone = /^\/phone\/?$/.test(location.pathname);
  var early = (window.lamplitEarly = { language: language, asked: Date.now(), answers: new Map() });
  // A phone that has worked before shows its own list, and sends what waits before it asks for another.
  ["/api/v1/me"].concat(phone && !known ? ["/api/v1/me/tasks"] : []).forEach(function (path) {
    var answer = fetch(path, { credentials: "same-origin", redirect: "error", cache: "no-store", headers: { "Accept-Language": language } });
    answer.catch(function () { /* It is asked again by whoever needs it, and told there. */ });
    early.answers.set(path, answer);
  });
  var files = phone ? document.currentScript.dataset.doors : "";
  (files ? files.split(" ") : []).forEach(function (file) {
    var link = document.createElement("link");
    link.crossOrigin = "";
    link.href = file;
    if (/\.css$/.test(file)) {
      link.rel = "preload";
      link.as = "style";
    } else link.rel = "modulepreload";
    document.head.append(link);
  });
})();
