/* Scanners type like a keyboard, wherever the focus is: what a card says belongs into the field for cards, and presses
   no button on the way. Syntax of 2017. */
var deskScanner = (function () {
  "use strict";
  var FAST = 100;
  var hand = Boolean(window.matchMedia && matchMedia("(hover: hover)").matches);

  // What stood in a field before the keys that came without a pause: a card is typed behind it.
  var typedAt = 0, fast = false, before = { field: null, value: "" };
  function isField(element) {
    return /^(input|select|textarea)$/i.test(element.tagName) && !/^(radio|checkbox)$/.test(element.type);
  }
  document.addEventListener("keydown", function (event) {
    if (event.key.length !== 1 && event.key !== "Enter") { return; }
    fast = event.timeStamp - typedAt < FAST;
    if (event.key !== "Enter") { typedAt = event.timeStamp; }
    if (!fast && isField(event.target)) { before = { field: event.target, value: event.target.value }; }
  }, true);

  /* A scanner types into a button, too, and presses it with each space and the Enter of a card. A button keeps the focus
     for those alone who came to it by keys; outside of any field what is typed is meant for the field that `find` gives. */
  function catchKeys(find) {
    document.addEventListener("keydown", function (event) {
      var key = event.key, there = document.activeElement;
      if (event.ctrlKey || event.altKey || event.metaKey || isField(there) || (key.length !== 1 && key !== "Enter")) { return; }
      var press = key === "Enter" || (key === " " && /^(button|summary|input)$/i.test(there.tagName));
      // No hand is as fast as this: it is the middle of a card, which goes on in the field.
      if (press && !fast) { return; }
      var field = find();
      if (field) { before = { field: field, value: field.value }; field.focus(); }
    });
  }

  /* The same, for a page that takes cards above all: whatever is pressed, the field is ready again. */
  function aimAt(input) {
    function aim() {
      // On a screen without a keyboard the field would open one; nothing in focus is as good.
      if (hand) { input.focus(); } else if (document.activeElement.blur) { document.activeElement.blur(); }
    }
    catchKeys(function () { return input; });
    document.addEventListener("click", function (event) {
      if (event.detail > 0 && event.target.closest && event.target.closest("button, summary")) { aim(); }
    });
    document.addEventListener("submit", aim);
  }

  /* The card that was scanned into a field meant for something else; the field gets back what stood in it. */
  function takeCard(form, isCard) {
    var fields = Array.prototype.filter.call(form.elements, function (one) { return /^(text|tel)$/.test(one.type); });
    for (var place = 0; place < fields.length; place += 1) {
      var field = fields[place], had = before.field === field && field.value.indexOf(before.value) === 0 ? before.value : "";
      var text = field.value.slice(had.length);
      if (!isCard(text)) { had = ""; text = field.value; }
      if (isCard(text)) { field.value = had; return text; }
    }
    return "";
  }

  return { aimAt: aimAt, catchKeys: catchKeys, takeCard: takeCard, hand: hand };
})();
