/* Sends the declarations that a visitor's phone keeps, each once, and notes what came of each. A page and the service
   worker both do it. Follows kept-store.js. Syntax of 2017. */
var visitorStore = keptStore("visitor");
var visitorSend = (function () {
  "use strict";
  var PATIENCE = 10000, DAY = 24 * 3600 * 1000, UNSENT = 3 * DAY;
  var begun = {};

  /* A code as it stands on the wall; "" for what has not the shape of one, for which nothing could ever be sent. */
  function code(text) {
    var plain = text.toUpperCase().replace(/[^0-9A-Z]/g, "");
    return text.length <= 100 && plain.length === 11 ? [plain.slice(0, 4), plain.slice(4, 8), plain.slice(8)].join("-") : "";
  }

  /* How long ago it was made by this phone's clock, or as this very page has counted on where that clock was set. */
  function passed(record) {
    var told = Date.now() - record.at;
    return (told < 0 || told > DAY) && record.id in begun ? performance.now() - begun[record.id] : told;
  }

  /* When it was made, as the server asks for it: by the server's clock as this phone knew it then, and how long ago by
     this phone's clock. A network that comes back may set a wrong clock right, and then the second says nothing. */
  function when(record) {
    var ago = passed(record);
    return [["at", String(record.known || "")], ["age", ago < 0 ? "" : String(Math.round(ago))]];
  }

  /* A result is kept for a day, what was not sent for three, and only where neither clock says that it is younger. */
  function stale(record) {
    if (record.state === "sent") { return Date.now() - record.sent > DAY; }
    var ages = [passed(record), record.known ? visitorStore.now() - record.known : -1].filter(function (age) { return age >= 0; });
    return ages.length > 0 && Math.min.apply(null, ages) > UNSENT;
  }
  /* What this phone keeps, without what it has kept long enough, which goes. */
  async function left() {
    await visitorStore.readClock();
    var all = await visitorStore.all(), old = all.filter(stale);
    for (var index = 0; index < old.length; index += 1) { await visitorStore.remove(old[index].id); }
    return all.filter(function (record) { return old.indexOf(record) < 0; });
  }

  /* "done", "refused" or "gone" for good, with the answer's text; "later" where this one was not taken; "none" where
     nothing gets through now. What does not say which declaration it is about is not the server's answer: a network that
     wants a sign-in first, or a proxy. */
  async function post(record) {
    var stop = self.AbortController ? new AbortController() : null;
    var timer = stop && setTimeout(function () { stop.abort(); }, PATIENCE);
    var id = record.submission || record.id;
    try {
      var answer = await fetch("/v/" + encodeURIComponent(record.venue) + "/later", {
        method: "POST", credentials: "same-origin", cache: "no-store", signal: stop ? stop.signal : undefined,
        body: new URLSearchParams(record.fields.concat([["submission", id]], when(record)))
      });
      // An error over one declaration may be about that one alone.
      if (answer.status === 429 || answer.status > 500) { return { how: "none" }; }
      if (answer.status === 500 || answer.headers.get("X-Kept") !== id) { return { how: "later" }; }
      return { how: answer.ok ? "done" : answer.status === 410 ? "gone" : "refused", text: await answer.text() };
    } catch (error) {
      return { how: "none" };
    } finally { clearTimeout(timer); }
  }

  /* What stays of a declaration: its answers only where they can be mended or sent again. */
  function noted(record, sent) {
    if (sent.how === "refused") { return Object.assign({}, record, { answer: sent.text }); }
    return { id: record.id, venue: record.venue, at: record.at, known: record.known, name: record.name, fields: [], sent: Date.now(), answer: sent.text };
  }
  async function flush() {
    var waiting = (await left()).filter(function (record) { return record.state === "waiting"; }), later = 0;
    for (var index = 0; index < waiting.length; index += 1) {
      var record = waiting[index];
      // What was deleted while others were being sent is not sent.
      var sent = (await visitorStore.has(record.id)) ? await post(record) : null;
      if (sent && sent.how === "none") { return later + waiting.length - index; }
      if (sent && sent.how === "later") { later += 1; }
      else if (sent) { await visitorStore.replace(noted(record, sent), sent.how === "done" ? "sent" : "held"); }
    }
    return later;
  }
  /* Of several pages and the worker one is at it at a time; where a browser has no locks, the server tells the same
     declaration apart, and what is deleted is asked about before each step. */
  function alone(act) { return navigator.locks ? navigator.locks.request("visitor-records", act) : act(); }
  /* Gives how many still wait. */
  function all() { return alone(flush); }
  /* Everything off this phone: at once, so that nothing more is sent, and again when what is being sent has ended. */
  async function clear() {
    await visitorStore.clear();
    return alone(visitorStore.clear);
  }

  async function keep(record) {
    if (!code(record.venue)) { throw new Error("not a code"); }
    begun[record.id] = performance.now();
    if (record.known === undefined) { record.known = (await visitorStore.readClock()) ? Math.round(visitorStore.now()) : 0; }
    await visitorStore.put(record);
    var registration = self.registration || (navigator.serviceWorker && await navigator.serviceWorker.getRegistration("/v/"));
    // Where the browser has it, it sends also once the page is closed.
    if (registration && registration.sync) { await registration.sync.register("visitor").catch(function () { return null; }); }
  }

  return { all: all, left: left, clear: clear, keep: keep, code: code };
})();
