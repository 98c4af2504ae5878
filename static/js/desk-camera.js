/* Reads cards with the device's camera. The reader is loaded when the camera is first opened, from this server; no
   picture is kept or sent. Syntax of 2017. */
(function () {
  "use strict";
  var own = document.currentScript;
  var EVERY = 180, AGAIN = 4000, WIDTH = 1280;
  var open = document.querySelector("[data-camera-open]"), box = document.querySelector("[data-camera]");
  var says = box.querySelector("[data-camera-says]"), video = box.querySelector("video");
  var words = JSON.parse(document.querySelector("[data-words]").getAttribute("data-words"));
  var canvas = document.createElement("canvas");
  var stream = null, reader = null, last = { text: "", at: 0 };

  function draw(running) {
    open.setAttribute("aria-pressed", String(running));
    open.querySelector("[data-on]").hidden = running;
    open.querySelector("[data-off]").hidden = !running;
    video.hidden = !running;
  }
  function tell(text, wrong) {
    box.hidden = false;
    says.textContent = text;
    says.className = wrong ? "error" : "hint";
  }

  function load() {
    if (!reader) {
      reader = new Promise(function (resolve, reject) {
        var script = document.createElement("script");
        script.src = own.getAttribute("data-reader");
        script.onload = resolve;
        script.onerror = reject;
        document.head.appendChild(script);
      }).then(function () {
        return ZXingWASM.prepareZXingModule({
          overrides: { locateFile: function () { return own.getAttribute("data-wasm"); } }, fireImmediately: true
        });
      });
      reader.catch(function () { reader = null; });
    }
    return reader;
  }

  function textOf(found) {
    // Cards are UTF-8, whatever the reader takes the letters for.
    try { return new TextDecoder("utf-8", { fatal: true }).decode(found.bytes); } catch (error) { return found.text; }
  }

  async function look() {
    if (!stream) { return; }
    if (video.readyState >= 2 && video.videoWidth) {
      var scale = Math.min(1, WIDTH / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      var brush = canvas.getContext("2d", { willReadFrequently: true });
      brush.drawImage(video, 0, 0, canvas.width, canvas.height);
      var picture = brush.getImageData(0, 0, canvas.width, canvas.height);
      var found = (await ZXingWASM.readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 }))[0];
      if (found && found.isValid !== false) { take(textOf(found)); }
    }
    setTimeout(function () { look().catch(function () { close(); tell(words.camera_failed, true); }); }, EVERY);
  }
  /* A card lies under the camera for a while: it is one scan until it was gone for some seconds. */
  function take(text) {
    var again = text === last.text && Date.now() - last.at < AGAIN;
    last = { text: text, at: Date.now() };
    if (text && !again) { document.dispatchEvent(new CustomEvent("desk:scanned", { detail: text })); }
  }

  function close() {
    if (stream) { stream.getTracks().forEach(function (track) { track.stop(); }); }
    stream = null;
    video.srcObject = null;
    draw(false);
    box.hidden = true;
  }

  async function start() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia || !window.WebAssembly) {
      tell(words.camera_missing, true);
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: WIDTH } } });
      await load();
    } catch (error) {
      close();
      video.hidden = true;
      var name = error && error.name;
      tell(name === "NotAllowedError" || name === "SecurityError" ? words.camera_refused
        : name === "NotFoundError" || name === "OverconstrainedError" ? words.camera_missing : words.camera_failed, true);
      return;
    }
    tell(words.camera_ready);
    draw(true);
    // Else a phone shows it in a player of its own.
    video.setAttribute("playsinline", "");
    video.muted = true;
    video.srcObject = stream;
    await video.play().catch(function () { return null; });
    look();
  }

  open.hidden = false;
  draw(false);
  open.addEventListener("click", function () { if (stream) { close(); } else { start(); } });
  // A camera that nobody looks at is off.
  document.addEventListener("visibilitychange", function () { if (document.hidden && stream) { close(); } });
})();
