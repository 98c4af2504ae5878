/* The page at the counter: what is scanned or typed is kept on this device first and then sent, so that nothing is
   lost without network; the list keeps itself fresh. Without this the page works by forms alone. Syntax of 2017. */
(function () {
  "use strict";
  var EVERY = 5000, PATIENCE = 8000, SHOWN_FOR = 20000, ASKING_FOR = 90000, PAUSE = 400;
  var main = document.querySelector("[data-desk]");
  var words = JSON.parse(main.getAttribute("data-words"));
  var venue = main.getAttribute("data-venue");
  var say = main.querySelector("[data-say]");
  var banner = document.querySelector("[data-offline]");
  var input = document.getElementById("card");
  var underWay = {}, offlineSince = null, flushing = false, canKeep = true, clearing = 0;

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (all, name) { return name in values ? values[name] : all; });
  }
  function clock(moment) { return new Date(moment + 7 * 3600000).toISOString().slice(11, 19); }
  function token(value) {
    var fields = document.querySelectorAll("input[name=csrf_token]");
    if (value) { Array.prototype.forEach.call(fields, function (field) { field.value = value; }); }
    return fields.length ? fields[0].value : "";
  }
  function announce(name, detail) { document.dispatchEvent(new CustomEvent(name, { detail: detail })); }

  /* The network */
  async function post(path, fields) {
    var stop = window.AbortController ? new AbortController() : null;
    var timer = stop && setTimeout(function () { stop.abort(); }, PATIENCE);
    try {
      return await fetch(path, {
        method: "POST", credentials: "same-origin", cache: "no-store", signal: stop ? stop.signal : undefined,
        body: new URLSearchParams(fields)
      });
    } finally { clearTimeout(timer); }
  }

  /* Send one record. Gives "done", "refused", "later" (no network, or the server is busy) and the answer's text. */
  async function send(record) {
    var at = String(Math.round(record.at));
    for (var attempt = 0; attempt < 2; attempt += 1) {
      var fields = record.fields.concat([
        ["submission", record.id], ["venue", record.venue], ["door", record.door || ""], ["at", at], ["part", "1"], ["csrf_token", token()]
      ]);
      var answer;
      try { answer = await post(record.path, fields); } catch (error) { return { how: "later", status: 0 }; }
      if (answer.ok) { return { how: "done", text: await answer.text() }; }
      if (answer.status === 422) { return { how: "refused", text: await answer.text() }; }
      if (answer.status === 403) { location.reload(); return { how: "later", status: 403 }; }
      // The page's token is over, as after a restart: a fresh page brings another.
      if (answer.status !== 400 || !(await look())) { return { how: "later", status: answer.status }; }
    }
    return { how: "later", status: 400 };
  }

  async function look() {
    var begun = Date.now(), answer, text;
    try {
      answer = await fetch("/desk/", { credentials: "same-origin", cache: "no-store" });
      text = await answer.text();
    } catch (error) { offline(); return false; }
    if (answer.status === 403) { location.reload(); return false; }
    if (!answer.ok) { offline(); return false; }
    var page = new DOMParser().parseFromString(text, "text/html");
    var fresh = page.querySelector("[data-live]"), old = document.querySelector("[data-live]");
    if (!fresh) { location.reload(); return false; }
    if (old) { old.innerHTML = fresh.innerHTML; }
    if (!stand(page.querySelector("[data-standing]"))) { return false; }
    token(page.querySelector("input[name=csrf_token]").value);
    var served = Number(page.querySelector("[data-desk]").getAttribute("data-now"));
    if (canKeep) { await deskStore.measured(served + (Date.now() - begun) / 2).catch(function () { return null; }); }
    offlineSince = null;
    return true;
  }

  /* Where the device stands: its owner may have put it at another door, or closed the venue. */
  function stand(fresh) {
    var old = document.querySelector("[data-standing]");
    if (fresh.getAttribute("data-state") !== old.getAttribute("data-state")) { location.reload(); return false; }
    if (fresh.isEqualNode(old)) { return true; }
    old.parentNode.replaceChild(document.importNode(fresh, true), old);
    announce("desk:moved");
    return true;
  }
  function door() { return document.querySelector("[data-standing]").getAttribute("data-door"); }

  async function offline() {
    if (offlineSince === null) { offlineSince = deskStore.now(); }
    await tell();
  }

  /* What stands above the page: no network, or still sending; never how anybody answered. */
  async function tell() {
    var waiting = canKeep ? (await deskStore.counts(venue).catch(function () { return { waiting: 0 }; })).waiting : 0;
    var text = "";
    if (offlineSince !== null) {
      text = !canKeep ? words.no_store : fill(waiting ? words.offline : words.offline_none, { time: clock(offlineSince).slice(0, 5), count: waiting });
    } else if (waiting > Object.keys(underWay).length) {
      text = fill(words.sending, { count: waiting });
    }
    if (banner.textContent !== text) { banner.textContent = text; }
    // What was "just now" when the network went is not any more.
    var list = document.querySelector("[data-live]");
    if (list) { list.classList.toggle("stale", offlineSince !== null); }
    banner.hidden = !text;
    banner.setAttribute("data-waiting", waiting);
    announce("desk:changed");
  }

  /* What was said of the last one */
  function show(node, result) {
    clearTimeout(clearing);
    say.textContent = "";
    if (node) { say.appendChild(node); }
    if (node && result) { announce("desk:said", result); }
    var asking = say.querySelector(".asked");
    clearing = setTimeout(function () { show(null); }, asking ? ASKING_FOR : SHOWN_FOR);
  }
  function showText(text) {
    var page = new DOMParser().parseFromString(text, "text/html");
    var answer = page.querySelector(".answer");
    if (answer) { show(document.importNode(answer, true), answer.getAttribute("data-result")); }
  }
  function element(name, kind, text) {
    var made = document.createElement(name);
    if (kind) { made.className = kind; }
    made.textContent = text || "";
    return made;
  }
  /* A box like those of the server: a shape, a word, a colour. */
  function boxOf(kind, result, path, word) {
    var box = element("div", "answer " + kind), space = "http://www.w3.org/2000/svg";
    var shape = document.createElementNS(space, "svg");
    [["class", "shape"], ["viewBox", "0 0 100 100"], ["aria-hidden", "true"]].forEach(function (pair) { shape.setAttribute(pair[0], pair[1]); });
    shape.appendChild(document.createElementNS(space, "circle"));
    [["cx", "50"], ["cy", "50"], ["r", "44"]].forEach(function (pair) { shape.firstChild.setAttribute(pair[0], pair[1]); });
    shape.appendChild(document.createElementNS(space, "path")).setAttribute("d", path);
    box.setAttribute("data-result", result);
    box.setAttribute("role", result === "refused" ? "alert" : "status");
    box.appendChild(shape);
    box.appendChild(element("p", "word small", word));
    return box;
  }
  function showSaved(record, busy) {
    var box = boxOf("none", "saved", "M50 26v26l16 12", words.saved);
    if (busy) { box.appendChild(element("p", "", words.wait)); }
    var whose = element("p", "whose", record.name);
    whose.setAttribute("translate", "no");
    box.appendChild(whose);
    box.appendChild(element("p", "time")).appendChild(element("span", "", clock(record.at)));
    var card = record.fields.filter(function (pair) { return pair[0] === "card"; })[0];
    if (card && !record.fields.some(function (pair) { return pair[0] === "asked"; })) {
      var button = element("button", "btn second", words.asked);
      button.type = "button";
      button.addEventListener("click", function () { take("/desk/record", [card, ["asked", "1"]], record.name); });
      var asking = element("div", "asked");
      asking.appendChild(element("p", "", words.ask));
      asking.appendChild(button);
      box.appendChild(asking);
    }
    show(box, "saved");
  }
  function showRefused(text) {
    show(boxOf("refused", "refused", "m34 34 32 32M66 34 34 66", text), "refused");
  }

  /* Take what was scanned or typed: kept first, then sent. */
  async function take(path, fields, name, missing) {
    var record = { id: deskStore.newId(), path: path, fields: fields, name: name, at: deskStore.now(), venue: venue, door: door() };
    var kept = false;
    underWay[record.id] = true;
    try {
      // What the form lacks the server says better; nothing incomplete is kept.
      if (canKeep && !missing) { await deskStore.put(record); kept = true; }
    } catch (error) { canKeep = false; }
    var sent = await send(record);
    delete underWay[record.id];
    if (sent.how === "later") {
      if (sent.status === 403) { return; }
      if (missing) { showRefused(fill(words.incomplete, { count: missing })); }
      else if (kept) { showSaved(record, sent.status > 0); }
      else { showRefused(words.no_store); }
      if (sent.status === 0 || sent.status >= 500) { await offline(); }
      if (kept && path === "/desk/person") { clearForm(); }
      return;
    }
    if (kept) { await deskStore.remove(record.id); }
    var form = sent.how === "refused" && new DOMParser().parseFromString(sent.text, "text/html").querySelector("[data-person]");
    if (form) { placeForm(form); return; }
    showText(sent.text);
    if (sent.how === "done" && path === "/desk/person") { clearForm(); }
    offlineSince = null;
    await tell();
    look();
  }

  function placeForm(form) {
    var place = document.querySelector("[data-person-place]");
    show(null);
    place.textContent = "";
    place.appendChild(document.importNode(form, true));
    var errors = place.querySelector("[data-focus]");
    if (errors) { errors.focus(); }
  }
  function clearForm() {
    var form = document.querySelector("[data-person]");
    if (!form) { return; }
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.type === "radio" || field.type === "checkbox") { field.checked = false; }
      else if (field.type === "text" || field.type === "tel") { field.value = ""; }
      else if (field.name === "commune") { field.value = ""; }
    });
    Array.prototype.forEach.call(form.querySelectorAll(".bad"), function (field) { field.classList.remove("bad"); });
    Array.prototype.forEach.call(form.querySelectorAll(".error, .summary"), function (text) { text.remove(); });
    say.scrollIntoView({ block: "start" });
  }

  /* Send what is kept, one after the other in the order in which it was recorded. */
  async function flush() {
    if (flushing || !canKeep) { return; }
    flushing = true;
    try {
      if (!(await deskStore.counts(venue)).waiting) { return; }
      var records = (await deskStore.all()).filter(function (record) {
        return record.state === "waiting" && record.venue === venue && !underWay[record.id];
      });
      for (var place = 0; place < records.length; place += 1) {
        var record = records[place];
        if (underWay[record.id]) { continue; }
        var sent = await send(record);
        if (sent.how === "later") { break; }
        if (sent.how === "done") { await deskStore.remove(record.id); }
        else { await deskStore.put(record, "held"); }
        if (place % 10 === 9) { await tell(); }
      }
      if (records.length) { await look(); }
    } finally { flushing = false; await tell(); }
  }
  /* Of several tabs one sends; the server would tell the same record apart anyway. */
  function flushAlone() {
    if (!navigator.locks) { return flush(); }
    return navigator.locks.request("desk-records", { ifAvailable: true }, function (lock) { return lock ? flush() : null; });
  }

  var NEEDED = [["full_name"], ["birth_year"], ["gender"], ["commune", "commune_other"], ["symptoms"], ["contact_sick"], ["travel"], ["consent"]].map(function (names) {
    return { names: names, like: names[0] === "birth_year" ? /^\s*\d{4}\s*$/ : null };
  });

  /* A button that leads to another page. */
  var plain = false;
  document.addEventListener("click", function (event) { plain = Boolean(event.target.closest && event.target.closest("[data-plain]")); });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-send") || plain) { plain = false; return; }
    event.preventDefault();
    if (cardInForm(form)) { return; }
    var path = form.getAttribute("action").split("?")[0];
    var fields = keptForm.filled(form, ["csrf_token", "submission"]);
    if (form.hasAttribute("data-scan")) {
      var card = input.value;
      input.value = "";
      if (card.trim()) { scan(card); }
      return;
    }
    var name = (new FormData(form).get("full_name") || "").trim();
    var whose = say.querySelector(".whose");
    take(path, fields, name ? deskNames.mask(name) : whose ? whose.textContent : "", form.hasAttribute("data-person") ? keptForm.missing(form, NEEDED) : 0);
  });

  /* A card that is scanned while a form stands open fills the form in; one that was issued here is recorded, for nobody
     reads out of it whose it is. */
  function isScan(text) { return deskNames.isCard(text) || (text.length > 14 && Boolean(deskNames.codeOf(text))); }
  function cardInForm(form) {
    var card = form.hasAttribute("data-person") ? deskScanner.takeCard(form, isScan) : "";
    if (!card) { return false; }
    if (deskNames.isCard(card)) { fillFrom(form, card); } else { scan(card); }
    return true;
  }
  async function fillFrom(form, card) {
    var fields = Array.from(new FormData(form)).concat([["card", card], ["fill", "1"], ["part", "1"]]), text = "";
    try {
      var answer = await post("/desk/person", fields);
      text = answer.ok || answer.status === 422 ? await answer.text() : "";
    } catch (error) { offline(); }
    var filled = text && new DOMParser().parseFromString(text, "text/html").querySelector("[data-person]");
    if (filled) { placeForm(filled); return; }
    if (text) { showText(text); return; }
    // Without network: as much as the device itself can read.
    var born = deskNames.bornOf(card), sex = born.gender && form.querySelector("[name=gender][value=" + born.gender + "]");
    if (form.elements.full_name.value || form.elements.birth_year.value) { clearForm(); }
    form.elements.full_name.value = deskNames.nameOf(card);
    form.elements.birth_year.value = born.year;
    if (sex) { sex.checked = true; }
  }
  // Some scanners send no Enter.
  var pause = 0;
  document.addEventListener("input", function (event) {
    var form = event.target.form;
    clearTimeout(pause);
    if (form && form.hasAttribute("data-person")) { pause = setTimeout(function () { cardInForm(form); }, PAUSE); }
  });
  if (!input) { deskScanner.catchKeys(function () { return document.getElementById("full_name"); }); }

  function scan(card) {
    var code = deskNames.codeOf(card);
    // The server reads more than this device can; only without it the device decides.
    if (offlineSince !== null) {
      if (code && code.poster) { showRefused(words.poster); return; }
      if (!code && !deskNames.isCard(card)) { showRefused(words.unreadable); return; }
    }
    var name = code ? fill(words.paper_card, { code: code.letters.slice(-3) }) : deskNames.mask(deskNames.nameOf(card));
    take("/desk/record", [["card", card]], name || words.somebody);
  }
  document.addEventListener("desk:scanned", function (event) { scan(event.detail); });

  if (input) { deskScanner.aimAt(input); }
  if (input && deskScanner.hand) {
    document.addEventListener("desk:said", function () { input.focus(); });
    input.focus();
  }

  async function start() {
    if (!window.indexedDB || !window.crypto || !crypto.subtle) { canKeep = false; }
    if (canKeep) { await deskStore.readClock().catch(function () { canKeep = false; }); }
    if (canKeep && navigator.storage && navigator.storage.persist) { navigator.storage.persist().catch(function () { return null; }); }
    await tell();
    (async function round() {
      if (await look()) { announce("desk:online"); await flushAlone(); }
      setTimeout(round, EVERY);
    })();
    if (canKeep) { setInterval(function () { deskStore.now(); deskStore.keepClock().catch(function () { return null; }); }, 60000); }
    main.setAttribute("data-ready", "");
  }
  window.addEventListener("online", function () { look().then(function (there) { if (there) { flushAlone(); } }); });
  start();
})();
