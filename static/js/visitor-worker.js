/* Opens the declaration of a door without network, and keeps what was sent into a network that is gone. It answers for
   the doors' own pages alone; what it puts aside as files names nobody. Follows worker-pages.js and visitor-send.js;
   KEPT is what the server sends along. Syntax of 2017. */
"use strict";
var DOOR = /^\/v\/([^/]+)\/?$/, FORM = "/v/";
var SENDING = 10000;
var pages = workerPages("visitor", 4000);

async function install() {
  var cache = await caches.open("visitor");
  var sheets = KEPT.form.match(/\/static\/css\/[^"]+/g);
  await cache.addAll(sheets);
  await cache.put(KEPT.address, new Response(KEPT.script, { headers: { "Content-Type": "text/javascript; charset=utf-8" } }));
  await cache.put(FORM, new Response(KEPT.form, { headers: KEPT.headers }));
  // Files of a former version.
  (await cache.keys()).forEach(function (request) {
    if (request.url.indexOf("/static/") >= 0 && !sheets.some(function (sheet) { return request.url.endsWith(sheet); })) { cache.delete(request); }
  });
  return self.skipWaiting();
}

/* The fields of a declaration that is being sent; null for anything else, such as one person more on the form. */
async function declared(request) {
  if ((request.headers.get("Content-Type") || "").indexOf("application/x-www-form-urlencoded") !== 0) { return null; }
  var fields = Array.from(new URLSearchParams(await request.clone().text()));
  function told(name) { return fields.some(function (pair) { return pair[0] === name && pair[1]; }); }
  return !told("submission") || ["more", "drop", "change", "correct", "show_in"].some(told) || (told("fill") && told("card")) ? null : fields;
}

/* The code of a door's address, "" for any other: nothing is opened or kept for what is no code. */
function doorCode(path) {
  try {
    var found = decodeURIComponent((DOOR.exec(path) || [])[1] || "");
    return visitorSend.code(found) ? found : "";
  } catch (error) { return ""; }
}

async function posted(request, code) {
  var fields = await declared(request).catch(function () { return null; }), found = null;
  if (!fields) { return fetch(request); }
  try {
    found = await pages.answer(request, SENDING);
    if (found.status < 500) { return found; }
  } catch (error) { found = null; }
  function value(name) { return fields.filter(function (pair) { return pair[0] === name; }).map(function (pair) { return pair[1]; })[0]; }
  try {
    // Sent once more from the same page, it is the same declaration.
    var before = (await visitorStore.all()).filter(function (record) { return record.submission === value("submission"); })[0];
    await visitorSend.keep({
      id: before ? before.id : visitorStore.newId(), venue: code, at: before ? before.at : Date.now(), known: before ? before.known : undefined, name: value("full_name") || "", submission: value("submission"),
      fields: fields.filter(function (pair) { return pair[0] !== "submission"; })
    });
  } catch (error) { return found || Response.error(); }
  return (await pages.kept(FORM)) || found || Response.error();
}

/* Each answer tells the server's clock. */
async function opened(request) {
  var answer = await pages.page(request, FORM), date = Date.parse(answer.headers.get("Date"));
  if (date) { await visitorStore.measured(date).catch(function () { return null; }); }
  return answer;
}

async function file(request) { return (await pages.kept(request.url)) || fetch(request); }

self.addEventListener("install", function (event) { event.waitUntil(install()); });
self.addEventListener("sync", function (event) {
  if (event.tag !== "visitor") { return; }
  // A browser that hears that it failed tries again by itself.
  event.waitUntil(visitorSend.all().then(function (left) { if (left) { throw new Error("no network yet"); } }));
});
self.addEventListener("fetch", function (event) {
  var request = event.request, address = new URL(request.url), door = doorCode(address.pathname);
  if (address.origin !== self.location.origin) { return; }
  if (request.mode === "navigate") {
    if (door) { event.respondWith(request.method === "POST" ? posted(request, door) : opened(request)); }
  } else if (request.method === "GET" && (address.pathname === KEPT.address || address.pathname.indexOf("/static/css/") === 0)) {
    event.respondWith(file(request));
  }
});
