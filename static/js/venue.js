/* The form of a venue: the plate asked for of vehicles alone, and the phone's position.
   The form works without: a field that says whom it is for, a field to leave empty. Syntax of 2017. */
(function () {
  "use strict";
  var each = Array.prototype.forEach;

  // The plate, and only where there can be one.
  each.call(document.querySelectorAll("select[data-kind]"), function (kind) {
    var plate = kind.form.querySelector("[data-plate]");
    if (!plate) { return; }
    var show = function () {
      plate.hidden = (" " + kind.getAttribute("data-kind") + " ").indexOf(" " + kind.value + " ") < 0 && !plate.querySelector("input").value && !plate.querySelector(".error");
    };
    kind.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  });

  // The position of this device, where it can be asked.
  each.call(document.querySelectorAll("[data-here]"), function (button) {
    if (!navigator.geolocation) { return; }
    var field = document.getElementById(button.getAttribute("data-here"));
    var says = document.querySelector("[data-here-says]");
    button.hidden = false;
    button.addEventListener("click", function () {
      says.textContent = button.getAttribute("data-asking");
      navigator.geolocation.getCurrentPosition(function (found) {
        field.value = found.coords.latitude.toFixed(6) + ", " + found.coords.longitude.toFixed(6);
        says.textContent = "";
      }, function () {
        says.textContent = button.getAttribute("data-refused");
      }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
    });
  });
})();
