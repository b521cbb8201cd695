"""Libraries: who sees, changes and adds them, what their form takes, and trying patterns."""

import html
import time

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import Collection

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin import library_forms, trying_patterns
from pumbaphoto_wagtail.admin.group_permissions import GroupLibraryPermissionFormSet
from pumbaphoto_wagtail.admin.groups import ASSISTANTS, PHOTOGRAPHERS, set_up_group
from pumbaphoto_wagtail.models import Library, LibraryFile, LibraryScan, ScanState
from pumbaphoto_wagtail.permissions import library_policy

pytestmark = pytest.mark.django_db
PATTERN = r"Weddings: (?P<a_year>\d{4})-(?P<a_month>\d\d)-(?P<a_day>\d\d) (?P<a_name>[^/]+)/[^/]+"


def url(name: str, *keys: object) -> str:
    return reverse(f"wagtailsnippets_pumbaphoto_wagtail_library:{name}", args=keys)


def member(role, studios, name="helper"):
    set_up_group(f"Group of {name}", role, collection=studios.collection)
    user = testing.make_user(name)
    user.groups.add(Group.objects.get(name=f"Group of {name}"))
    return user


def form_data(library_or_owner, **changed) -> dict:
    one = library_or_owner
    of = one if isinstance(one, Library) else None
    data = {
        "title": of.title if of else "Archive",
        "storage": of.storage if of else "library",
        "folder": of.folder if of else "",
        "patterns": "",
        "ignores": "",
        "owner": of.owner_id if of else one.pk,
        "index_page": "",
        "missing_percent": "20",
    }
    return data | changed


def errors(response) -> dict:
    return response.context["form"].errors


# --- Who ------------------------------------------------------------------------------------------


def test_another_studio_sees_no_library(studios, library, log_in):
    bert = log_in(studios.bert)

    assert b"Archive" not in bert.get(url("list")).content
    for name in ("edit", "inspect", "scan", "scan_news", "history"):
        assert bert.get(url(name, library.pk)).status_code == 404


def test_photographers_change_and_scan_what_an_operator_has_added(studios, library):
    maria = member(PHOTOGRAPHERS, studios)
    may = library_policy.user_has_permission_for_instance

    assert all(may(maria, action, library) for action in ("view", "choose", "change", "scan"))
    assert not may(maria, "delete", library)
    assert not library_policy.user_has_permission(maria, "add")


def test_assistants_look_and_pick_and_do_not_scan(studios, library, log_in):
    helper = member(ASSISTANTS, studios)
    may = library_policy.user_has_permission_for_instance

    assert may(helper, "view", library)
    assert may(helper, "choose", library)
    assert log_in(helper).post(url("scan", library.pk)).url == "/admin/"
    assert not LibraryScan.objects.exists()


def test_m35_scanning_is_a_permission_in_wagtails_group_form(studios, log_in):
    codenames = [codename for codename, *_words in GroupLibraryPermissionFormSet.permission_types]
    group = Group.objects.create(name="Archivists")

    page = log_in(studios.chief).get(reverse("wagtailusers_groups:edit", args=[group.pk]))

    assert "scan_library" in codenames
    assert "Library permissions" in page.content.decode()


def test_a_library_can_be_given_to_be_scanned_alone(studios, library, log_in):
    scans_only = set_up_group(
        "Night shift",
        type(ASSISTANTS)(galleries=(), libraries=("scan",)),
        collection=studios.collection,
    )
    user = testing.make_user("night")
    user.groups.add(Group.objects.get(name="Night shift"))

    assert [str(given.permission.codename) for given in scans_only][-1] == "scan_library"
    assert log_in(user).get(url("scan", library.pk)).status_code == 200
    assert log_in(user).get(url("edit", library.pk)).status_code == 404


def test_a_library_has_to_go_before_its_collection(studios, library, log_in):
    address = reverse("wagtailadmin_collections:delete", args=[studios.collection.pk])

    assert b"1 library" in log_in(studios.chief).get(address).content


# --- The list -------------------------------------------------------------------------------------


def test_the_list_says_where_how_much_and_how_the_last_scan_went(studios, library, gallery, maria):
    photo = gallery.photos.first()
    LibraryFile.objects.create(
        library=library,
        gallery=gallery,
        path="a.jpg",
        path_key="1",
        stored_file=photo.picture,
        photo=photo,
        size=1,
        missing_since=library.created_at,
    )
    library.folders.create(path="a", path_key="a", gallery=gallery)
    LibraryScan.objects.create(library=library, state=ScanState.STOPPED, reason="Away")

    page = maria.get(url("list"))

    [row] = page.context["object_list"]
    assert (row.gallery_count, row.file_count, row.missing_count) == (1, 1, 1)
    assert b"library:/" in page.content
    assert b"stopped, nothing was changed" in page.content


