"""The catalogues are whole, and a stale one is found before it is shipped."""

import os
import shutil
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

from checkin import i18n
from checkin.i18n import DEFAULT, LANGUAGES, catalogues
from tests.i18n.reading import VIETNAMESE

# Alike in both languages, and meant to be.
SAME = {"CDC"}


@pytest.fixture(scope="module")
def texts():
    """Every text of code and templates."""
    return catalogues.collected()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Copies of the catalogues, to be spoilt."""
    copy = tmp_path / "i18n"
    shutil.copytree(i18n.FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "*.mo", "__pycache__"))
    monkeypatch.setattr(catalogues, "FOLDER", copy)
    monkeypatch.setattr(i18n, "FOLDER", copy)
    return copy


def small(**texts):
    """A catalogue of English with these texts."""
    made = Catalog(locale="en")
    for number, (text, translated) in enumerate(texts.items()):
        made.add(text, translated, [("checkin/x.py", number)])
    return made


def write(language, catalogue):
    path = catalogues.path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue)


def spoil(language, change):
    """Read the copied catalogue, change it, write it back."""
    catalogue = catalogues.known(language)
    change(catalogue)
    write(language, catalogue)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_translated(language, texts):
    assert list(catalogues.faults(language, texts)) == []


def test_the_texts_of_code_and_of_templates_are_both_collected(texts):
    files = {place for message in texts for place, _line in message.locations}
    assert {"checkin/declarations/forms.py", "templates/visits/result.html"} <= files


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


def test_a_new_text_is_a_fault_until_it_is_translated(folder, texts):
    grown = catalogues.collected()
    grown.add("Một câu mới", None, [("checkin/x.py", 1)])
    assert list(catalogues.faults("en", grown)) == ["en: not in the catalogue: 'Một câu mới'"]
    spoil("en", lambda catalogue: catalogue.add("Một câu mới", ""))
    assert list(catalogues.faults("en", grown)) == ["en: not translated: 'Một câu mới'"]
    spoil("en", lambda catalogue: setattr(catalogue.get("Một câu mới"), "string", "A new sentence"))
    assert list(catalogues.faults("en", grown)) == []


def test_a_text_that_is_gone_is_a_fault(folder, texts):
    spoil("en", lambda catalogue: catalogue.add("Câu đã bỏ", "Dropped"))
    assert list(catalogues.faults("en", texts)) == ["en: no longer used: 'Câu đã bỏ'"]


def test_an_uncertain_translation_is_a_fault(folder, texts):
    spoil("en", lambda catalogue: catalogue.get("Gửi tờ khai").flags.add("fuzzy"))
    assert list(catalogues.faults("en", texts)) == ["en: marked as uncertain: 'Gửi tờ khai'"]


@pytest.mark.parametrize("string", ["Case opened.", "Case %(num)s opened.", "%(number)s %(number)s", "%(number)d"])
def test_a_placeholder_lost_or_changed_is_a_fault(folder, string):
    write("en", small(**{"Đã mở ca %(number)s.": string}))
    found = list(catalogues.faults("en", small(**{"Đã mở ca %(number)s.": ""})))
    assert found == ["en: other placeholders than the text: 'Đã mở ca %(number)s.'"]


@given(st.permutations(["%(first)s", "%(last)s", "%(total)s", "of", "–"]))
def test_placeholders_may_stand_in_another_order(tmp_path_factory, parts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogues, "FOLDER", tmp_path_factory.mktemp("i18n"))
        text = "%(first)s–%(last)s của %(total)s"
        write("en", small(**{text: " ".join(parts)}))
        assert list(catalogues.faults("en", small(**{text: ""}))) == []


def test_a_language_without_a_catalogue_lacks_every_text(folder, texts):
    shutil.rmtree(folder / "en")
    assert len(list(catalogues.faults("en", texts))) == len([m for m in texts if m.id]) > 100


def test_the_check_fails_and_says_why(folder, capsys):
    spoil("en", lambda catalogue: catalogue.delete("Gửi tờ khai"))
    assert catalogues.main(["--check"]) == 1
    assert capsys.readouterr().out == "en: not in the catalogue: 'Gửi tờ khai'\n"


def test_writing_keeps_translations_drops_old_texts_and_fills_in_vietnamese(folder, monkeypatch):
    write("en", small(Giữ="Keep", Bỏ="Drop"))
    monkeypatch.setattr(catalogues, "collected", lambda: small(Giữ="", Mới=""))
    assert catalogues.main([]) == 0
    strings = {m.id: m.string for m in catalogues.known("en") if m.id}
    assert strings == {"Giữ": "Keep", "Mới": ""}
    assert {m.id: m.string for m in catalogues.known("vi") if m.id} == {"Giữ": "Giữ", "Mới": "Mới"}


def test_writing_twice_changes_nothing(folder):
    catalogues.main([])
    first = [catalogues.path_of(language).read_bytes() for language in LANGUAGES]
    catalogues.main([])
    assert [catalogues.path_of(language).read_bytes() for language in LANGUAGES] == first


def test_the_catalogues_stand_in_the_form_that_the_tool_writes(texts):
    for language in LANGUAGES:
        assert catalogues.updated(language, texts) == catalogues.path_of(language).read_bytes()


def test_a_changed_catalogue_is_compiled_again_and_an_unchanged_one_is_not(folder):
    i18n.compile_catalogues()
    path = catalogues.path_of("en")
    binary = path.with_suffix(".mo")
    assert translated(binary)("Gửi tờ khai") == "Send declaration"
    made = binary.stat().st_mtime_ns
    i18n.compile_catalogues()
    assert binary.stat().st_mtime_ns == made
    spoil("en", lambda catalogue: setattr(catalogue.get("Gửi tờ khai"), "string", "Changed"))
    os.utime(path, ns=(made + 10**9, made + 10**9))
    i18n.compile_catalogues()
    assert translated(binary)("Gửi tờ khai") == "Changed"


def translated(binary):
    with binary.open("rb") as file:
        return GNUTranslations(file).gettext


def test_a_catalogue_is_read_as_it_was_written(folder):
    with catalogues.path_of("en").open("rb") as file:
        read = read_po(file, locale="en")
    assert read.charset == "utf-8"
    assert read.get("Tôi ra về").string == "I am leaving"
