/* Public pages work without this; it moves the clock, takes focus to what is wrong, and keeps a second
   tap from sending the form twice. Syntax of 2017. */
(function () {
  "use strict";
  var clock = document.querySelector("[data-clock]");
  if (clock) {
    var server = Number(clock.getAttribute("data-clock")) * 1000;
    var opened = Date.now();
    var format = function (moment) {
      // The province's clock, whatever the phone's zone and time are.
      var local = new Date(moment + 7 * 3600 * 1000);
      return local.toISOString().slice(11, 19);
    };
    setInterval(function () { clock.textContent = format(server + Date.now() - opened); }, 1000);
  }

  var errors = document.querySelector("[data-focus]");
  if (errors) { errors.focus(); }

  var forms = document.querySelectorAll("form[data-once]");
  Array.prototype.forEach.call(forms, function (form) {
    var sent = 0;
    form.addEventListener("submit", function (event) {
      // A retry after ten seconds goes through: the network may have failed, and sending twice is safe.
      if (Date.now() - sent < 10000) { event.preventDefault(); return; }
      sent = Date.now();
      form.setAttribute("aria-busy", "true");
    });
    window.addEventListener("pageshow", function () { sent = 0; form.removeAttribute("aria-busy"); });
  });
})();
