"""Code on the pages is code: it compiles, and what is named runs; commands take what is written."""

import ast
import json
import logging
import re
import shlex
import subprocess
import sys

import pytest
from django.core.management import CommandError, get_commands
from django.dispatch import Signal
from django.template import engines
from django.test import Client, RequestFactory, override_settings

from docs.from_code import commands
from pumbaphoto_wagtail import signals, testing
from pumbaphoto_wagtail.models import Gallery, State, Transition
from tests.fresh_site.readme import read_steps

from .pages import ROOT, Block, blocks, paths

PYTHON = [block for block in blocks() if block.language == "python"]
# What stands in a shell: blocks of it, and lines of prose that are set as code.
SHELL = [block for block in blocks() if block.language in ("sh", "shell", "console")]
TEMPLATES = [block for block in blocks() if block.language in ("html+django", "django")]
DATA = [block for block in blocks() if block.language == "json"]
MANAGE = re.compile(r"manage\.py (\w+)([^`\n#]*)")


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_compiles(block):
    ast.parse(block.text)


@pytest.mark.parametrize("block", TEMPLATES, ids=str)
def test_templates_compile(block):
    # A line alone stands for one in a template that has loaded what it needs.
    loaded = "" if "{% load" in block.text or "{% extends" in block.text else "{% load static %}"
    engines["django"].from_string(loaded + block.text)


@pytest.mark.parametrize("block", DATA, ids=str)
def test_data_can_be_read(block):
    json.loads(block.text)


def commands_on(text: str) -> list[tuple[str, list[str]]]:
    """Commands of manage.py and what follows them, in a block or in a sentence."""
    return [(name, shlex.split(rest)) for name, rest in MANAGE.findall(text)]


def all_commands():
    for path in paths():
        if path.name == "CHANGELOG.md":
            continue
        for name, words in commands_on(path.read_text()):
            # In a sentence a command may be followed by its words.
            options = words if all(map(is_option_like, words)) else []
            yield pytest.param(name, options, id=f"{path.name} {name} {' '.join(options)}")


def is_option_like(word: str) -> bool:
    return bool(re.match(r"[-\w./=~:@]+$", word)) and not word.endswith((",", ":"))


@pytest.mark.parametrize(("name", "words"), list(all_commands()))
def test_every_command_exists_and_takes_its_options(name, words):
    if name == "NAME":
        return
    assert name in {*get_commands(), "collectstatic", "qcluster"} or name == "api_tokens", name
    if name in commands.names() and any(word.startswith("--") for word in words):
        try:
            commands.parser_of(name).parse_args(words)
        except (SystemExit, CommandError) as error:
            pytest.fail(f"{name} {words}: {error}")


SAID = re.compile(
    r"`(?:manage\.py )?((?:pumbaphoto_|scan_uploads|import_photos|reconcile)\w*) ([^`]+)`"
)


def test_every_option_that_a_sentence_names_exists():
    wrong = set()
    for path in paths():
        for name, words in SAID.findall(path.read_text()):
            known = commands.parser_of(name)._option_string_actions if is_known(name) else {}
            options = re.findall(r"--[a-z][\w-]*", words)
            wrong |= {f"{path.name}: {name} {option}" for option in options if option not in known}
    assert wrong == set()


def is_known(name: str) -> bool:
    return name in commands.names()


def test_every_target_of_make_exists():
    makefile = (ROOT / "Makefile").read_text()
    known = set(re.findall(r"^([a-z][\w-]*)(?: [\w%-]+)*:", makefile, re.MULTILINE))
    known |= set(" ".join(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)).split())
    named = set()
    for block in SHELL:
        named |= set(re.findall(r"^(?:\w+=\S+ )*make ([a-z][\w-]*)", block.text, re.MULTILINE))
    assert named
    assert sorted(named - known) == []


# --- What is named runs -------------------------------------------------------------------------


def sample(name: str) -> Block:
    return next(block for block in PYTHON if block.name == name)


