/**
 * The service worker: the frame and the phone's room open without a signal, and what waits there is
 * sent when the line comes back, also with the page closed.
 *
 * It never answers for the API: a list that is old says so on the page that kept it.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { CacheFirst } from "workbox-strategies";
import { PhoneStore } from "@/rooms/phone/core/database";
import { netIn } from "@/rooms/phone/core/net";
import { unsent } from "@/rooms/phone/core/queue";
import { send } from "@/rooms/phone/core/sender";

declare const self: ServiceWorkerGlobalScope;

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("index.html"), {
    denylist: [/^\/api\//, /^\/v1\//, /^\/openrosa\//, /^\/metrics/, /^\/healthz/, /^\/readyz/],
  }),
);
// Parts of other rooms, once they were asked for: they bear their content's name and never change.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith("/assets/"),
  new CacheFirst({ cacheName: "lamplit-parts", plugins: [{ cacheWillUpdate: async ({ response }) => (response.status === 200 ? response : null) }] }),
);

self.addEventListener("install", (event) => {
  // The first version has nobody to wait for; a later one waits until the reader says so.
  if (!self.registration.active) event.waitUntil(self.skipWaiting());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([self.clients.claim(), caches.delete("lamplit-parts")]));
});

self.addEventListener("message", (event) => {
  if ((event.data as { type?: string } | null)?.type === "SKIP_WAITING") void self.skipWaiting();
});

const SEND = "lamplit-send-";

interface SyncEvent extends ExtendableEvent {
  tag: string;
}

self.addEventListener("sync", (event) => {
  const { tag } = event as SyncEvent;
  if (tag.startsWith(SEND)) (event as SyncEvent).waitUntil(sendFor(tag.slice(SEND.length)));
});

/** Throws where something is left, so that the browser tries again. */
async function sendFor(person: string): Promise<void> {
  const store = new PhoneStore(person);
  try {
    await send(store, netIn(() => "zh-Hans"));
    if (await unsent(store)) throw new Error("some is left");
  } finally {
    store.close();
  }
}
