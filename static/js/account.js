/* Showing a password that is typed, and printing recovery codes. Pages work without. Syntax of 2017. */
(function () {
  "use strict";
  Array.prototype.forEach.call(document.querySelectorAll("[data-show]"), function (button) {
    var input = document.getElementById(button.getAttribute("data-show"));
    button.hidden = false;
    button.addEventListener("click", function () {
      var open = input.type === "password";
      input.type = open ? "text" : "password";
      button.setAttribute("aria-pressed", String(open));
      button.querySelector("[data-on]").hidden = open;
      button.querySelector("[data-off]").hidden = !open;
      input.focus();
    });
    // Sent and remembered as what it is.
    if (input.form) { input.form.addEventListener("submit", function () { input.type = "password"; }); }
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-print]"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
})();