def run_sample(name: str) -> dict:
    """The names that the block of this name defines."""
    defined = {"__name__": f"samples.{name}"}
    exec(compile(sample(name).text, str(sample(name)), "exec"), defined)
    return defined


@pytest.mark.django_db
def test_the_receiver_hears_of_a_delivery(monkeypatch, caplog):
    monkeypatch.setattr(signals, "gallery_transitioned", Signal())
    run_sample("signal")
    gallery = testing.make_gallery()
    step = Transition(gallery=gallery, from_state=State.EDITING, to_state=State.DELIVERED, round=2)
    with caplog.at_level(logging.INFO, "studio"):
        answers = signals.gallery_transitioned.send_robust(
            sender=Gallery, gallery=gallery, transition=step
        )
    assert [answer for _receiver, answer in answers] == [None]
    assert f"gallery {gallery.uuid} was delivered, round 2" in caplog.text


@pytest.mark.django_db
def test_the_samples_of_permissions_judge_as_they_say():
    code = run_sample("permissions")
    gallery = testing.make_gallery(owner=testing.make_photographer("maria"))
    stranger = testing.make_user("eve")
    assert code["may_share"](gallery.owner, gallery)
    assert not code["may_share"](stranger, gallery)
    assert list(code["deliverable_by"](gallery.owner)) == [gallery]


@pytest.mark.django_db
def test_the_sample_of_access_finds_what_the_visitor_may_see(rf: RequestFactory):
    code = run_sample("access")
    gallery = testing.make_gallery()
    testing.make_photo(gallery)
    request = rf.get("/")
    request.user = gallery.owner
    assert not code["photographs_for"](request, gallery).exists()
    testing.make_policy(gallery=gallery)
    assert code["photographs_for"](request, gallery).count() == 1


@pytest.mark.django_db
def test_the_booking_gets_a_gallery_and_a_link_that_opens_it():
    maria = testing.make_user("boss", is_superuser=True)
    index = testing.make_index_page()
    book = run_sample("acts")["book"]
    with override_settings(ALLOWED_HOSTS=["*"]):
        gallery, link = book(maria, "Anna & Tom", "Anna", "anna@example.com", index)
        client = Client()
        assert client.get(link).status_code == 303
        page = client.get(gallery.main_page.url)
    assert gallery.main_page.get_parent().pk == index.pk
    assert "Anna &amp; Tom" in page.content.decode()


@pytest.mark.django_db
def test_the_sample_test_of_the_guide_passes(tmp_path):
    code = run_sample("testing")
    with override_settings(STORAGES=testing.temporary_storages(tmp_path)):
        code["test_a_client_sees_the_gallery"](testing.make_gallery("Anna & Tom"))


def test_a_site_of_the_guides_samples_has_nothing_that_a_check_complains_of():
    command = [sys.executable, "-m", "tests.docs.site_of_samples"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # That there is no volume and no scanner is the machine's own affair.
    about_samples = re.compile(r"(models|fields|wagtail\w*)\.|pumbaphoto\.E01")
    assert [line for line in done.stdout.splitlines() if about_samples.match(line)] == []


# --- The tutorial -------------------------------------------------------------------------------


def tutorial() -> list[Block]:
    return [block for block in blocks() if block.page == "docs/tutorial.md"]


def first_line(block: Block) -> str:
    return block.text.splitlines()[0]


def test_the_tutorial_has_the_readmes_steps():
    steps = read_steps()
    written = {first_line(block): block.text for block in tutorial()}
    assert written["# settings"] == steps.settings
    assert written["# urls"] == steps.urls
    shell = "".join(block.text for block in tutorial() if block.language == "sh")
    lines = shell.splitlines()
    for command in steps.commands:
        assert f"python manage.py {' '.join(command)}" in lines
    for cluster, words in steps.programs:
        name = f"Q_CLUSTER_NAME={cluster} " if cluster else ""
        assert f"{name}python manage.py {' '.join(words)}" in lines
