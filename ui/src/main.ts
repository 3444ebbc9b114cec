import { createApp } from "vue";
import App from "@/shell/App.vue";
import { i18n } from "@/language/i18n";
import { router } from "@/router";
import { register } from "@/shell/update";
import "@/design/tokens.css";
import "@/design/base.css";

createApp(App).use(i18n).use(router).mount("#app");

// After the page is useful: installing what works offline must not delay it.
addEventListener("load", () => void register());
