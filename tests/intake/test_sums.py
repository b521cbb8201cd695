"""I15: accepted + refused + duplicate + abandoned = announced, whatever happens in which order."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pumbaphoto_wagtail.exceptions import AnsweredOtherwise
from pumbaphoto_wagtail.intake import arrival, batches, receiving, same_name
from pumbaphoto_wagtail.intake.pipeline import render_file
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    Message,
    Purpose,
    SameName,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from tests.intake.test_pipeline import photograph

THERE = {"IMG_1.jpg": photograph(40, 30), "IMG_2.jpg": photograph(41, 30)}
ARRIVING = {
    "IMG_1.jpg": photograph(50, 30),
    "IMG_2.jpg": photograph(51, 30),
    "renamed.jpg": THERE["IMG_1.jpg"],
    "IMG_3.jpg": photograph(52, 30),
    "IMG_3 copy.jpg": photograph(52, 30),
    "page.jpg": b"<html>" * 20,
    "clip.mp4": b"x",
}
SENDABLE = [name for name in ARRIVING if not name.endswith(".mp4")]

one_file = st.sampled_from(SENDABLE)
steps = st.one_of(
    st.tuples(st.sampled_from(["part", "send", "give up"]), one_file),
    st.tuples(st.sampled_from(["scan", "render", "render", "condemn", "block", "lose"]), one_file),
    st.tuples(st.just("answer"), st.sampled_from(["replace", "keep", "skip"])),
    st.tuples(st.sampled_from(["reconcile", "give up the rest"]), st.just("")),
)


class Story:
    """One batch, and what happens to it."""

    def __init__(self, gallery) -> None:
        rows = [
            batches.Announcement(name=name, size=len(content)) for name, content in ARRIVING.items()
        ]
        self.batch = batches.announce(
            gallery, uploader=gallery.owner, purpose=Purpose.ORIGINAL, announcements=rows
        )

    def upload(self, name: str) -> Upload:
        return self.batch.uploads.select_related("batch__gallery").get(file_name=name)

    def do(self, act: str, about: str) -> None:
        if act == "answer":
            try:
                same_name.answer(UploadBatch.objects.get(pk=self.batch.pk), SameName(about))
            except AnsweredOtherwise:
                return
        elif act == "reconcile":
            self.reconcile()
        elif act == "give up the rest":
            arrival.end_unsent(self.batch.uploads.all(), UploadState.ABANDONED, "given up")
            batches.settle(self.batch)
        elif act in ("part", "send", "give up"):
            self.move(act, self.upload(about))
        else:
            self.process(act, self.upload(about).stored_file)

    def move(self, act: str, upload: Upload) -> None:
        if act == "give up":
            receiving.abandon(upload)
        elif upload.state in (UploadState.ANNOUNCED, UploadState.UPLOADING):
            content = ARRIVING[upload.file_name]
            until = len(content) // 2 if act == "part" else len(content)
            with receiving.Writer(receiving.start(upload)) as writer:
                start = writer.upload.durable_offset
                if start < until:
                    writer.append(start, [content[start:until]])

    def process(self, act: str, file: StoredFile | None) -> None:
        if file is None or file.stage not in (Stage.RECEIVED, Stage.CLEAN):
            return
        if act == "render":
            render_file(file.pk)
            return
        found = {
            "scan": {"stage": Stage.CLEAN, "verdict": Verdict.CLEAN},
            "condemn": {"stage": Stage.INFECTED, "verdict": Verdict.INFECTED},
            "block": {"stage": Stage.BLOCKED},
            "lose": {"stage": Stage.MISSING},
        }
        StoredFile.objects.filter(pk=file.pk).update(**found[act])

    def reconcile(self) -> None:
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(days=1))
        reconcile()

    def come_to_an_end(self) -> None:
        self.do("give up the rest", "")
        self.do("answer", "skip")
        for _ in range(2):
            for name in SENDABLE:
                self.do("scan", name)
                self.do("render", name)
        self.do("reconcile", "")

    def check(self) -> None:
        counts = batches.counts(self.batch)
        assert counts["announced"] == len(ARRIVING)
        assert sum(counts.values()) == 2 * len(ARRIVING)
        self.batch.refresh_from_db()
        ended = sum(counts[state] for state in FINAL_UPLOAD_STATES)
        if self.batch.settled_at:
            assert ended == len(ARRIVING)
        assert self.messages() == (1 if self.batch.settled_at else 0)

    def messages(self) -> int:
        return Message.objects.filter(batch=self.batch).count()


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, max_size=16))
def test_every_announced_file_comes_to_one_end_and_one_mail_tells_so(shoot, arrivals, happening):
    if not StoredFile.objects.exists():
        arrivals.receive(THERE)
        StoredFile.objects.update(stage=Stage.CLEAN, verdict=Verdict.CLEAN)
        for file in StoredFile.objects.all():
            render_file(file.pk)
    story = Story(shoot)
    story.check()
    for act, about in happening:
        story.do(act, about)
        story.check()
    story.come_to_an_end()
    story.check()
    assert story.batch.settled_at
    held = Upload.objects.filter(batch=story.batch, state=UploadState.ACCEPTED)
    assert not held.filter(stored_file=None).exists()
