/* On the visitor's pages: what this phone keeps of declarations that were made without network, and the form for making
   one. It is loaded where something is kept or the service worker answers; without it every page works by forms alone.
   Follows kept-store.js, kept-form.js, visitor-names.js and visitor-send.js; keptWords are its texts. Syntax of 2017. */
(function () {
  "use strict";
  var EVERY = 15000, DAY = 24 * 3600 * 1000, JUST = 3600 * 1000;
  var words = keptWords;
  var place = /^\/v\/([^/]+)/.exec(location.pathname);
  var code = place ? decodeURIComponent(place[1]) : "";
  var page = document.querySelector("[data-offline]");
  var shown = null, mending = null, list = null;

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (all, name) { return name in values ? values[name] : all; });
  }
  // The province's clock, whatever zone the phone is in.
  function local(moment) { return new Date(moment + 7 * 3600000).toISOString(); }
  function hour(moment) { return local(moment).slice(11, 16); }
  function day(moment) { return local(moment).slice(8, 10) + "/" + local(moment).slice(5, 7); }
  function when(moment) { return hour(moment) + (day(moment) === day(Date.now()) ? "" : ", " + day(moment)); }
  function spelt(text) { return visitorSend.code(text) || text.slice(0, 20); }
  function element(name, kind, text) {
    var made = document.createElement(name);
    if (kind) { made.className = kind; }
    if (text) { made.textContent = text; }
    return made;
  }
  function each(nodes, act) { Array.prototype.forEach.call(nodes, act); }
  function parsed(text) { return new DOMParser().parseFromString(text || "", "text/html"); }

  /* Pages outside of the doors' own learn by this that there is something to ask about. */
  function flag(kept) {
    try { if (kept) { localStorage.setItem("kept", "1"); } else { localStorage.removeItem("kept"); } } catch (error) { return; }
  }

  /* What is kept */
  async function records() {
    var left = await visitorSend.left();
    flag(left.length);
    return left;
  }
  async function draw() {
    var all = await records();
    var own = shown && all.filter(function (record) { return record.id === shown; })[0];
    if (own && own.state === "sent") { await result(own); return; }
    if (own && own.state === "held") { shown = null; show(null); }
    var others = all.filter(function (record) { return record.id !== shown && record.id !== mending; });
    // What goes with a person who is removed, and what does not.
    each(document.querySelectorAll("[data-unsent-stays]"), function (text) {
      text.hidden = !all.some(function (record) { return record.state !== "sent"; });
    });
    // First what somebody has to do something about.
    var order = ["held", "waiting", "sent"];
    others.sort(function (one, other) { return order.indexOf(one.state) - order.indexOf(other.state) || one.at - other.at; });
    if (!list) {
      list = element("section", "card stack tight kept");
      list.setAttribute("aria-label", words.title);
      var into = document.querySelector("[data-kept-list]") || document.querySelector(".col");
      into.insertBefore(list, into.firstChild);
    }
    // Nobody's button is taken away under their finger for nothing.
    var state = JSON.stringify([shown].concat(others.map(function (record) { return record.id + record.state; })));
    if (list.getAttribute("data-state") === state) { return; }
    list.setAttribute("data-state", state);
    list.hidden = !others.length;
    list.textContent = "";
    var waiting = others.filter(function (record) { return record.state === "waiting"; });
    if (waiting.length) { list.appendChild(element("h2", "", fill(words.waiting, { count: waiting.length }))); }
    others.forEach(function (record) { list.appendChild(line(record)); });
    if (waiting.length && !shown) { list.appendChild(button(words.send, round)); }
  }

  function line(record) {
    var box = element("div", "stack tight one " + record.state), head = element("p");
    var answer = parsed(record.answer), word = answer.querySelector(".result h1");
    var says = { waiting: words.unsent, held: words.held, sent: fill(words.sent, { time: when(record.sent || record.at), word: word ? word.textContent : "" }) };
    head.appendChild(element("b", "", says[record.state]));
    box.appendChild(head);
    var whose = element("p", "hint", fill(words.of, { code: spelt(record.venue).replace(/-/g, "\u2011"), time: when(record.at) }));
    if (record.name) {
      var name = element("span", "", visitorNames.short(record.name) + " · ");
      name.setAttribute("translate", "no");
      whose.insertBefore(name, whose.firstChild);
    }
    box.appendChild(whose);
    if (record.state === "sent") { helped(box, answer); }
    if (record.state === "held") { refused(box, answer, record); }
    if (record.state === "sent") { box.appendChild(button(words.seen, function () { return drop(record); }, "link")); }
    else { box.appendChild(button(words.drop, function () { return window.confirm(words.sure) ? drop(record) : null; }, "link")); }
    return box;
  }
  /* Whom to call where the result says that help is needed. */
  function helped(box, answer) {
    var call = answer.querySelector(".result.help") && answer.querySelector("a[href^='tel:']");
    if (call) { box.appendChild(document.importNode(call, true)); }
  }
  /* Why the server did not take it, and what can be done. */
  function refused(box, answer, record) {
    if (answer.querySelector("[data-later]")) {
      box.appendChild(element("p", "", words.mend_hint));
      box.appendChild(button(words.mend, function () { mend(record); }));
      return;
    }
    each(answer.querySelectorAll("main h1, main h1 ~ p"), function (text) { box.appendChild(element("p", "", text.textContent)); });
    // What can never be sent has lost its answers.
    if (record.fields.length) { box.appendChild(button(words.again, async function () { await visitorStore.put(record); return round(); })); }
  }
  function button(text, act, kind) {
    var made = element("button", "btn " + (kind || "second"), text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }
  async function drop(record) { await visitorStore.remove(record.id); return draw(); }

  /* Sending */
  async function round() {
    await visitorSend.all().catch(function () { return null; });
    return draw();
  }
  /* The real result in place of the page, as if the form had been sent this moment. */
  async function result(record) {
    var answer = parsed(record.answer), clock = answer.querySelector("[data-clock]");
    await visitorStore.remove(record.id);
    shown = null;
    // It may have been sent a while ago, while the phone slept.
    if (clock) { clock.setAttribute("data-clock", Math.round(Number(clock.getAttribute("data-clock")) + (Date.now() - record.sent) / 1000)); }
    document.title = answer.title;
    document.body.parentNode.replaceChild(document.importNode(answer.body, true), document.body);
    list = page = null;
    each(answer.querySelectorAll("script[src]"), function (script) {
      var again = document.createElement("script");
      again.src = script.getAttribute("src");
      document.body.appendChild(again);
    });
    window.scrollTo(0, 0);
    await draw();
  }

  /* The page without network: the form, or what was kept with it */
  function show(record) {
    shown = record ? record.id : null;
    var saved = page && page.querySelector("[data-saved]");
    if (!saved) { return; }
    saved.hidden = !record;
    page.querySelector("[data-form]").hidden = Boolean(record);
    if (!record) { return; }
    saved.querySelector("[data-name]").textContent = record.name;
    saved.querySelector("[data-time]").textContent = fill(words.made, { time: local(record.at).slice(11, 19), day: day(record.at) });
    document.title = saved.querySelector("h1").textContent;
    window.scrollTo(0, 0);
    saved.querySelector("h1").focus();
  }
  var NEEDED = [["full_name"], ["birth_year", /^\s*\d{4}\s*$/], ["phone", /(\d\D*){8,}/], ["gender"], ["commune", null, "commune_other"], ["symptoms"], ["contact_sick"], ["travel"], ["consent"]].map(function (one) {
    return { names: [one[0]].concat(one.slice(2)), like: one[1] };
  });
  function say(name, value) { return (value && words.wrong[name]) || (name === "consent" ? words.consent : words.needed); }

  async function take(form) {
    var travelled = form.querySelector("[name=travel][value=yes]").checked ? [{ names: ["travel_where"] }] : [];
    var notice = form.querySelector("[data-missing]"), count = keptForm.missing(form, NEEDED.concat(travelled), say);
    notice.hidden = !count;
    notice.textContent = count ? fill(words.incomplete, { count: count }) : "";
    if (count) { notice.focus(); return; }
    var fields = keptForm.filled(form, ["submission"]);
    var before = mending ? (await visitorStore.all()).filter(function (one) { return one.id === mending; })[0] : null;
    var name = fields.filter(function (pair) { return pair[0] === "full_name"; })[0][1].trim();
    var record = { id: visitorStore.newId(), venue: code, at: Date.now(), name: name, fields: fields };
    if (before) { record = Object.assign({}, before, { name: name, fields: fields, answer: "", state: "waiting" }); }
    try { await visitorSend.keep(record); } catch (error) { notice.hidden = false; notice.textContent = words.no_store; notice.focus(); return; }
    mending = null;
    flag(true);
    if (page) { show(record); }
    await draw();
    if (!page) { place_of(form).remove(); }
    await round();
  }
  function place_of(form) { return form.closest("[data-mending]") || form; }

  /* The form as the server gave it back, with what was typed and what is wrong. */
  function mend(record) {
    var form = document.importNode(parsed(record.answer).querySelector("[data-later]"), true);
    mending = record.id;
    if (page) {
      show(null);
      var old = page.querySelector("[data-later]");
      old.parentNode.replaceChild(form, old);
    } else {
      var into = element("div");
      into.setAttribute("data-mending", "");
      into.appendChild(form);
      list.parentNode.insertBefore(into, list.nextSibling);
    }
    dates(form);
    var errors = form.querySelector("[data-focus]");
    if (errors) { errors.focus(); }
    return draw();
  }
  /* Of a page that was put aside some days ago the days have moved on. */
  function dates(form) {
    each(form.querySelectorAll("[data-days]"), function (text) {
      text.textContent = fill(words.since, { day: day(Date.now() - Number(text.getAttribute("data-days")) * DAY) });
    });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("data-later")) { event.preventDefault(); take(form); }
    // Nothing of what is kept outlives what was said to be deleted; one person of several is not all.
    if (/\/forget-me(\?|$)/.test(form.getAttribute("action") || "") && !form.querySelector("[name]")) {
      event.preventDefault();
      forget(form);
    }
  });
  async function forget(form) {
    var all = await records().catch(function () { return []; });
    var unsent = all.filter(function (record) { return record.state !== "sent"; }).length;
    if (unsent && !window.confirm(fill(words.forget, { count: unsent }))) { return; }
    await visitorSend.clear().catch(function () { return null; });
    flag(false);
    form.submit();
  }

  async function start() {
    if (page) {
      each(page.querySelectorAll("[data-code]"), function (text) { text.textContent = spelt(code); });
      page.querySelector("[data-another]").addEventListener("click", function () { show(null); draw(); });
      page.querySelector("[data-send]").addEventListener("click", round);
      dates(page);
      var all = (await records()).filter(function (record) { return record.state === "waiting" && record.venue === code && Date.now() - record.at < JUST; });
      show(all.length ? all[all.length - 1] : null);
    }
    await round();
    setInterval(round, EVERY);
  }
  window.addEventListener("online", round);
  start().catch(function () {
    var notice = page && page.querySelector("[data-missing]");
    if (notice) { notice.hidden = false; notice.textContent = words.no_store; }
  });
})();
