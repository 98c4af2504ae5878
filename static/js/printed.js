/* A form that is answered by a file to print: the browser stays on the page, which says what was made and is ready for the
   next one. Without this the file is all of the answer. Syntax of 2017. */
(function () {
  "use strict";
  var pressed = null;
  document.addEventListener("click", function (event) { pressed = event.target.closest && event.target.closest("button"); }, true);

  function tell(form, name, failed) {
    var note = form.querySelector("[data-made]");
    var text = note.getAttribute(failed ? "data-failed" : "data-made").replace("{name}", name);
    note.textContent = text;
    note.hidden = false;
    note.classList.toggle("ok", !failed);
    note.classList.toggle("warn", failed);
    if (!failed) { note.scrollIntoView({ block: "nearest" }); }
  }
  function save(blob, name) {
    var link = document.createElement("a"), address = URL.createObjectURL(blob);
    link.href = address;
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(address); }, 60000);
  }
  /* What was made is done with: nothing of it is sent a second time. */
  function empty(form) {
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.hasAttribute("data-left")) { field.value = field.getAttribute("data-left"); }
      else if (/^(text|tel|textarea)$/.test(field.type) || field.name === "commune") { field.value = ""; }
      else if (field.type === "radio" && field.name === "gender") { field.checked = false; }
    });
    Array.prototype.forEach.call(document.querySelectorAll("[data-of-made]"), function (part) { part.hidden = true; });
    Array.prototype.forEach.call(form.querySelectorAll(".bad, .error, .summary"), function (part) {
      if (part.classList.contains("bad")) { part.classList.remove("bad"); } else { part.remove(); }
    });
  }

  document.addEventListener("submit", async function (event) {
    var form = event.target, button = pressed && form.contains(pressed) ? pressed : null;
    pressed = null;
    if (!form.hasAttribute("data-file")) { return; }
    // Other buttons of the form lead to a page.
    if (form.querySelector("[data-makes]") && !(button && button.hasAttribute("data-makes"))) { return; }
    event.preventDefault();
    if (form.getAttribute("aria-busy")) { return; }
    form.setAttribute("aria-busy", "true");
    var body = new FormData(form), whose = form.querySelector("[name=full_name]"), answer = null, file = null;
    var name = whose ? whose.value.trim() : "";
    if (button && button.name) { body.append(button.name, button.value); }
    try {
      answer = await fetch(form.action, { method: "POST", body: body, credentials: "same-origin" });
      file = answer.headers.get("Content-Type") === "application/pdf" ? await answer.blob() : null;
    } catch (error) {
      form.removeAttribute("aria-busy");
      tell(form, name, true);
      return;
    }
    form.removeAttribute("aria-busy");
    if (file) {
      save(file, "the-qua-cua.pdf");
      empty(form);
      tell(form, name, false);
      return;
    }
    // A page that says what is wrong; nothing was made.
    if (button && button.name) {
      var pressedField = document.createElement("input");
      pressedField.type = "hidden";
      pressedField.name = button.name;
      pressedField.value = button.value;
      form.appendChild(pressedField);
    }
    form.submit();
  });
})();
