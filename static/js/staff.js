// Comfort for staff pages; every page works without it.
"use strict";

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

// What went wrong, or what is to be chosen, is read first.
const first = document.querySelector("[data-focus]");
if (first) first.focus();

// Fields that belong to one answer show with that answer alone.
each("[data-reveal]", (part) => {
  const source = document.getElementById(part.dataset.reveal);
  if (!source) return;
  const show = () => { part.hidden = source.value !== part.dataset.when; };
  source.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
});

// Rows of a table: j and k go on and back, Enter opens.
each("table[data-keys]", (table) => {
  const rows = Array.from(table.tBodies[0].rows);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, button, a, summary")) return;
    const at = rows.indexOf(document.activeElement);
    if (event.key === "Enter" && at >= 0) {
      const open = rows[at].querySelector("[data-open]");
      if (open) open.click();
      return;
    }
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    row.tabIndex = -1;
    row.focus();
    event.preventDefault();
  });
});

// Names of venues while one is typed: a list box in the pattern of WAI-ARIA. The browser's own list of
// suggestions compares accents, so "cho ha long" would never find "Chợ Hạ Long".
each("input[data-suggest]", (input) => {
  const list = document.createElement("ul");
  list.id = `${input.id}-list`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent);
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  const picked = input.closest(".suggesting") && input.closest(".suggesting").querySelector(".picked");
  let timer = 0;
  let asked = null;
  let at = -1;

  const options = () => Array.from(list.querySelectorAll("[data-value]"));
  const close = () => {
    clearTimeout(timer);
    if (asked) asked.abort();
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (number) => {
    const all = options();
    if (!all.length) return;
    at = (number + all.length) % all.length;
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    all[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[at].id);
  };
  const choose = (option) => {
    input.value = option.dataset.value;
    if (picked) picked.textContent = option.dataset.name;
    close();
  };
  const ask = async () => {
    if (asked) asked.abort();
    asked = new AbortController();
    const query = new URLSearchParams({ venue: input.value });
    ["commune", "kind"].forEach((name) => {
      const field = input.form.elements[name];
      if (field && field.value) query.set(name, field.value);
    });
    try {
      const answer = await fetch(`${input.dataset.suggest}?${query}`, { signal: asked.signal });
      if (!answer.ok || answer.redirected) return close();
      list.innerHTML = await answer.text();
    } catch {
      return; // a newer question, or no network: the form can be sent as it is
    }
    at = -1;
    list.hidden = document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };

  close();
  input.addEventListener("input", () => {
    if (picked) picked.textContent = "";
    close();
    if (input.value.trim().length >= 2) timer = setTimeout(ask, 200);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { if (input.value.trim().length >= 2) ask(); return; }
      mark(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1));
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      choose(options()[at]);
      event.preventDefault();
    }
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("[data-value]");
    if (option) choose(option);
  });
});

// A file that is too large is said before it is sent.
each("input[data-largest]", (input) => {
  input.addEventListener("change", () => {
    const file = input.files[0];
    const large = file && file.size > Number(input.dataset.largest);
    input.setCustomValidity(large ? input.dataset.tooLarge : "");
    if (large) input.reportValidity();
  });
});

// A file that is being made: its state is put in as it changes, and what is new is said once.
each("[data-poll]", (part) => {
  const said = document.querySelector("[data-said]");
  const again = async () => {
    let fresh = null;
    try {
      // Asking by itself is not somebody at work: it does not keep the session open.
      const answer = await fetch(part.dataset.poll, { headers: { "X-Background": "1" } });
      if (answer.redirected && new URL(answer.url).pathname === "/unlock") {
        document.dispatchEvent(new Event("checkin:locked"));
        return setTimeout(again, 5000);
      }
      if (answer.redirected || answer.status === 404) return location.reload(); // signed out
      if (answer.ok) fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-state]");
    } catch {
      // No network for a while: the next try may get through.
    }
    if (fresh) {
      // What was waited for is more than this part of the page.
      if (part.dataset.reload && !fresh.dataset.poll) return location.reload();
      if (fresh.dataset.state !== part.dataset.state) {
        said.textContent = fresh.querySelector("h2").lastChild.textContent.trim();
      }
      part.replaceWith(fresh);
      part = fresh;
    }
    if (part.dataset.poll) setTimeout(again, 1500);
  };
  setTimeout(again, 1500);
});
