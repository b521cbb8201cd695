"""Reading what the kernel says of mounts: of a NAS, of nested mounts, of odd names."""

import os

import pytest

from pumbaphoto_wagtail.storage import mounts
from pumbaphoto_wagtail.storage.mounts import mount_of, parse, rights

TABLE = r"""
22 1 8:1 / / rw,relatime - ext4 /dev/vda1 rw,errors=remount-ro
40 22 0:50 / /srv/photos rw,nosuid,noexec shared:7 - nfs4 nas:/photos rw,vers=4.2,local_lock=none
41 40 0:51 / /srv/photos/cold\040one ro master:1 propagate_from:2 - nfs nas:/old rw,soft,nolock
42 22 0:60 / /run rw,nosuid - tmpfs tmpfs rw,size=100k
43 22 0:61 / /srv/photos2 rw - cifs //nas/share rw,soft,username=maria
44 22 0:62 / /srv/photos2 rw - xfs /dev/sdb1 rw
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    (tmp_path / "mountinfo").write_text(TABLE)
    monkeypatch.setattr(mounts, "MOUNTS", str(tmp_path / "mountinfo"))


@pytest.mark.parametrize(
    ("path", "mountpoint"),
    [
        ("/srv/photos", "/srv/photos"),
        ("/srv/photos/originals/ab", "/srv/photos"),
        ("/srv/photos/cold one/x", "/srv/photos/cold one"),
        ("/srv/photographs", "/"),
        ("/", "/"),
    ],
)
def test_the_nearest_mount_above_a_path_is_its(table, path, mountpoint):
    assert mount_of(path).mountpoint == mountpoint


def test_options_of_the_mount_and_of_its_file_system_are_read(table):
    mount = mount_of("/srv/photos")

    assert (mount.kind, mount.source, mount.is_network) == ("nfs4", "nas:/photos", True)
    assert mount.options.keys() >= {"nosuid", "noexec", "vers"}
    assert (mount.options["vers"], mount.options["local_lock"]) == ("4.2", "none")


def test_what_was_mounted_read_only_is_so_although_its_file_system_is_not(table):
    assert mount_of("/srv/photos/cold one").options.keys() >= {"ro", "soft", "nolock"}


def test_of_two_mounts_at_one_place_the_later_counts(table):
    assert mount_of("/srv/photos2").kind == "xfs"


def test_what_lies_in_memory_is_known(table):
    assert mount_of("/run/x").is_memory
    assert not mount_of("/").is_memory


def test_a_link_is_followed(table, tmp_path):
    (tmp_path / "photos").symlink_to("/srv/photos/originals")

    assert mount_of(str(tmp_path / "photos")).mountpoint == "/srv/photos"


def test_without_the_kernels_table_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(mounts, "MOUNTS", str(tmp_path / "nowhere"))

    assert mount_of("/") is None


def test_this_machines_own_table_is_understood():
    assert mount_of("/proc/self").kind == "proc"


def test_lines_of_another_form_are_passed_over():
    assert parse("nonsense\n\n") == []


def test_rights_are_those_of_this_process(tmp_path):
    (tmp_path / "nas").mkdir(0o750)
    found = rights(str(tmp_path / "nas"))

    assert (found.user, found.owner, found.mode) == (os.geteuid(), os.geteuid(), 0o750)
    assert found.may_read
    assert found.may_write
