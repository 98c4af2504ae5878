/* A name as the server shows it on its owner's own device (mask_middle of checkin/names.py): enough to tell the people of
   one phone apart. Syntax of 2017. */
var visitorNames = (function () {
  "use strict";
  var MOST = 60;
  var SPACE = /[\s\u001c-\u001f\u0085]+/;
  var UNSEEN = /[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ud800-\udfff]/gu;
  var MARK = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]/;
  var PUNCTUATION = /[!"#%&'()*,\-./:;?@[\\\]_{}¡§«¶·»¿\u0300-\u036f\u2010-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u3011]/;

  /* What a reader sees as one letter: with its marks. */
  function letters(text) {
    return Array.from(text).reduce(function (found, part) {
      if (MARK.test(part) && found.length) { found[found.length - 1] += part; } else { found.push(part); }
      return found;
    }, []);
  }
  /* "T." for "Thị", "J.-L." for "Jean-Luc", "" for punctuation alone. */
  function initials(word) {
    if (word === "…") { return word; }
    return word.split(/[-‐‑–]/).map(function (part) {
      return letters(part).filter(function (letter) { return !PUNCTUATION.test(letter.charAt(0)); })[0];
    }).filter(Boolean).map(function (letter) { return letter + "."; }).join("-");
  }
  function bounded(text) {
    if (Array.from(text).length <= MOST) { return text; }
    var kept = "", size = 0;
    letters(text).every(function (letter) {
      size += Array.from(letter).length;
      if (size < MOST) { kept += letter; }
      return size < MOST;
    });
    return kept.replace(/\s+$/, "") + "…";
  }

  function short(name) {
    var seen = name.replace(UNSEEN, "").normalize("NFC").split(SPACE).filter(Boolean);
    var words = seen.filter(initials);
    if (!words.length && seen.length) { words = ["…"]; }
    var shown = words.length >= 4 ? 2 : words.length > 1 ? 1 : 0;
    return bounded(words.map(function (word, index) { return index < words.length - shown ? initials(word) : word; }).join(" "));
  }

  return { short: short };
})();
