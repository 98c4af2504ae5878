/* Opens the pages at the counter without network, from what the page itself put aside. It answers for nothing else,
   keeps no page with anybody on it, and sends nothing. Follows worker-pages.js. */
"use strict";
var PAGES = { "/desk": "/desk/offline", "/desk/": "/desk/offline", "/desk/person": "/desk/person" };
var pages = workerPages("desk", 6000);

async function file(request) {
  var found = await pages.kept(request.url);
  if (found) { return found; }
  var answer = await fetch(request);
  if (answer.ok) { (await caches.open("desk")).put(request.url, answer.clone()); }
  return answer;
}

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });
self.addEventListener("fetch", function (event) {
  var address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) { return; }
  if (event.request.mode === "navigate") {
    if (PAGES[address.pathname]) { event.respondWith(pages.page(event.request, PAGES[address.pathname])); }
  } else if (address.pathname.indexOf("/static/") === 0) {
    event.respondWith(file(event.request));
  }
});
