"""Every act that somebody takes writes one entry into the gallery's history, never none or two.

The acts are read from the code: a public function that takes an ``actor`` is one. It has an example
here, or stands in NOT_BY_ITSELF with the reason.
"""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from django.db import transaction
from django.test import TestCase
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.admin import arranging, creation, who_sees
from pumbaphoto_wagtail.delivery import cold, edits, keeping, publishing, sending
from pumbaphoto_wagtail.intake import clocks, deleting, marking, videos
from pumbaphoto_wagtail.models import (
    ChangeRequest,
    EditStatus,
    Gallery,
    Photo,
    State,
    Visibility,
)
from pumbaphoto_wagtail.proofing import (
    changes,
    consent,
    family,
    link_changes,
    links,
    on_behalf,
    picks,
    showing,
    submission,
)

PACKAGE = Path(workflow.__file__).parent

# Where an act is a part of another, has an entry on something else, or one in a test of its own.
NOT_BY_ITSELF = {
    "the same for the screen, in tests/admin/test_photo_acts.py": {
        *("admin.deleting_photos.delete", "admin.deleting_photos.bring_back"),
        *("admin.deleting_photos.purge", "admin.deleting_photos.undo"),
        *("admin.moving_photos.move", "admin.photo_acts.undo"),
        *("admin.photo_policies.set_rules", "admin.photo_policies.unset_rules"),
        *("admin.placing_photos.hide", "admin.placing_photos.unhide"),
        *("admin.placing_photos.undo_hide", "admin.placing_photos.undo_unhide"),
        *("admin.placing_photos.put_into_section", "admin.placing_photos.undo_section"),
        *("admin.rendering_photos.render", "admin.rendering_photos.turn_left"),
        *("admin.times_of_photos.shift", "admin.times_of_photos.from_camera"),
        "admin.times_of_photos.take_back",
        *("admin.rendering_photos.turn_right", "admin.showing.show", "delivery.moving.move_photos"),
    },
    "an entry on a client, a page, an image, a mark or a file, or a link that goes": {
        *("admin.creation.find_or_create_client", "admin.index_policy.set_index_visibility"),
        *("delivery.library.draft_images", "delivery.library.keep", "proofing.forgetting.forget"),
        *("intake.quarantine.scan_again", "intake.quarantine.delete_held_back"),
        *("intake.purging.purge_photos", "notifications.try_again", "admin.reminding.remind"),
        *("admin.deleting_gallery.delete_with_pages", "delivery.erasing.delete_gallery"),
        *("admin.watermark_presets.keep_mark", "intake.library.runs.ask_scan"),
    },
    "changes nothing": {
        *("admin.creation.preset_values", "admin.creation.last_gallery_of"),
        *("admin.creation.make_first_index", "intake.gallery_pages.make_page"),
        "intake.gallery_pages.publish_below",
    },
    "leads to others of these": {
        *("delivery.decisions.decide", "delivery.decisions.take_back", "workflow.take_step"),
        *("proofing.on_behalf.link_for", "proofing.links.revoke_all", "intake.clocks.align"),
        *("delivery.cold.fetch_photo", "admin.watermark_presets.take_preset"),
    },
    "of a library, in tests/intake/library/test_picking.py": {"intake.library.picking.pick"},
    "a request that is answered, in tests/proofing/test_granting.py": {
        *("proofing.granting.let_in", "proofing.granting.give_link"),
        *("proofing.granting.make_account", "proofing.granting.refuse"),
    },
    "of a further list, in tests/proofing/test_lists.py": {"proofing.lists.reopen_list"},
}


def acts_in_the_code() -> set[str]:
    return {
        ".".join((*path.relative_to(PACKAGE).with_suffix("").parts, node.name))
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if any(one.arg == "actor" for one in (*node.args.args, *node.args.kwonlyargs))
    }


def test_every_act_has_an_example_or_a_reason():
    named = {act for acts in NOT_BY_ITSELF.values() for act in acts}
    shown = {name for name in EXAMPLES if not name.startswith("client.")}

    assert acts_in_the_code() - named - shown == set(), "give it an example, or say why not"
    assert (named | shown) - acts_in_the_code() == set()


def in_state(world, state: State) -> Gallery:
    Gallery.objects.filter(pk=world.gallery.pk).update(state=state)
    world.gallery.refresh_from_db()
    world.link.gallery = world.gallery
    return world.gallery


