/* The camera on the visitor's form: open from the start, and what it reads of a card is sent as a scanner would type it.
   Syntax of 2017. */
(function () {
  "use strict";
  var field = document.getElementById("card"), says = document.querySelector("[data-camera-says]");
  var strange = JSON.parse(document.querySelector("[data-words]").getAttribute("data-words")).strange;

  document.addEventListener("desk:scanned", function (event) {
    // The code of the venue hangs beside the card: what has no fields is no card, and the camera goes on.
    if (event.detail.split("|").length < 3) { says.textContent = strange; return; }
    field.value = event.detail;
    field.form.querySelector("[name=fill]").click();
  });
  document.querySelector("[data-camera-open]").click();
})();
