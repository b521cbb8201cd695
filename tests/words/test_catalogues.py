"""What is shipped in other languages: whole, compiled as it is written, and safe to fill in."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "pumbaphoto_wagtail"
LOCALES = PACKAGE / "locale"
LANGUAGES = sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/django.po"))
# Words that came since the last `make messages` are shown in English, and are no reason to stop
# anybody; from here on the language is not one that is kept up.
MOST_UNTRANSLATED = 0.02
PLACES = re.compile(r"%\(\w+\)[a-z]|%[sdb]\b|%%|\{\w*\}")
TAGS = re.compile(r"</?\w[^>]*>")
NO_BREAK = "\N{NO-BREAK SPACE}"

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


def words_of(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALES / language / "LC_MESSAGES" / "django.po"))


def pairs(language: str):
    """Each translation beside what it translates; of several forms each beside the plural."""
    for entry in words_of(language).translated_entries():
        if entry.msgid_plural:
            for form in entry.msgstr_plural.values():
                yield entry.msgid_plural, form
        else:
            yield entry.msgid, entry.msgstr


def key(entry: polib.POEntry) -> tuple[str, str]:
    return entry.msgctxt or "", entry.msgid


def test_what_is_compiled_is_what_is_written(language):
    """The site reads the .mo, translators the .po: `make messages` makes one of the other."""
    compiled = LOCALES / language / "LC_MESSAGES" / "django.mo"
    with compiled.open("rb") as file:
        found = dict(gettext.GNUTranslations(file)._catalog)
    found.pop("")
    expected = {}
    for entry in words_of(language).translated_entries():
        full = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        if entry.msgid_plural:
            expected |= {(full, form): text for form, text in entry.msgstr_plural.items()}
        else:
            expected[full] = entry.msgstr
    assert found == expected


def test_nothing_is_a_guess_and_little_is_missing(language):
    words = words_of(language)
    assert [entry.msgid for entry in words if "fuzzy" in entry.flags] == []
    missing = [entry.msgid for entry in words.untranslated_entries()]
    print(f"{language}: {len(missing)} of {len(words)} are not translated", *missing, sep="\n  ")
    assert len(missing) <= MOST_UNTRANSLATED * len(words)


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed")
def test_the_words_of_the_sources_are_known(language, tmp_path):
    """Gathered once more from a copy; what is new is told, and too much of it fails."""
    copy = tmp_path / "package"
    left_out = shutil.ignore_patterns("static", "static_src", "locale", "__pycache__", "fonts")
    shutil.copytree(PACKAGE, copy, ignore=left_out)
    (copy / "locale").mkdir()
    surroundings = {name: os.environ[name] for name in os.environ if "DJANGO" not in name}
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", language, "--verbosity", "0"],
        cwd=copy,
        env=surroundings,
        check=True,
        capture_output=True,
    )
    gathered = polib.pofile(str(copy / "locale" / language / "LC_MESSAGES" / "django.po"))
    known = {key(entry) for entry in words_of(language)}
    new = {key(entry) for entry in gathered} - known
    print(f"{len(new)} are not gathered yet: run make messages", *sorted(new), sep="\n  ")
    assert len(new) <= MOST_UNTRANSLATED * len(known)


def test_every_place_to_fill_in_is_kept(language):
    """A place too many is an error on the page; one too few leaves out a name or a number."""
    wrong = []
    for entry in words_of(language).translated_entries():
        forms = entry.msgstr_plural or {None: entry.msgstr}
        full = sorted(PLACES.findall(entry.msgid_plural or entry.msgid))
        # Of one alone the number may be said in a word.
        allowed = {0: (full, sorted(PLACES.findall(entry.msgid)))}
        wrong += [
            (entry.msgid, words)
            for form, words in forms.items()
            if sorted(PLACES.findall(words)) not in allowed.get(form, (full,))
        ]
    assert wrong == []


def test_markup_is_kept(language):
    assert [
        (source, words)
        for source, words in pairs(language)
        if sorted(TAGS.findall(source)) != sorted(TAGS.findall(words))
    ] == []


def test_no_translation_breaks_out_of_an_attribute(language):
    """What is translated in a template is trusted, and stands between straight quotes there."""
    assert [words for source, words in pairs(language) if '"' in words and '"' not in source] == []


def test_blanks_at_the_ends_are_kept(language):
    def ends(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    assert [words for source, words in pairs(language) if ends(source) != ends(words)] == []


def test_sentences_stay_sentences(language):
    """A full stop, a colon or an ellipsis at the end is part of how words are put together."""

    def end(text: str) -> str:
        last = text.rstrip()[-1:]
        return last if last in ".:…" else ""

    assert [words for source, words in pairs(language) if end(source) != end(words)] == []


def test_every_plural_form_is_there(language):
    words = words_of(language)
    forms = int(re.search(r"nplurals=(\d+)", words.metadata["Plural-Forms"])[1])
    assert [
        entry.msgid
        for entry in words.translated_entries()
        if entry.msgid_plural and sorted(entry.msgstr_plural) != list(range(forms))
    ] == []


def test_french_is_set_as_french_is(language):
    """As in Wagtail's own French, so that the admin speaks with one voice."""
    if language != "fr":
        pytest.skip("French typography")
    wrong = re.compile(r"(?<![\u00a0])[;!?»](?!\w)| [:;!?»]|«(?!\u00a0)|[“”’\u202f]|\w:( |$)")
    # A regular expression, an address or the name of a setting is no sentence.
    code = re.compile(r"<code>.*?</code>|<a [^>]*>|\{[^}]*\}|%\([^)]*\)\w")
    assert [words for _source, words in pairs(language) if wrong.search(code.sub("", words))] == []
