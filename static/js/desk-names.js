/* Whose card it is, as far as the device itself can tell while there is no network. Syntax of 2017. */
var deskNames = (function () {
  "use strict";

  function fieldsOf(card) {
    var mark = ["|", "\t", "~", "\\"].find(function (one) { return card.split(one).length > 2; });
    return mark ? card.split(mark).map(function (part) { return part.trim(); }) : [];
  }

  function isCard(card) {
    var fields = fieldsOf(card.replace(/[｜¦]/g, "|"));
    return fields.slice(0, 3).some(function (part) { return /\d{10}/.test(part.replace(/\s/g, "")); });
  }

  function fromHex(text) {
    if (!/^([0-9a-f]{2}){3,}$/i.test(text) || !/[a-f]/i.test(text)) { return text; }
    return new TextDecoder().decode(new Uint8Array(text.match(/../g).map(function (pair) { return parseInt(pair, 16); })));
  }

  /* The name on a card: after the number and, on most, an old number that may be empty. */
  function nameOf(card) {
    var fields = fieldsOf(card.replace(/[｜¦]/g, "|")).slice(1).map(fromHex);
    return fields.slice(0, 3).find(function (part) { return /[^\d\s/.:-]/.test(part); }) || "";
  }

  /* The year of birth and the sex, where they stand behind the name of a citizen card. */
  function bornOf(card) {
    var fields = fieldsOf(card.replace(/[｜¦]/g, "|")).slice(1), name = nameOf(card);
    var behind = fields.slice(fields.map(fromHex).indexOf(name) + 1);
    var year = /(19|20)\d\d$/.exec(behind[0] || ""), sex = (behind[1] || "").toLowerCase();
    return { year: year ? year[0] : "", gender: /^(nam|1)$/.test(sex) ? "male" : /^(n[ữu]|2)/.test(sex) ? "female" : "" };
  }

  /* The family's name and initials, as the server masks it. */
  function mask(name) {
    var words = name.split(/\s+/).filter(Boolean);
    var initials = words.map(function (word) { return Array.from(word)[0] + "."; });
    if (words.length > 1) { initials[0] = words[0]; }
    return initials.join(" ").slice(0, 60);
  }

  /* The code of a card that was issued here, or of a poster, whose last letter must fit the others: as the server
     reckons it (venues/codes.py), over the field of 32 letters. */
  var LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  function codeOf(text) {
    var found = /[/\-&_?:;]([cv])[/\-&_?:;]([0-9a-z]{11})(?![0-9a-z])/i.exec(text);
    var letters = (found ? found[2] : text.replace(/[\s-]/g, "")).toUpperCase().replace(/[1I]/g, "L");
    var sum = 0;
    for (var place = 0; place < letters.length; place += 1) {
      var value = LETTERS.indexOf(letters[place]);
      sum <<= 1;
      if (sum & 32) { sum ^= 61; }
      if (value < 0) { return null; }
      sum ^= value;
    }
    return letters.length === 11 && sum === 0 ? { letters: letters, poster: Boolean(found) && found[1].toLowerCase() === "v" } : null;
  }

  return { bornOf: bornOf, codeOf: codeOf, isCard: isCard, nameOf: nameOf, mask: mask };
})();
