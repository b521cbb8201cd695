import os
import stat
import uuid
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.storage import SENTINEL_NAME, NASStorage, initialise_volume, storage_for

ALIASES = ["pumbaphoto_incoming", "pumbaphoto_originals"]


@pytest.fixture
def locations(tmp_path):
    storages = {
        alias: {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": {"location": str(tmp_path / alias)},
        }
        for alias in ALIASES
    }
    other = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    with override_settings(
        STORAGES={"default": other, "pumbaphoto_exports": other, "staticfiles": other, **storages}
    ):
        yield {alias: tmp_path / alias for alias in ALIASES}


def init(*arguments):
    out = StringIO()
    call_command("pumbaphoto_init_storage", *arguments, stdout=out)
    return out.getvalue()


def volumes():
    return {storage_for(alias).sentinel().uuid for alias in ALIASES}


def test_missing_directories_are_made_and_declared(locations):
    init()
    assert len(volumes()) == 1
    for path in locations.values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert os.listdir(path) == [SENTINEL_NAME]


def test_where_a_web_server_reads_below_it_may_enter_the_directory_itself(tmp_path):
    storage = NASStorage(str(tmp_path / "renditions"), directory_permissions_mode=0o750)
    initialise_volume(storage, "renditions")
    assert stat.S_IMODE((tmp_path / "renditions").stat().st_mode) == 0o750


def test_the_role_of_each_storage_is_written(locations):
    init()
    assert [storage_for(alias).sentinel().role for alias in ALIASES] == ["incoming", "originals"]


def test_a_second_run_changes_nothing(locations):
    init()
    before = [(path / SENTINEL_NAME).read_bytes() for path in locations.values()]
    init()
    assert [(path / SENTINEL_NAME).read_bytes() for path in locations.values()] == before


def test_a_given_volume_is_declared(locations):
    volume = uuid.uuid4()
    init("--volume", str(volume))
    assert volumes() == {volume}


def test_a_volume_declared_already_is_not_renamed(locations):
    init()
    before = volumes()
    with pytest.raises(CommandError, match="already"):
        init("--volume", str(uuid.uuid4()))
    assert volumes() == before


def test_a_directory_with_files_is_refused(locations):
    path = locations["pumbaphoto_incoming"]
    path.mkdir()
    (path / "IMG_0001.jpg").touch()
    with pytest.raises(CommandError, match="not empty"):
        init()
    assert os.listdir(path) == ["IMG_0001.jpg"]


def test_a_directory_with_files_can_be_adopted(locations):
    path = locations["pumbaphoto_incoming"]
    path.mkdir()
    (path / "IMG_0001.jpg").touch()
    init("--adopt")
    assert storage_for("pumbaphoto_incoming").exists("IMG_0001.jpg")


def test_a_fresh_file_system_counts_as_empty(locations):
    path = locations["pumbaphoto_incoming"]
    path.mkdir()
    (path / "lost+found").mkdir()
    init()
    assert (path / SENTINEL_NAME).exists()


def test_a_damaged_sentinel_is_not_written_over(locations):
    path = locations["pumbaphoto_incoming"]
    path.mkdir()
    (path / SENTINEL_NAME).write_text("{")
    with pytest.raises(CommandError):
        init("--adopt")
    assert (path / SENTINEL_NAME).read_text() == "{"


def test_the_table_names_storage_volume_and_mountpoint(locations):
    lines = init().splitlines()
    assert lines[0].split() == ["storage", "volume", "mounted", "at"]
    assert [line.split()[0] for line in lines[1:]] == ALIASES
    assert all(line.split()[1] == str(next(iter(volumes()))) for line in lines[1:])


@override_settings(STORAGES={"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}})
def test_a_site_without_such_a_storage_is_told_so():
    with pytest.raises(CommandError, match="NASStorage"):
        init()


def test_the_volume_in_the_settings_is_the_one_declared(tmp_path):
    volume = uuid.uuid4()
    storage = NASStorage(tmp_path / "volume", volume=str(volume))
    assert initialise_volume(storage, "originals").uuid == volume


def test_a_volume_the_settings_do_not_expect_is_refused(tmp_path):
    storage = NASStorage(tmp_path / "volume", volume=str(uuid.uuid4()))
    with pytest.raises(PumbaphotoError, match="expect"):
        initialise_volume(storage, "originals", uuid.uuid4())
    assert not (tmp_path / "volume").exists()


def test_the_disk_of_a_year_is_declared_by_its_own_name(locations, tmp_path):
    disk = tmp_path / "cold-2027"
    nas = {"BACKEND": "pumbaphoto_wagtail.storage.NASStorage", "OPTIONS": {"location": str(disk)}}
    init()
    with override_settings(
        STORAGES=settings.STORAGES | {"Cold-2027": nas}, PUMBAPHOTO={"COLD_STORAGE": "Cold-2027"}
    ):
        assert "Cold-2027" in init()
        assert storage_for("Cold-2027").sentinel().uuid not in volumes()
