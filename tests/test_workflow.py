"""The states of a gallery: every pair of them, and everybody asking at once."""

import threading
from itertools import pairwise, product

import pytest
from django.db import transaction
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.exceptions import StaleState, TransitionNotAllowed
from pumbaphoto_wagtail.models import Gallery, Kind, State, Transition
from pumbaphoto_wagtail.signals import gallery_transitioned
from pumbaphoto_wagtail.workflow import WAYS, find_way, reopen, take_step, ways_from
from tests.threads import at_once

# The graph as the design draws it, written down once more and apart from the code.
CHOOSE = {
    ("active", "submitted"),
    ("submitted", "active"),
    ("submitted", "editing"),
    ("editing", "active"),
    ("editing", "delivered"),
    ("delivered", "editing"),
    ("delivered", "archived"),
    ("archived", "delivered"),
}
FINISHED = {("active", "delivered"), ("delivered", "archived"), ("archived", "delivered")}
LEGAL = {Kind.CHOOSE: CHOOSE, Kind.FINISHED: FINISHED}
PAIRS = list(product(Kind, State, State))


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False)


def state_of(gallery) -> str:
    return Gallery.objects.values_list("state", flat=True).get(pk=gallery.pk)


# --- The graph -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "from_state", "to_state"), PAIRS)
def test_only_the_ways_of_the_graph_exist(kind, from_state, to_state):
    if (from_state, to_state) in LEGAL[kind]:
        assert find_way(from_state, to_state, kind).to_state == to_state
    else:
        with pytest.raises(TransitionNotAllowed) as refusal:
            find_way(from_state, to_state, kind)
        assert str(refusal.value) == str(workflow.REFUSALS[from_state])


@pytest.mark.parametrize("kind", Kind)
def test_every_state_a_kind_can_reach_has_a_way_on(kind):
    reachable = {State.ACTIVE} | {to_state for _, to_state in LEGAL[kind]}

    assert all(ways_from(state, kind) for state in reachable)


def test_no_two_ways_join_the_same_states_for_one_kind():
    joined = [(kind, way.from_state, way.to_state) for way in WAYS for kind in way.kinds]

    assert len(joined) == len(set(joined))


def test_delivering_and_opening_a_delivery_again_need_the_permission_to_deliver():
    needing = {way.action for way in WAYS if way.permission == "deliver"}
    assert needing == {"pumbaphoto.deliver", "pumbaphoto.revise"}


@pytest.mark.parametrize(("kind", "from_state", "to_state"), PAIRS)
def test_a_step_moves_the_row_or_leaves_it_alone(db, kind, from_state, to_state):
    gallery = testing.make_gallery(has_page=False, kind=kind, state=from_state)
    if (from_state, to_state) in LEGAL[kind]:
        step = take_step(gallery, to_state, actor=gallery.owner)
        assert (step.from_state, step.to_state) == (from_state, to_state)
        assert gallery.state == state_of(gallery) == to_state
    else:
        with pytest.raises(TransitionNotAllowed):
            take_step(gallery, to_state, actor=gallery.owner)
        assert gallery.state == state_of(gallery) == from_state
        assert not Transition.objects.exists()


# --- One step ------------------------------------------------------------------------------------


def test_the_history_is_a_path(gallery):
    for state in ("submitted", "active", "submitted", "editing", "delivered", "archived"):
        take_step(gallery, State(state), actor=gallery.owner)
    take_step(gallery, State.DELIVERED, actor=gallery.owner)

    steps = list(Transition.objects.filter(gallery=gallery))
    assert steps[0].from_state == State.ACTIVE
    assert all(one.to_state == next_one.from_state for one, next_one in pairwise(steps))
    assert {(step.from_state, step.to_state) for step in steps} <= CHOOSE
    assert steps[-1].to_state == state_of(gallery)


def test_a_step_leaves_one_log_entry(gallery):
    step = take_step(gallery, State.SUBMITTED, actor=gallery.owner, data={"link": 7})

    entry = ModelLogEntry.objects.for_instance(gallery).get()
    assert entry.action == "pumbaphoto.submit"
    assert entry.user == gallery.owner
    assert entry.data == {"step": step.pk, "link": 7}


def test_every_action_of_the_graph_is_known_to_wagtails_log(db):
    assert all(registry.action_exists(way.action) for way in WAYS)


def test_a_stale_belief_changes_nothing_and_says_where_the_gallery_is(gallery):
    stale = Gallery.objects.get(pk=gallery.pk)
    take_step(gallery, State.SUBMITTED)
    take_step(gallery, State.EDITING)

    with pytest.raises(StaleState, match="being edited"):
        take_step(stale, State.SUBMITTED)
    assert stale.state == State.ACTIVE
    assert state_of(gallery) == State.EDITING
    assert Transition.objects.count() == 2


def test_a_step_of_a_deleted_gallery_is_stale(gallery):
    Gallery.objects.filter(pk=gallery.pk).delete()

    with pytest.raises(StaleState):
        take_step(gallery, State.SUBMITTED)


