"""The catalogues are whole, and a stale one is found before it is shipped."""

import ast
import os
import shutil
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from hypothesis import given
from hypothesis import strategies as st

from checkin import i18n
from checkin.config import ROOT
from checkin.i18n import DEFAULT, LANGUAGES, catalogues
from tests.i18n.reading import VIETNAMESE

# Alike in both languages, and meant to be.
SAME = {"CDC", "Email"}
SEND, OPENED = "Gửi tờ khai", "Đã mở ca %(number)s."
THREE = {SEND: "Send declaration", OPENED: "Case %(number)s opened.", "Lưu": "Save"}


@pytest.fixture(scope="module")
def texts():
    """Every text of code and templates."""
    return catalogues.collected()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Catalogues of three texts, whole."""
    copy = tmp_path / "i18n"
    monkeypatch.setattr(catalogues, "FOLDER", copy)
    monkeypatch.setattr(i18n, "FOLDER", copy)
    monkeypatch.setattr(catalogues, "collected", lambda: small(THREE))
    write("en", small(THREE))
    write("vi", small({text: text for text in THREE}))
    return copy


def small(texts):
    """A catalogue of these texts and translations."""
    made = Catalog(locale="en")
    for text, translated in texts.items():
        made.add(text, translated, [("checkin/x.py", 1)])
    return made


def write(language, catalogue):
    path = catalogues.path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=0)


def faults(*more):
    """What is wrong with English where the code has the three texts and these."""
    return list(catalogues.faults("en", small(dict.fromkeys((*THREE, *more), ""))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_translated(language, texts):
    assert list(catalogues.faults(language, texts)) == []


@pytest.mark.long
@pytest.mark.wide
def test_the_catalogues_stand_in_the_form_that_the_tool_writes(texts):
    for language in LANGUAGES:
        assert catalogues.updated(language, texts) == catalogues.path_of(language).read_bytes()


def test_the_texts_of_code_and_of_templates_are_both_collected(texts):
    files = {place for message in texts for place, _line in message.locations}
    assert {"checkin/declarations/forms.py", "templates/visits/result.html"} <= files


def test_no_text_hides_inside_an_f_string_where_it_is_not_collected():
    hidden = [
        (path.name, call.lineno)
        for path in (ROOT / "checkin").rglob("*.py")
        for joined in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(joined, ast.JoinedStr)
        for call in ast.walk(joined)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in catalogues.KEYWORDS
    ]
    assert hidden == []


def test_vietnamese_repeats_the_texts_themselves(texts):
    have = catalogues.known(DEFAULT)
    for message in texts:
        if message.id and isinstance(message.id, str):
            assert have[message.id].string == message.id


def test_no_vietnamese_is_left_in_an_english_text():
    for message in catalogues.known("en"):
        strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        for string in strings if message.id else ():
            assert not VIETNAMESE.search(string), string
            assert string != message.id or message.id in SAME, string


def test_a_translation_begins_and_ends_as_its_text_does():
    for message in catalogues.known("en"):
        if message.id and isinstance(message.id, str):
            assert message.id[-1:].isspace() == message.string[-1:].isspace()
            for mark in ":?…":
                assert message.id.endswith(mark) == message.string.endswith(mark), message.id


def test_a_catalogue_that_is_whole_has_no_faults(folder):
    assert faults() == []
    assert catalogues.main(["--check"]) == 0


def test_a_new_text_is_a_fault_until_it_is_translated(folder):
    assert faults("Câu mới") == ["en: not in the catalogue: 'Câu mới'"]
    write("en", small(THREE | {"Câu mới": ""}))
    assert faults("Câu mới") == ["en: not translated: 'Câu mới'"]
    write("en", small(THREE | {"Câu mới": "New"}))
    assert faults("Câu mới") == []


def test_a_text_that_is_gone_is_a_fault(folder):
    write("en", small(THREE | {"Câu đã bỏ": "Dropped"}))
    assert faults() == ["en: no longer used: 'Câu đã bỏ'"]


def test_an_uncertain_translation_is_a_fault(folder):
    spoilt = small(THREE)
    spoilt[SEND].flags.add("fuzzy")
    write("en", spoilt)
    assert faults() == [f"en: marked as uncertain: '{SEND}'"]


@pytest.mark.parametrize("string", ["Case opened.", "Case %(num)s opened.", "%(number)s %(number)s", "%(number)d"])
def test_a_placeholder_lost_or_changed_is_a_fault(folder, string):
    write("en", small(THREE | {OPENED: string}))
    assert faults() == [f"en: other placeholders than the text: '{OPENED}'"]


@pytest.mark.parametrize("forms", [("", "%(n)s cases"), ("%(n)s case", ""), ("One case", "%(n)s cases")])
def test_singular_and_plural_are_both_checked(folder, forms):
    pair = ("%(n)s ca", "%(n)s ca bệnh")
    texts = small(THREE)
    texts.add(pair)
    write("en", small(THREE | {pair: forms}))
    assert len(list(catalogues.faults("en", texts))) == 1
    write("en", small(THREE | {pair: ("%(n)s case", "%(n)s cases")}))
    assert list(catalogues.faults("en", texts)) == []


@given(st.permutations(["%(first)s", "%(last)s", "%(total)s", "of", "–"]), st.booleans())
def test_placeholders_may_stand_in_another_order_and_none_may_be_missing(parts, whole):
    text = "%(first)s–%(last)s của %(total)s"
    string = " ".join(parts if whole else [part for part in parts if part != "%(last)s"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogues, "known", lambda _language: small({text: string}))
        assert (list(catalogues.faults("en", small({text: ""}))) == []) is whole


def test_a_language_without_a_catalogue_lacks_every_text(folder):
    shutil.rmtree(folder / "en")
    assert len(faults()) == len(THREE)


def test_the_check_fails_and_says_why(folder, capsys):
    write("en", small({text: string for text, string in THREE.items() if text != SEND}))
    assert catalogues.main(["--check"]) == 1
    assert capsys.readouterr().out == f"en: not in the catalogue: '{SEND}'\n"


def test_writing_keeps_translations_drops_old_texts_and_fills_in_vietnamese(folder, monkeypatch):
    monkeypatch.setattr(catalogues, "collected", lambda: small({SEND: "", "Mới": ""}))
    assert catalogues.main([]) == 0
    assert {m.id: m.string for m in catalogues.known("en") if m.id} == {SEND: THREE[SEND], "Mới": ""}
    assert {m.id: m.string for m in catalogues.known("vi") if m.id} == {SEND: SEND, "Mới": "Mới"}


def test_writing_twice_changes_nothing(folder):
    catalogues.main([])
    first = [catalogues.path_of(language).read_bytes() for language in LANGUAGES]
    catalogues.main([])
    assert [catalogues.path_of(language).read_bytes() for language in LANGUAGES] == first


def test_a_catalogue_is_read_as_it_was_written(folder):
    odd = {"Bấm “Gửi”\n\tlại": 'Press "Send"\n\t\\again', "Tiê\u0301ng": "\u200fRTL", "x" * 10_000: "y" * 10_000}
    write("en", small(odd))
    assert {m.id: m.string for m in catalogues.known("en") if m.id} == odd


def test_a_changed_catalogue_is_compiled_again_and_an_unchanged_one_is_not(folder):
    i18n.compile_catalogues()
    path = catalogues.path_of("en")
    binary = path.with_suffix(".mo")
    assert translated(binary)(SEND) == THREE[SEND]
    made = binary.stat().st_mtime_ns
    i18n.compile_catalogues()
    assert binary.stat().st_mtime_ns == made
    write("en", small(THREE | {SEND: "Changed"}))
    os.utime(path, ns=(made + 10**9, made + 10**9))
    i18n.compile_catalogues()
    assert translated(binary)(SEND) == "Changed"
    assert [file.name for file in binary.parent.iterdir() if file.suffix not in {".po", ".mo"}] == []


def translated(binary):
    with binary.open("rb") as file:
        return GNUTranslations(file).gettext
