import { createApp } from "vue";
import App from "@/shell/App.vue";
import { i18n } from "@/language/i18n";
import { router } from "@/router";
import "@/design/tokens.css";
import "@/design/base.css";

createApp(App).use(i18n).use(router).mount("#app");

if ("serviceWorker" in navigator && import.meta.env.PROD) {
  // After the page is useful: installing what works offline must not delay it.
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js"));
}