def test_a_step_that_was_legal_for_another_kind_is_stale(gallery):
    Gallery.objects.update(kind=Kind.FINISHED)

    with pytest.raises(StaleState):
        take_step(gallery, State.SUBMITTED)
    assert state_of(gallery) == State.ACTIVE


def test_a_failing_log_entry_takes_the_step_back(gallery, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("no log")

    monkeypatch.setattr(workflow, "log", fail)
    with pytest.raises(ValueError, match="no log"):
        take_step(gallery, State.SUBMITTED)

    assert state_of(gallery) == State.ACTIVE
    assert not Transition.objects.exists()


# --- Rounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("from_state", [State.SUBMITTED, State.EDITING])
def test_reopening_begins_a_new_round(db, from_state):
    gallery = testing.make_gallery(has_page=False, state=from_state)
    step = reopen(gallery, actor=gallery.owner)

    assert step.round == 1
    gallery.refresh_from_db()
    assert (gallery.state, gallery.round) == (State.ACTIVE, 2)


def test_reopening_counts_from_the_present_round_not_from_the_one_that_was_read(db):
    gallery = testing.make_gallery(has_page=False, state=State.SUBMITTED)
    read_earlier = Gallery.objects.get(pk=gallery.pk)
    reopen(gallery, actor=gallery.owner)
    take_step(gallery, State.SUBMITTED)
    step = reopen(read_earlier, actor=gallery.owner)

    gallery.refresh_from_db()
    assert gallery.round == 3
    assert step.round == 2


@pytest.mark.parametrize("from_state", [State.ACTIVE, State.DELIVERED, State.ARCHIVED])
def test_a_refused_reopening_begins_no_round(db, from_state):
    gallery = testing.make_gallery(has_page=False, state=from_state)
    with pytest.raises(TransitionNotAllowed):
        reopen(gallery, actor=gallery.owner)

    gallery.refresh_from_db()
    assert gallery.round == 1


def test_revising_and_editing_take_their_steps(db):
    gallery = testing.make_gallery(has_page=False, state=State.SUBMITTED)
    workflow.start_editing(gallery)
    take_step(gallery, State.DELIVERED)
    workflow.revise(gallery, actor=gallery.owner)

    assert state_of(gallery) == State.EDITING


# --- The signal ----------------------------------------------------------------------------------


@pytest.fixture
def heard():
    steps = []

    def hear(sender, gallery, transition, **kwargs):
        steps.append((gallery.pk, transition.to_state))

    gallery_transitioned.connect(hear)
    yield steps
    gallery_transitioned.disconnect(hear)


def test_the_signal_follows_the_commit(gallery, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        take_step(gallery, State.SUBMITTED)
        assert heard == []

    assert heard == [(gallery.pk, State.SUBMITTED)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_step_rolled_back_sends_no_signal(heard):
    gallery = testing.make_gallery(has_page=False)
    with transaction.atomic():
        take_step(gallery, State.SUBMITTED)
        transaction.set_rollback(True)

    assert heard == []
    assert state_of(gallery) == State.ACTIVE


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_failing_listener_does_not_fail_the_step():
    def fail(**kwargs):
        raise RuntimeError("listener")

    gallery = testing.make_gallery(has_page=False)
    gallery_transitioned.connect(fail)
    try:
        take_step(gallery, State.SUBMITTED)
    finally:
        gallery_transitioned.disconnect(fail)

    assert state_of(gallery) == State.SUBMITTED


# --- Twenty at once ------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_that_ask_at_once_one_wins():
    gallery = testing.make_gallery(has_page=False)
    results = at_once(lambda: take_step(Gallery(pk=gallery.pk, state="active"), State.SUBMITTED))

    assert sum(isinstance(result, Transition) for result in results) == 1, results
    assert sum(isinstance(result, StaleState) for result in results) == 19, results
    assert Transition.objects.filter(gallery=gallery).count() == 1
    assert ModelLogEntry.objects.for_instance(gallery).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_with_different_wishes_leave_a_path():
    gallery = testing.make_gallery(has_page=False, state=State.SUBMITTED)

    def wish():
        mine = Gallery.objects.get(pk=gallery.pk)
        options = ways_from(mine.state, mine.kind)
        return take_step(mine, options[threading.get_ident() % len(options)].to_state)

    at_once(wish)

    steps = list(Transition.objects.filter(gallery=gallery))
    assert steps
    assert steps[0].from_state == State.SUBMITTED
    assert all(one.to_state == next_one.from_state for one, next_one in pairwise(steps))
    assert steps[-1].to_state == state_of(gallery)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_locked_gallery_is_the_present_row():
    gallery = testing.make_gallery(has_page=False)
    Gallery.objects.update(title="New title")
    with transaction.atomic():
        assert workflow.lock_gallery(gallery).title == "New title"
