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