def sent(world):
    """Anna has sent one photo."""
    picks.set_favourite(world.link, world.photos[0], True)
    return submission.submit_selection(world.link)


def clock(world) -> str:
    """The key of a camera with two frames."""
    for photo in world.photos:
        Photo.objects.filter(pk=photo.pk).update(serial="1", camera="X", taken_at=timezone.now())
    return clocks.cameras_of(world.gallery)[0].key


def undecided(world):
    return testing.make_edit(
        world.gallery, status=EditStatus.UNMATCHED, name=f"who-{timezone.now():%f}.jpg"
    )


def allow(world):
    in_state(world, State.DELIVERED)
    consent.give(world.link, world.photos[0].uuid)


def wish(world):
    in_state(world, State.DELIVERED)
    return ChangeRequest.objects.create(
        photo=world.photos[0], share_link=world.link, words="Warmer"
    )


def published(world):
    allow(world)
    publishing.publish(world.gallery, {world.photos[0].pk}, actor=world.maria, into=world.portfolio)


# Each prepares what it needs and answers with the act, which is what is counted.
EXAMPLES = {
    "admin.arranging.add_section": lambda w: (
        lambda: arranging.add_section(w.gallery, actor=w.maria, title="Party")
    ),
    "admin.arranging.name_sections": lambda w: (
        lambda: arranging.name_sections(w.gallery, {w.section.pk: "Party"}, actor=w.maria)
    ),
    "admin.arranging.move_section": lambda w: (
        testing.make_section(w.gallery, "Second", position=5),
        lambda: arranging.move_section(w.section, actor=w.maria, by=1),
    )[-1],
    "admin.arranging.finish_sections": lambda w: (
        lambda: arranging.finish_sections(w.gallery, {w.section.pk}, actor=w.maria)
    ),
    "admin.arranging.remove_section": lambda w: (
        lambda: arranging.remove_section(w.section, actor=w.maria, into=None)
    ),
    "admin.creation.create_gallery": lambda w: (
        lambda: creation.create_gallery(actor=w.maria, title="New", site=w.gallery.site)
    ),
    "admin.who_sees.set_visibility": lambda w: (
        lambda: who_sees.set_visibility(w.gallery, actor=w.maria, answer="everyone", is_listed=True)
    ),
    "delivery.cold.archive": lambda w: (
        in_state(w, State.DELIVERED),
        lambda: cold.archive(w.gallery, actor=w.maria),
    )[-1],
    "delivery.cold.restore": lambda w: (
        in_state(w, State.ARCHIVED),
        lambda: cold.restore(w.gallery, actor=w.maria),
    )[-1],
    "delivery.cold.keep_online": lambda w: (
        in_state(w, State.ARCHIVED),
        lambda: cold.keep_online(w.gallery, True, actor=w.maria),
    )[-1],
    "delivery.edits.link_by_hand": lambda w: (
        edit := undecided(w),
        lambda: edits.link_by_hand(edit, w.photos[1], actor=w.maria),
    )[-1],
    "delivery.edits.accept": lambda w: (
        edit := testing.make_edit(w.gallery, w.photos[1], status=EditStatus.AMBIGUOUS),
        lambda: edits.accept(edit, actor=w.maria),
    )[-1],
    "delivery.edits.unlink": lambda w: (
        edit := testing.make_edit(w.gallery, w.photos[1]),
        lambda: edits.unlink(edit, actor=w.maria),
    )[-1],
    "delivery.edits.ignore": lambda w: (
        edit := testing.make_edit(w.gallery, w.photos[1]),
        lambda: edits.ignore(edit, actor=w.maria),
    )[-1],
    "delivery.edits.deliver_as_it_is": lambda w: (
        edit := undecided(w),
        lambda: edits.deliver_as_it_is(edit, actor=w.maria),
    )[-1],
    "delivery.edits.set_variant": lambda w: (
        edit := testing.make_edit(w.gallery, w.photos[1]),
        lambda: edits.set_variant(edit, "own print", actor=w.maria),
    )[-1],
    "delivery.edits.choose_version": lambda w: (
        testing.make_edit(w.gallery, w.photos[0], version=2, name="v2.jpg"),
        lambda: edits.choose_version(w.edit, actor=w.maria),
    )[-1],
    "delivery.edits.choose_newest": lambda w: (
        testing.make_edit(w.gallery, w.photos[0], version=2, name="v2.jpg"),
        edits.choose_version(w.edit, actor=w.maria),
        lambda: edits.choose_newest(w.edit, actor=w.maria),
    )[-1],
    "delivery.keeping.announce": lambda w: (
        in_state(w, State.DELIVERED),
        lambda: keeping.announce(
            w.gallery, timezone.localdate() + timedelta(days=30), actor=w.maria
        ),
    )[-1],
    "delivery.keeping.withdraw": lambda w: (
        in_state(w, State.DELIVERED),
        keeping.announce(w.gallery, timezone.localdate() + timedelta(days=30), actor=w.maria),
        w.gallery.refresh_from_db(),
        lambda: keeping.withdraw(w.gallery, actor=w.maria),
    )[-1],
    "delivery.publishing.publish": lambda w: (
        allow(w),
        lambda: publishing.publish(w.gallery, {w.photos[0].pk}, actor=w.maria, into=w.portfolio),
    )[-1],
    "delivery.publishing.take_down": lambda w: (
        published(w),
        lambda: publishing.take_down(w.gallery, [w.photos[0].pk], actor=w.maria),
    )[-1],
    "delivery.sending.deliver": lambda w: (
        testing.make_edit(w.gallery, w.photos[1]),
        in_state(w, State.EDITING),
        lambda: sending.deliver(w.gallery, actor=w.maria, include_unselected=True),
    )[-1],
    "intake.videos.add_video": lambda w: (
        lambda: videos.add_video(w.gallery, actor=w.maria, address="youtu.be/dQw4w9WgXcQ")
    ),
    "intake.videos.change_video": lambda w: (
        film := testing.make_video(w.gallery),
        lambda: videos.change_video(film, actor=w.maria, title="The dance"),
    )[-1],
    "intake.videos.move_video": lambda w: (
        film := testing.make_video(w.gallery),
        testing.make_video(w.gallery, position=1),
        lambda: videos.move_video(film, actor=w.maria, by=1),
    )[-1],
    "intake.videos.hide_video": lambda w: (
        film := testing.make_video(w.gallery),
        lambda: videos.hide_video(film, actor=w.maria),
    )[-1],
    "intake.videos.remove_video": lambda w: (
        film := testing.make_video(w.gallery),
        lambda: videos.remove_video(film, actor=w.maria),
    )[-1],
    "intake.videos.ask_again": lambda w: (
        film := testing.make_video(w.gallery),
        lambda: videos.ask_again(film, actor=w.maria),
    )[-1],
    "intake.clocks.set_clock": lambda w: (
        key := clock(w),
        lambda: clocks.set_clock(w.gallery, key, timedelta(hours=1), actor=w.maria),
    )[-1],
    "intake.deleting.delete_photos": lambda w: (
        lambda: deleting.delete_photos(
            w.gallery, w.gallery.photos.filter(pk__in=w.free), actor=w.maria
        )
    ),
    "intake.deleting.bring_back": lambda w: (
        deleting.delete_photos(w.gallery, w.gallery.photos.filter(pk__in=w.free), actor=w.maria),
        lambda: deleting.bring_back(
            w.gallery, w.gallery.photos.filter(pk__in=w.free), actor=w.maria
        ),
    )[-1],
    "intake.marking.set_watermark": lambda w: (
        lambda: marking.set_watermark(w.gallery, actor=w.maria, text="© Maria")
    ),
    "proofing.changes.answer": lambda w: (
        found := wish(w),
        lambda: changes.answer(w.gallery, found.pk, actor=w.maria),
    )[-1],
    "proofing.consent.withdraw_for": lambda w: (
        published(w),
        lambda: consent.withdraw_for(w.gallery, [w.photos[0].pk], actor=w.maria),
    )[-1],
    "proofing.link_changes.change_link": lambda w: (
        terms := link_changes.Terms(recipient="Anna", email="", expires_at=None, may_choose=False),
        lambda: link_changes.change_link(w.link, terms, actor=w.maria),
    )[-1],
    "proofing.link_changes.extend_link": lambda w: (
        lambda: link_changes.extend_link(
            w.link, until=timezone.now() + timedelta(days=999), actor=w.maria
        )
    ),
    "proofing.links.create_link": lambda w: (
        lambda: links.create_link(w.gallery, actor=w.maria, recipient="Eva")
    ),
    "proofing.links.send": lambda w: lambda: links.send(w.link, actor=w.maria),
    "proofing.links.revoke": lambda w: lambda: links.revoke(w.link, actor=w.maria),
    "proofing.links.renew": lambda w: lambda: links.renew(w.link, actor=w.maria),
    "proofing.on_behalf.change_picks": lambda w: (
        lambda: on_behalf.change_picks(
            w.link, actor=w.maria, take=[photo.uuid for photo in w.photos]
        )
    ),
    "proofing.showing.show_waiting": lambda w: (
        Photo.objects.filter(pk__in=w.free).update(is_shown=False),
        lambda: showing.show_waiting(w.gallery, actor=w.maria, tells_clients=True),
    )[-1],
    "proofing.submission.close_round": lambda w: (
        picks.set_favourite(w.link, w.photos[0], True),
        lambda: submission.close_round(w.gallery, actor=w.maria),
    )[-1],
    "workflow.start_editing": lambda w: (
        in_state(w, State.SUBMITTED),
        lambda: workflow.start_editing(w.gallery, actor=w.maria),
    )[-1],
    "workflow.reopen": lambda w: (
        in_state(w, State.SUBMITTED),
        lambda: workflow.reopen(w.gallery, actor=w.maria),
    )[-1],
    "workflow.revise": lambda w: (
        in_state(w, State.DELIVERED),
        lambda: workflow.revise(w.gallery, actor=w.maria),
    )[-1],
    # What clients do: nobody is signed in.
    "client.asks_for_a_change": lambda w: (
        in_state(w, State.DELIVERED),
        lambda: changes.ask_for_change(w.link, w.item, "Warmer"),
    )[-1],
    "client.withdraws_a_wish": lambda w: (
        found := wish(w),
        lambda: changes.withdraw(w.link, found.pk),
    )[-1],
    "client.allows": lambda w: (
        in_state(w, State.DELIVERED),
        lambda: consent.give(w.link, w.photos[0].uuid),
    )[-1],
    "client.allows_no_more": lambda w: (published(w), lambda: consent.withdraw(w.link))[-1],
    "client.shares_with_family": lambda w: lambda: family.share(w.link, "Gerda"),
}
# What they write belongs together: Anna's sending, and the gallery moving on by it.
TWO_OF_ONE = {"proofing.on_behalf.submit_for": on_behalf.submit_for}
NOT_BY_ITSELF["Anna's sending, and the gallery that moves on by it"] = {*TWO_OF_ONE}


