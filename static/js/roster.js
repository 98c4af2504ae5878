/* Cards one after the other onto the owner's list: sent without leaving the page, so that the camera stays open. What
   cannot be sent waits in the order in which it was scanned; it is on no disk, for it names people. Without this the form
   is sent as any other. Syntax of 2017. */
(function () {
  "use strict";
  var AGAIN = 5000, PATIENCE = 15000;
  var form = document.querySelector("[data-roster]"), card = form.querySelector("[name=card]");
  var said = document.getElementById("said"), unsent = form.querySelector("[data-unsent]");
  var words = JSON.parse(form.getAttribute("data-words"));
  var waiting = [], sending = false, retry = 0;

  async function ask(body) {
    var stop = window.AbortController ? new AbortController() : null;
    var timer = stop && setTimeout(function () { stop.abort(); }, PATIENCE);
    try {
      var answer = await fetch(location.href, {
        method: body ? "POST" : "GET", body: body, redirect: "manual", cache: "no-store", signal: stop ? stop.signal : undefined
      });
      if (answer.status !== 200 && answer.status !== 422) { return null; }
      var page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.getElementById("said") && page;
    } catch (error) { return null; } finally { clearTimeout(timer); }
  }

  /* Send one card. Gives "done", "hours" where the shift is wrong, "later". */
  async function send(text) {
    var body = new FormData(form);
    body.set("card", text);
    var page = await ask(body), word = page && page.getElementById("said").firstElementChild;
    if (word) {
      said.appendChild(word);
      return "done";
    }
    if (page) {
      var shift = page.querySelector("[data-shift]");
      form.querySelector("[data-shift]").replaceWith(shift);
      (shift.querySelector("[data-focus]") || shift.querySelector("input")).focus();
      return "hours";
    }
    // Signed in again on another tab: the page's token is over, a fresh page brings another.
    var fresh = await ask(null);
    if (fresh) { form.elements.csrf_token.value = fresh.querySelector("[name=csrf_token]").value; }
    return "later";
  }

  function tell(stuck) {
    var text = stuck ? words[stuck].replace("{count}", waiting.length) : "";
    if (unsent.textContent !== text) { unsent.textContent = text; }
    unsent.hidden = !text;
  }

  /* One after the other, in the order in which they were scanned. */
  async function flush() {
    if (sending) { return; }
    sending = true;
    clearTimeout(retry);
    var how = "done";
    try {
      while (waiting.length && how === "done") {
        how = await send(waiting[0]);
        if (how === "done") { waiting.shift(); }
      }
    } finally { sending = false; }
    tell(how === "done" ? "" : how);
    if (how === "later") { retry = setTimeout(flush, AGAIN); }
  }
  function take(text) {
    // What came of cards that waited is read before it goes.
    if (!waiting.length) { said.textContent = ""; }
    waiting.push(text);
    if (!unsent.hidden) { tell("later"); }
    flush();
  }

  form.addEventListener("submit", function (event) {
    if (!card.value.trim() && !waiting.length) { return; }
    event.preventDefault();
    var text = card.value;
    // Never back into the field: the next card would be typed onto this one.
    card.value = "";
    if (text.trim()) { take(text); } else { flush(); }
  });
  document.addEventListener("desk:scanned", function (event) { take(event.detail); });
  window.addEventListener("online", flush);
  window.addEventListener("beforeunload", function (event) {
    if (waiting.length) { event.preventDefault(); event.returnValue = ""; }
  });
  deskScanner.aimAt(card);
})();
