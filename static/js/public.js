/* Public pages work without this; it moves the clock, takes focus to what is wrong, keeps a second tap from sending
   the form twice, and after a result has the phone keep the form for the time without network. Syntax of 2017. */
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

  // What the camera reads cards with is loaded by the page that this opens.
  var scans = document.querySelector("[data-scans]");
  if (scans && navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.WebAssembly) { scans.hidden = false; }

  // A photo of some megabytes takes minutes on a poor line; a card is read as well from a tenth of it. What a browser
  // cannot make smaller is sent as it is.
  var photo = document.getElementById("photo"), EDGE = 2000, SMALL = 500000;
  function shrink(file, picture) {
    var part = Math.min(1, EDGE / Math.max(picture.width, picture.height)), canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * part);
    canvas.height = Math.round(picture.height * part);
    var brush = canvas.getContext("2d");
    brush.imageSmoothingQuality = "high";
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(function (smaller) {
      // Meanwhile another one may have been chosen.
      if (!smaller || photo.files[0] !== file) { return; }
      try {
        var taken = new DataTransfer();
        taken.items.add(new File([smaller], "photo.jpg", { type: "image/jpeg" }));
        photo.files = taken.files;
      } catch (error) { return; }
    }, "image/jpeg", 0.8);
  }
  if (photo && window.createImageBitmap && HTMLCanvasElement.prototype.toBlob) {
    photo.addEventListener("change", function () {
      var file = photo.files[0];
      if (!file || file.size < SMALL) { return; }
      createImageBitmap(file).then(function (picture) { shrink(file, picture); }).catch(function () { return null; });
    });
  }

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

  var keeper = window.indexedDB && window.caches && window.crypto && crypto.subtle && navigator.serviceWorker;
  var worker = document.querySelector("[data-worker]");
  if (keeper && worker) {
    window.addEventListener("load", function () {
      keeper.register(worker.getAttribute("data-worker"), { scope: "/v/", updateViaCache: "all" }).catch(function () { return null; });
    });
  }
  // What is kept is shown by a script of its own, which a phone that keeps nothing never loads.
  function flagged() { try { return localStorage.getItem("kept"); } catch (error) { return null; } }
  var door = location.pathname.indexOf("/v/") === 0;
  if (keeper && !window.keptWords && ((door && keeper.controller) || ((door || document.querySelector("form[action^='/forget-me']")) && flagged()))) {
    var more = document.createElement("script");
    more.src = "/visitor.js";
    document.body.appendChild(more);
  }
})();