class EveryAct(TestCase):
    @classmethod
    def setUpTestData(cls):
        global world
        gallery = testing.make_gallery("Anna & Tom", asks_for_consent=True)
        section = testing.make_section(gallery)
        photos = [testing.make_photo(gallery) for _ in range(2)]
        free = [testing.make_photo(gallery).pk for _ in range(2)]
        edit = testing.make_edit(gallery, photos[0])
        portfolio = testing.make_gallery("Portfolio", owner=gallery.owner)
        testing.make_policy(Visibility.PUBLIC, gallery=portfolio)
        world = SimpleNamespace(
            gallery=gallery,
            maria=gallery.owner,
            section=section,
            photos=photos,
            free=free,
            edit=edit,
            item=testing.make_delivery(gallery, [edit]).items.get(),
            link=testing.make_link(gallery, "Anna", email="anna@example.com"),
            portfolio=portfolio,
        )

    def entries(self) -> list[ModelLogEntry]:
        ours = ModelLogEntry.objects.exclude(object_id=str(world.portfolio.pk))
        return [*ours.filter(content_type__model="gallery").order_by("pk")]

    def test_each_act_writes_one_entry(self):
        wrong = {}
        for name, prepare in EXAMPLES.items():
            with transaction.atomic():
                world.gallery.refresh_from_db()
                world.link.refresh_from_db()
                world.edit.refresh_from_db()
                world.link.gallery = world.edit.gallery = world.section.gallery = world.gallery
                try:
                    act = prepare(world)
                    before = len(self.entries())
                    act()
                    written = self.entries()[before:]
                except Exception as error:
                    wrong[name] = repr(error)
                else:
                    who = None if name.startswith("client.") else world.maria.pk
                    if [entry.user_id for entry in written] != [who]:
                        wrong[name] = [(entry.action, entry.user_id) for entry in written]
                transaction.set_rollback(True)
        assert not wrong, "\n".join(f"{name}: {words}" for name, words in wrong.items())
