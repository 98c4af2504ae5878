/* Beside the page at the counter: its sound, what could not be sent, and what opens it without network. On a device
   that was ended only the second is of use. Syntax of 2017. */
(function () {
  "use strict";
  var box = document.querySelector("[data-unsent]");
  var place = document.querySelector("[data-words]");
  var words = JSON.parse(place.getAttribute("data-words"));
  var ended = place.hasAttribute("data-ended");
  var venue = place.getAttribute("data-venue");
  var shown = [];

  function fill(text, count) { return text.replace("{count}", count); }
  function moment(at) {
    var text = new Date(at + 7 * 3600000).toISOString();
    return text.slice(11, 16) + " " + text.slice(8, 10) + "/" + text.slice(5, 7);
  }

  /* What waits is the banner's matter, but for a device that may not send any more, or stands elsewhere now. */
  async function list() {
    var known = ended ? { waiting: 0, all: 1 } : await deskStore.counts(venue).catch(function () { return { waiting: 0, all: 0 }; });
    var records = known.all > known.waiting ? await deskStore.all().catch(function () { return []; }) : [];
    shown = records.filter(function (record) { return ended || record.state === "held" || record.venue !== venue; });
    await listOwn(known.waiting);
    box.hidden = !shown.length;
    if (!shown.length) { return; }
    box.querySelector("[data-unsent-says]").textContent = fill(ended ? words.ended : words.held, shown.length);
    box.querySelector("[data-unsent-hint]").textContent = ended ? words.ended_hint : words.held_hint;
    write(box.querySelector("[data-unsent-list]"), shown);
  }
  function write(into, records) {
    into.textContent = "";
    records.forEach(function (record) {
      var line = document.createElement("li"), who = document.createElement("span"), when = document.createElement("span");
      who.className = "who";
      who.textContent = record.name || words.somebody;
      when.className = "at";
      when.textContent = moment(record.at);
      line.appendChild(who);
      line.appendChild(when);
      into.appendChild(line);
    });
  }
  /* Who was recorded here last, while the list of the server stands still. */
  async function listOwn(waiting) {
    var own = document.querySelector("[data-own]");
    if (!own) { return; }
    var offline = !document.querySelector("[data-offline]").hidden;
    var records = offline && waiting ? await deskStore.all(20).catch(function () { return []; }) : [];
    records = records.filter(function (record) { return record.state === "waiting" && record.venue === venue; }).reverse();
    own.hidden = !records.length;
    write(own.querySelector("ol"), records.slice(0, 10));
  }
  box.querySelector("[data-unsent-drop]").addEventListener("click", async function () {
    if (!window.confirm(fill(words.drop, shown.length))) { return; }
    for (var index = 0; index < shown.length; index += 1) { await deskStore.remove(shown[index].id); }
    await list();
  });
  document.addEventListener("desk:changed", list);
  if (window.indexedDB && window.crypto && crypto.subtle) { list(); }

  /* One sound for every word: the queue hears that somebody was recorded, and not how they answered. */
  var mute = document.querySelector("[data-mute]"), audio = null;
  function muted() { try { return localStorage.getItem("desk-muted") === "1"; } catch (error) { return false; } }
  function drawMute() {
    mute.setAttribute("aria-pressed", String(muted()));
    mute.querySelector("[data-on]").hidden = muted();
    mute.querySelector("[data-off]").hidden = !muted();
  }
  function beep(low) {
    if (!audio || muted()) { return; }
    var tone = audio.createOscillator(), volume = audio.createGain(), length = low ? 0.35 : 0.12;
    tone.frequency.value = low ? 220 : 988;
    volume.gain.setValueAtTime(0.2, audio.currentTime);
    volume.gain.setTargetAtTime(0, audio.currentTime + length * 0.7, 0.03);
    tone.connect(volume);
    volume.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + length);
  }
  var Audio = window.AudioContext || window.webkitAudioContext;
  if (mute && Audio) {
    mute.hidden = false;
    drawMute();
    mute.addEventListener("click", function () {
      try { localStorage.setItem("desk-muted", muted() ? "0" : "1"); } catch (error) { return; }
      drawMute();
    });
    // Browsers let a page sound only once somebody touched it.
    ["keydown", "pointerdown", "touchstart"].forEach(function (kind) {
      document.addEventListener(kind, function () { audio = audio || new Audio(); if (audio.state === "suspended") { audio.resume(); } });
    });
    document.addEventListener("desk:said", function (event) { beep(event.detail === "refused"); });
  }

  /* Keep the pages and what they load, so that they open without network; nobody's name is on them. */
  async function keep() {
    if (!navigator.serviceWorker || !window.caches || ended) { return; }
    await navigator.serviceWorker.register("/desk/worker.js", { scope: "/desk" });
    var cache = await caches.open("desk");
    var wanted = ["/desk/offline", "/desk/person"];
    Array.prototype.forEach.call(document.querySelectorAll("script[src], link[rel=stylesheet]"), function (one) {
      wanted.push(one.src || one.href);
    });
    for (var index = 0; index < wanted.length; index += 1) {
      if (wanted[index].indexOf("/static/") >= 0 && await cache.match(wanted[index])) { continue; }
      var answer = await fetch(wanted[index], { credentials: "same-origin", cache: "no-store" });
      if (answer.ok) { await cache.put(wanted[index], answer); }
    }
    // Files of a former version; those of the camera are put aside when it is first used.
    (await cache.keys()).forEach(function (request) {
      if (request.url.indexOf("/static/") >= 0 && request.url.indexOf("/vendor/") < 0 && wanted.indexOf(request.url) < 0) { cache.delete(request); }
    });
    document.documentElement.setAttribute("data-kept", "");
  }
  var kept = false;
  // What was put aside says the former door.
  document.addEventListener("desk:moved", function () { kept = false; });
  document.addEventListener("desk:online", function () {
    if (kept) { return; }
    kept = true;
    keep().catch(function () { kept = false; });
  });
})();
