/* A page that follows work beside the server: its state is put in as it changes, and what is new is said once.
   The page works without. Syntax of 2017. */
(function () {
  "use strict";
  var part = document.querySelector("[data-poll]");
  var said = document.querySelector("[data-said]");
  if (!part || !said) { return; }
  var take = function (text) {
    var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-state]");
    if (!fresh) { return; }
    if (fresh.getAttribute("data-state") !== part.getAttribute("data-state")) {
      said.textContent = fresh.querySelector("h2").lastChild.textContent.trim();
    }
    // Who is about to press a button keeps it.
    if (fresh.getAttribute("data-state") === part.getAttribute("data-state") && part.contains(document.activeElement)) { return; }
    part.parentNode.replaceChild(fresh, part);
    part = fresh;
  };
  var again = function () {
    var ask = new XMLHttpRequest();
    ask.open("GET", part.getAttribute("data-poll"));
    // Asking by itself is not somebody at work: it does not keep the session open.
    ask.setRequestHeader("X-Background", "1");
    ask.onload = function () {
      if (ask.status === 404) { location.reload(); return; }
      if (ask.status === 200) { take(ask.responseText); }
    };
    ask.onloadend = function () { if (part.getAttribute("data-poll")) { setTimeout(again, 1500); } };
    ask.send();
  };
  setTimeout(again, 1500);
})();
