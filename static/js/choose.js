/* A place chosen from a long list as one types, with or without accents, and another language half-way through a form;
   without this the list is a plain one, and the other language an empty form. Syntax of 2017. */
(function () {
  "use strict";
  var each = Array.prototype.forEach;
  var fold = function (text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().trim().replace(/\s+/g, " ");
  };

  // A list box in the pattern of WAI-ARIA over the plain list, which stays what is sent. The browser's own list of
  // suggestions compares accents.
  each.call(document.querySelectorAll("select[data-search]"), function (select) {
    var input = document.createElement("input");
    var list = document.createElement("ul");
    var label = document.querySelector("label[for='" + select.id + "']");
    var at = -1;
    var all = Array.prototype.filter.call(select.options, function (option) { return option.value; }).map(function (option) {
      return { value: option.value, name: option.textContent, folded: fold(option.textContent) };
    });
    if (!label || !all.length) { return; }
    var chosen = function () {
      var option = select.options[select.selectedIndex];
      return option && option.value ? option.textContent : "";
    };
    input.type = "text";
    input.id = select.id + "-search";
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.placeholder = select.getAttribute("data-search");
    ["aria-describedby", "aria-invalid"].forEach(function (name) {
      if (select.hasAttribute(name)) { input.setAttribute(name, select.getAttribute(name)); }
    });
    list.id = select.id + "-list";
    list.className = "choices";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", label.textContent);
    input.setAttribute("aria-controls", list.id);
    label.setAttribute("for", input.id);
    // Behind the field, where a press does not reach it: what a script or an assistant chooses there counts all the same.
    select.classList.add("behind");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    select.removeAttribute("aria-describedby");
    select.addEventListener("change", function () { input.value = chosen(); });
    select.parentNode.insertBefore(input, select);
    select.parentNode.insertBefore(list, select);
    // The summary of errors leads to the field that is seen.
    each.call(document.querySelectorAll("a[href='#" + select.id + "']"), function (link) { link.setAttribute("href", "#" + input.id); });

    var close = function () {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    var choose = function (value) {
      select.value = value;
      input.value = chosen();
      close();
    };
    // Names in which each word begins as typed, before those that hold it anywhere.
    var fitting = function () {
      var words = fold(input.value).split(" ");
      var begins = [], holds = [];
      all.forEach(function (place) {
        var where = words.map(function (word) { return (" " + place.folded).indexOf(" " + word); });
        if (where.every(function (at) { return at >= 0; })) { begins.push(place); }
        else if (words.every(function (word) { return place.folded.indexOf(word) >= 0; })) { holds.push(place); }
      });
      return begins.concat(holds);
    };
    var mark = function (number) {
      var shown = list.querySelectorAll("[data-value]");
      if (!shown.length) { return; }
      at = (number + shown.length) % shown.length;
      each.call(shown, function (item, index) { item.setAttribute("aria-selected", String(index === at)); });
      shown[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", shown[at].id);
    };
    var open = function (everything) {
      var found = everything ? all : fitting();
      list.textContent = "";
      found.forEach(function (place, index) {
        var item = document.createElement("li");
        item.id = list.id + "-" + index;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.setAttribute("data-value", place.value);
        item.textContent = place.name;
        list.appendChild(item);
      });
      if (!found.length) {
        var none = document.createElement("li");
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.textContent = select.getAttribute("data-none");
        list.appendChild(none);
      }
      list.hidden = false;
      at = -1;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("focus", function () { input.select(); open(true); });
    input.addEventListener("click", function () { if (list.hidden) { open(true); } });
    input.addEventListener("input", function () { open(false); });
    input.addEventListener("keydown", function (event) {
      var shown = list.querySelectorAll("[data-value]");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) { open(true); }
        mark(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1));
        event.preventDefault();
      } else if (event.key === "Enter" && !list.hidden) {
        if (at >= 0) { choose(list.querySelectorAll("[data-value]")[at].getAttribute("data-value")); }
        else if (shown.length === 1) { choose(shown[0].getAttribute("data-value")); }
        event.preventDefault();
      } else if (event.key === "Escape" && !list.hidden) {
        input.value = chosen();
        close();
        event.preventDefault();
      }
    });
    // Before the field loses focus, which closes the list.
    list.addEventListener("mousedown", function (event) {
      var item = event.target.closest("[data-value]");
      event.preventDefault();
      if (item) { choose(item.getAttribute("data-value")); }
    });
    input.addEventListener("blur", function () {
      var typed = fold(input.value);
      var exact = typed ? all.filter(function (place) { return place.folded === typed; }) : [];
      var found = exact.length === 1 ? exact : typed ? fitting() : [];
      if (found.length === 1) { choose(found[0].value); return; }
      // What means none or several is no choice; empty takes the choice away.
      if (!typed) { select.value = ""; }
      input.value = chosen();
      close();
    });
    window.addEventListener("pageshow", function () { input.value = chosen(); });
    input.value = chosen();
  });

  // Another language is the same page with what was typed: the form goes along, to be shown and not to be taken.
  var kept = document.querySelector("form[data-kept]");
  var languages = document.querySelectorAll(".langs a");
  if (kept) {
    each.call(languages, function (link) {
      link.addEventListener("click", function (event) {
        event.preventDefault();
        var wish = document.createElement("input");
        wish.type = "hidden";
        wish.name = "show_in";
        wish.value = kept.getAttribute("data-kept");
        var there = kept.action;
        kept.appendChild(wish);
        kept.action = link.href;
        kept.submit();
        // Who comes back to this page by Back means to send it.
        kept.removeChild(wish);
        kept.action = there;
      });
    });
  }
})();
