// The lock of staff pages. After a while without a key or the pointer a dialog lies over the page; what was typed
// stays where it is. The server is told, so that the session is locked there too and in every other window.
"use strict";

(() => {
  const dialog = document.getElementById("lock");
  if (!dialog || !dialog.showModal) return; // without it the server locks by itself
  const form = dialog.querySelector("form");
  const field = form.elements.password;
  const error = document.getElementById("lock-error");
  const token = form.elements.csrf_token.value;
  const idle = Number(dialog.dataset.idle) * 1000;
  // Somebody who types and sends nothing is at work all the same: the server hears of it now and then.
  const TELL = Math.min(4 * 60 * 1000, idle / 3);
  const windows = "BroadcastChannel" in window ? new BroadcastChannel("checkin-lock") : null;
  let used = Date.now();
  let told = Date.now();
  let shared = 0;
  let locked = false;

  const say = (what) => { if (windows) windows.postMessage(what); };
  const post = (address, fields) =>
    fetch(address, { method: "POST", body: new URLSearchParams({ csrf_token: token, in_place: "1", ...fields }) });

  const cover = () => {
    if (locked) return;
    locked = true;
    document.documentElement.classList.add("locked");
    error.textContent = "";
    field.value = "";
    dialog.showModal();
    field.focus();
  };
  const uncover = () => {
    locked = false;
    used = told = Date.now();
    field.value = "";
    document.documentElement.classList.remove("locked");
    dialog.close();
  };
  const lock = () => {
    if (locked) return;
    cover();
    say("locked");
    // Where the server is not reached it locks by its own clock.
    post(dialog.dataset.lock, {}).catch(() => {});
  };

  const active = () => {
    if (locked) return;
    const now = Date.now();
    if (now - used >= idle) return lock(); // the computer slept: what woke it is no work yet
    used = now;
    if (now - shared > 10000) { shared = now; say("used"); }
    if (now - told > TELL) {
      told = now;
      fetch(dialog.dataset.alive).then((answer) => { if (answer.redirected) cover(); }).catch(() => {});
    }
  };
  ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"].forEach((kind) =>
    document.addEventListener(kind, active, { passive: true, capture: true }));
  const look = () => { if (!locked && Date.now() - used >= idle) lock(); };
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  // A page that asks by itself and is answered with the lock says so here.
  document.addEventListener("checkin:locked", cover);

  if (windows) {
    windows.addEventListener("message", ({ data }) => {
      if (data === "locked") cover();
      else if (data === "unlocked" && locked) uncover();
      else if (data === "used" && !locked) used = told = Date.now();
    });
  }

  // Escape does not open it, nor does the browser's own way of closing a dialog.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => { if (locked) { dialog.showModal(); field.focus(); } });

  document.querySelectorAll("[data-lock-now]").forEach((one) =>
    one.addEventListener("submit", (event) => { event.preventDefault(); lock(); }));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    error.textContent = "";
    try {
      const answer = await post(form.action, { password: field.value });
      if (answer.status === 204) {
        uncover();
        say("unlocked");
        return;
      }
      error.textContent =
        answer.status === 422 ? await answer.text()
          : answer.status === 429 ? error.dataset.many
            : answer.status === 503 ? error.dataset.offline
              : error.dataset.gone;
    } catch {
      error.textContent = error.dataset.offline;
    } finally {
      form.removeAttribute("aria-busy");
    }
    field.select();
  });
})();
