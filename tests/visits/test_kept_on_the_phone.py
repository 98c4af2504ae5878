"""What a visitor's phone keeps and sends, by its own scripts, run without a browser."""

import json
import subprocess

import pytest

from checkin import names
from checkin.config import ROOT
from tests.architecture.test_browsers_of_2018 import node

# Three declarations that wait, a, b and c, made now for one door; `states` is what is kept of each after all.
BEGIN = """
  const CODE = "K7QF-3M2P-9XD", DAY = 24 * 3600 * 1000;
  const one = (id, more) => Object.assign({ id: id, venue: CODE, at: Date.now(), known: 0, name: "Bé", fields: [["phone", "0912345678"]] }, more);
  const states = async () => Object.fromEntries((await visitorStore.all()).map((record) => [record.id, record.state]));
  const taken = (fields) => ({ kept: fields.submission, text: "yes" });
  const says = (status) => (fields) => ({ status: status, kept: fields.submission, text: "why" });
  for (const id of ["a", "b", "c"]) { await visitorSend.keep(one(id)); }
"""


def phone(does):
    done = subprocess.run(
        [node(), "tests/tools/visitor_phone.js", BEGIN + does], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_one_that_is_not_taken_stays_and_the_others_are_sent():
    found = phone("""
      const found = [];
      for (const bad of [{ text: "Wi-Fi" }, { status: 400 }, { status: 500, kept: "a" }, { kept: "b" }]) {
        for (const id of ["a", "b", "c"]) { await visitorStore.put(one(id)); }
        answers.push(() => bad, taken, taken);
        found.push([await visitorSend.all(), await states()]);
      }
      return found;
    """)
    assert found == [[1, {"a": "waiting", "b": "sent", "c": "sent"}]] * 4


def test_without_network_or_with_a_server_that_is_down_or_busy_the_first_says_it_for_all():
    found = phone("""
      const found = [];
      for (const bad of [null, { status: 503 }, { status: 429, kept: "a" }]) {
        answers.push(() => bad);
        found.push([await visitorSend.all(), asked.splice(0), await states()]);
      }
      return found;
    """)
    assert found == [[3, ["a"], dict.fromkeys("abc", "waiting")]] * 3


def test_what_is_deleted_while_it_is_sent_leaves_no_note_and_what_waits_behind_it_is_not_sent():
    states, asked, keys = phone("""
      let forgetting;
      answers.push(async (fields) => {
        forgetting = visitorSend.clear();
        await new Promise((resolve) => setTimeout(resolve, 30));
        return taken(fields);
      });
      await visitorSend.all();
      await forgetting;
      const opened = await new Promise((resolve) => { const r = indexedDB.open(); r.onsuccess = () => resolve(r.result); });
      const count = opened.transaction("keys").objectStore("keys").count();
      await new Promise((resolve) => setTimeout(resolve, 5));
      return [await states(), asked, count.result];
    """)
    assert (states, asked, keys) == ({}, ["a"], 0)


@pytest.mark.long
def test_one_that_is_deleted_while_it_is_sent_stays_deleted_without_locks_too():
    states = phone("""
      navigator.locks = null;
      const drop = async (fields) => { await visitorStore.remove(fields.submission); return taken(fields); };
      answers.push(drop, taken, says(422));
      await visitorSend.all();
      return states();
    """)
    assert states == {"b": "sent", "c": "held"}


def test_what_can_never_be_sent_loses_its_answers_and_what_can_be_mended_keeps_them():
    gone, mended, sent = phone("""
      answers.push(says(410), says(422), taken);
      await visitorSend.all();
      return visitorStore.all();
    """)
    assert (gone["state"], gone["fields"], gone["answer"], gone["venue"]) == ("held", [], "why", "K7QF-3M2P-9XD")
    assert gone["at"] and gone["name"] == "Bé"
    assert (mended["state"], mended["fields"]) == ("held", [["phone", "0912345678"]])
    assert (sent["state"], sent["fields"]) == ("sent", [])


def test_a_result_goes_after_a_day_and_what_was_not_sent_after_three():
    found = phone("""
      await visitorStore.clear();
      const ago = (days) => Date.now() - days * DAY;
      await visitorStore.measured(Date.now());
      await visitorStore.put(one("sent old", { sent: ago(1.01) }), "sent");
      await visitorStore.put(one("sent", { sent: ago(0.99) }), "sent");
      for (const state of ["waiting", "held"]) {
        await visitorStore.put(one(state + " old", { at: ago(3.01), known: ago(3.01) }), state);
        await visitorStore.put(one(state, { at: ago(2.99), known: 0 }), state);
        // A phone whose clock was set meanwhile.
        await visitorStore.put(one(state + " reset", { at: ago(3000), known: ago(1) }), state);
      }
      answers.push(says(422), says(422));
      await visitorSend.all();
      return states();
    """)
    assert sorted(found) == ["held", "held reset", "sent", "waiting", "waiting reset"]


@pytest.mark.long
def test_only_what_has_the_shape_of_a_code_is_opened_and_kept_without_network():
    kept, answered = phone("""
      const kept = [], answered = [];
      for (const code of ["k7qf 3m2p 9xd", "K7QF3M2P9X", "wp-login.php", "K7QF3M2P9XD" + "-".repeat(100)]) {
        await visitorSend.keep(one("d", { venue: code })).then(() => kept.push(code), () => null);
        for (const method of ["GET", "POST"]) {
          const request = { mode: "navigate", method: method, url: location.origin + "/v/" + encodeURIComponent(code), headers: new Map() };
          handlers.fetch({ request: request, respondWith: (answer) => { answered.push(code); answer.catch(() => null); } });
        }
      }
      handlers.fetch({ request: { mode: "navigate", method: "GET", url: location.origin + "/v/%ZZ" }, respondWith: () => answered.push("%ZZ") });
      return [kept, answered];
    """)
    assert (kept, answered) == (["k7qf 3m2p 9xd"], ["k7qf 3m2p 9xd"] * 2)


# Names as people have them, and as nobody has: the phone and the server make each as short.
SHORT = (
    "Nguyễn Thị Ánh Tuyết", "Trần Văn Hưng", "Lê Bé", "Lý", "  Đỗ   Thị  Mỹ   Hạnh ", "Công Tằng Tôn Nữ " * 5 + "Phước An",
    "Jean-Luc Picard", "Mary O'Neill Smith", "Nguyễn Thị Ánh Tuyết", "Trần\tVăn\nHưng", "An - Bình", "--", "", "...",
    "(Bé) Na", "H'Hen Niê", "Y‑Moan Ênuôl Byă Kbuôr", "王 小 明", "👩 An", "Lê\u200b Văn\u00a0Tám", "A" * 70, "Ng. V. An", "2 Mười",
)  # fmt: skip


def test_a_name_is_made_short_on_the_phone_as_on_the_server():
    found = phone(f"return {json.dumps(SHORT)}.map(visitorNames.short);")
    assert dict(zip(SHORT, found, strict=True)) == {name: names.mask_middle(name) for name in SHORT}
    assert found[:4] == ["N. T. Ánh Tuyết", "T. V. Hưng", "L. Bé", "L."]
