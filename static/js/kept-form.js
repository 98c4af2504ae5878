/* A form that a device keeps: what was filled in, and what is still missing; the server looks closer. Syntax of 2017. */
var keptForm = (function () {
  "use strict";

  /* What was filled in, but for these fields, which are the page's own. */
  function filled(form, but) {
    var fields = [];
    new FormData(form).forEach(function (value, name) {
      if (but.indexOf(name) < 0 && value !== "") { fields.push([name, String(value)]); }
    });
    return fields;
  }

  /* How many fields are still to be filled in, each marked. Each line of `needed` are names of which one must be there,
     and what its text must look like. With `say`, which gives the words for a field, they stand above it. */
  function missing(form, needed, say) {
    var values = new FormData(form), count = 0;
    needed.forEach(function (line) {
      var value = line.names.map(function (name) { return values.get(name); }).filter(Boolean)[0];
      var wrong = !value || Boolean(line.like && !line.like.test(value));
      var field = form.querySelector("[name=" + line.names[0] + "]").closest(".field");
      field.classList.toggle("bad", wrong);
      if (say) { clear(field); }
      if (wrong) { count += 1; }
      if (wrong && say) { write(field, line.names[0] + "-error", say(line.names[0], value)); }
    });
    return count;
  }
  function each(nodes, act) { Array.prototype.forEach.call(nodes, act); }
  function clear(field) {
    each(field.querySelectorAll(".error"), function (text) { text.remove(); });
    each(field.querySelectorAll("[aria-invalid]"), function (one) { one.removeAttribute("aria-invalid"); });
  }
  function write(field, id, text) {
    var error = document.createElement("span"), label = field.querySelector("label, .label");
    error.className = "error";
    error.id = id;
    error.textContent = text;
    if (label.classList.contains("tick")) { label.parentNode.insertBefore(error, label); }
    else { label.parentNode.insertBefore(error, label.nextSibling); }
    var one = field.querySelector("input[type=text], input[type=tel], input[type=checkbox], select");
    if (field.hasAttribute("role")) { one = field; } else { one.setAttribute("aria-invalid", "true"); }
    // Beside what it had, such as a hint.
    var had = (one.getAttribute("aria-describedby") || "").split(" ").filter(function (name) { return name && name !== id; });
    one.setAttribute("aria-describedby", [id].concat(had).join(" "));
  }

  return { filled: filled, missing: missing };
})();
