/// <reference types="vite/client" />
/// <reference lib="webworker" />

declare module "*.vue" {
  import type { DefineComponent } from "vue";
  const component: DefineComponent<object, object, unknown>;
  export default component;
}

interface ServiceWorkerGlobalScope {
  __WB_MANIFEST: { url: string; revision: string | null }[];
}

/** Its own types are not in the package; these are what the phone's large form uses. */
declare module "@getodk/web-forms" {
  import type { DefineComponent, Plugin } from "vue";
  export const OdkWebForm: DefineComponent<object, object, unknown>;
  export const webFormsPlugin: Plugin;
}
