"""The command: what it tells at each verbosity, and how it ends."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pumbaphoto_wagtail.models import Gallery, LibraryFile


def run(*names: str, **options: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_photos", *names, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_m20_tells_more_the_more_is_asked(shelf):
    shelf.set(patterns="x: (?P<a_name>ski)/.*")
    shelf.put("ski/1.jpg", "sea/1.jpg")

    out, err = run(dry_run=True)
    assert "gallery: ski ski" in out
    assert "ski/1.jpg" not in out
    assert "unknown: sea/1.jpg" in err
    assert "added: ski/1.jpg" in run(dry_run=True, verbosity=3)[0]
    assert run(dry_run=True, verbosity=0)[0] == ""
    assert not Gallery.objects.exists()


def test_scans_the_libraries_that_are_named(shelf):
    shelf.put("ski/1.jpg")
    run("Archive", "--full")
    assert LibraryFile.objects.count() == 1
    run(str(shelf.library.uuid))
    with pytest.raises(CommandError, match="Nobody"):
        run("Nobody")


def test_m23_has_sizes_made_that_ready_photos_lack(trusting):
    from pumbaphoto_wagtail.models import Rendition, StoredFile

    trusting.put("ski/1.jpg")
    trusting.take_in()
    run(renditions=["grid"])
    assert StoredFile.objects.get().render_requested_at is None
    Rendition.objects.filter(tier="grid").delete()
    run(renditions=["grid"])
    assert StoredFile.objects.get().render_requested_at


def test_fails_where_a_scan_was_stopped(shelf):
    with pytest.raises(CommandError):
        run()