def test_the_list_costs_the_same_with_many(studios, library, maria, django_assert_max_num_queries):
    for number in range(12):
        one = testing.make_library(
            f"L{number}", owner=studios.maria, collection=studios.collection, site=studios.site
        )
        LibraryScan.objects.create(library=one, state=ScanState.DONE, counts={"added": 1})
    maria.get(url("list"))

    with django_assert_max_num_queries(18):
        maria.get(url("list"))


# --- The form -------------------------------------------------------------------------------------


def test_without_a_storage_the_page_says_what_to_set(studios, log_in, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LIBRARY_STORAGES": []}

    page = log_in(studios.chief).get(url("add")).content.decode()

    assert "LIBRARY_STORAGES" in page
    assert "pumbaphoto_wagtail.storage.LibraryStorage" in page
    assert 'name="folder"' not in page


def test_an_operator_adds_a_library(studios, shelf, log_in):
    data = form_data(
        studios.maria,
        folder="/2024-06-01 Smith wedding/",
        patterns="",
        collection=studios.collection.pk,
    )

    log_in(studios.chief).post(url("add"), data)

    library = Library.objects.get()
    assert (library.folder, library.owner) == ("2024-06-01 Smith wedding", studios.maria)
    assert library.site == studios.site


def test_a_folder_that_is_none_is_refused(studios, shelf, log_in):
    chief = log_in(studios.chief)

    for folder in ("nowhere", "../nas", ".hidden", "top.jpg", "a//b", "a\0b"):
        data = form_data(studios.maria, folder=folder, collection=studios.collection.pk)
        assert "folder" in errors(chief.post(url("add"), data)), folder
    assert not Library.objects.exists()


def test_a_storage_that_hangs_holds_nobody_up(studios, shelf, log_in, monkeypatch):
    """The real question is replaced, since no test can hang a kernel."""
    monkeypatch.setattr(library_forms, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(library_forms, "list_folder", lambda *_asked: time.sleep(1))
    data = form_data(studios.maria, folder="x", collection=studios.collection.pk)

    page = log_in(studios.chief).post(url("add"), data)

    assert "no answer within" in str(errors(page)["folder"])


def test_mistakes_in_patterns_are_named_by_their_lines(library, maria):
    data = form_data(library, patterns="Weddings: (\nno colon", ignores="ok\n[")

    page = maria.post(url("edit", library.pk), data)

    found = errors(page)
    assert [words[:7] for words in found["patterns"]] == ["Line 1:", "Line 2:"]
    assert [words[:7] for words in found["ignores"]] == ["Line 2:"]


def test_who_may_not_add_changes_everything_but_the_folder(library, maria):
    data = form_data(library, title="Old weddings", folder="2024-06-01 Smith wedding")

    maria.post(url("edit", library.pk), data)

    library.refresh_from_db()
    assert (library.title, library.folder) == ("Old weddings", "")


def test_no_studio_opens_the_folder_of_another(studios, library, log_in):
    """Whoever may add libraries sees nothing of another studio's, whichever way they overlap."""
    set_up_group(
        "Owners of B",
        type(PHOTOGRAPHERS)(galleries=("add",), libraries=("add", "change")),
        collection=studios.other_collection,
    )
    studios.bert.groups.add(Group.objects.get(name="Owners of B"))
    Library.objects.filter(pk=library.pk).update(folder="2024-06-01 Smith wedding")
    bert = log_in(studios.bert)

    for folder in ("", "2024-06-01 Smith wedding", "2024-06-01 Smith wedding/Party"):
        page = bert.post(url("add"), form_data(studios.bert, folder=folder))
        assert "somebody else" in str(errors(page)["folder"])
    assert Library.objects.count() == 1


def test_the_photographer_of_its_galleries_is_one_who_may_make_them(studios, library, maria):
    page = maria.get(url("edit", library.pk))
    offered = page.context["form"].fields["owner"].queryset

    assert [*offered] == [studios.maria], "nobody of another studio, and no operator"

    page = maria.post(url("edit", library.pk), form_data(library, owner=studios.bert.pk))
    assert "owner" in errors(page)


def test_an_owner_of_another_collection_is_refused(studios, shelf, log_in):
    data = form_data(studios.bert, collection=studios.collection.pk)

    page = log_in(studios.chief).post(url("add"), data)

    assert "may not make galleries" in str(errors(page)["owner"])


def test_an_index_page_brings_its_site_along(studios, library, maria, may_write_pages):
    index = testing.make_index_page()
    may_write_pages(studios.maria, index)

    maria.post(url("edit", library.pk), form_data(library, index_page=index.pk))

    library.refresh_from_db()
    assert library.index_page_id == index.pk
    assert library.site == index.get_site()


def test_index_pages_of_others_are_not_offered(library, maria):
    testing.make_index_page()

    offered = maria.get(url("edit", library.pk)).context["form"].fields["index_page"].queryset

    assert not offered.exists()


def test_the_collection_offered_is_ones_own(studios, library, maria):
    Collection.get_first_root_node().add_child(name="Studio C")

    assert "collection" not in maria.get(url("edit", library.pk)).context["form"].fields


# --- Deleting -------------------------------------------------------------------------------------


def test_a_deleted_library_leaves_its_galleries_and_files(studios, library, gallery, log_in, shelf):
    library.folders.create(path="a", path_key="a", gallery=gallery)

    log_in(studios.chief).post(url("delete", library.pk))

    gallery.refresh_from_db()
    assert not Library.objects.exists()
    assert gallery.photos.count() == 4
    assert (shelf / "top.jpg").exists()


def test_a_library_that_is_scanned_is_not_deleted(studios, library, log_in):
    LibraryScan.objects.create(library=library, state=ScanState.RUNNING)

    assert log_in(studios.chief).post(url("delete", library.pk)).status_code == 409
    assert Library.objects.exists()


# --- Trying patterns ------------------------------------------------------------------------------


def tried(browser, library, script=True, **changed):
    data = form_data(library, **changed) | {"action-try": "1"}
    headers = {"X-Requested-With": "XMLHttpRequest"} if script else {}
    return browser.post(url("edit", library.pk), data, headers=headers)


def test_trying_shows_what_each_path_would_become_and_saves_nothing(library, maria):
    page = tried(maria, library, patterns=PATTERN, ignores=".*/rejected/.*", title="Not saved")

    rows = {row.path: row for row in page.context_data["tried"].rows}
    one = rows["2024-06-01 Smith wedding/IMG_2.jpg"]
    assert (one.becomes, one.title, one.category) == ("gallery", "Smith wedding", "Weddings")
    assert str(one.date) == "2024-06-01"
    assert rows["2024-06-01 Smith wedding/rejected/IMG_3.jpg"].becomes == "ignored"
    assert rows["2024-06-01 Smith wedding/Party/IMG_11.jpg"].becomes == "unknown"
    assert [*rows][:2] == ["top.jpg", "2024-06-01 Smith wedding/IMG_2.jpg"], "in natural order"
    library.refresh_from_db()
    assert (library.patterns, library.title) == ("", "Archive")
    assert b"<html" not in page.content, "a part of the page for the script"


def test_without_a_script_the_form_comes_back_with_what_was_typed(library, maria):
    page = tried(maria, library, script=False, patterns=PATTERN).content.decode()

    assert html.escape(PATTERN) in page
    assert "Smith wedding</strong>" in page


def test_without_patterns_folders_are_the_galleries(library, maria):
    rows = tried(maria, library).context_data["tried"].rows

    assert ("Smith wedding", "gallery") in {(row.title, row.becomes) for row in rows}


def test_at_most_two_hundred_paths_are_tried(library, maria, shelf):
    (shelf / "Many").mkdir()
    for number in range(210):
        (shelf / "Many" / f"{number}.jpg").write_bytes(b"x")

    found = tried(maria, library).context_data["tried"]

    assert (len(found.rows), found.is_more) == (200, True)


def test_patterns_with_mistakes_are_not_tried(library, maria):
    assert b"Correct the lines" in tried(maria, library, patterns="(").content


def test_trying_a_storage_that_hangs_says_so(library, maria, monkeypatch):
    monkeypatch.setattr(trying_patterns, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(trying_patterns, "list_folder", lambda *_asked: time.sleep(1))

    assert b"no answer within" in tried(maria, library).content


def test_a_library_that_is_gone_is_said_to_be(library, maria, shelf):
    shelf.rename(shelf.with_name("elsewhere"))

    assert b"could not be read" in tried(maria, library).content


def test_paths_are_shown_as_text(library, maria, shelf):
    (shelf / "<img src=x onerror=alert(1)>.jpg").write_bytes(b"x")

    assert b"<img src=x" not in tried(maria, library).content
