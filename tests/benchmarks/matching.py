"""How surely and how fast edits find their originals: ``python -m tests.benchmarks matching``.

Accuracy is that of the whole matcher (names, then looks; the files say nothing of themselves) on
the sample photographs, edited as in ``retouching``, in galleries with and without the next frames
of bursts. BENCH_PHOTOS adds a folder of JPEGs of your own. RAW files are also developed anew and
matched with the camera's own picture. Speed is that of 4,000 originals and 2,000 edits.
"""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.delivery.known import Arrived, Known, Original
from pumbaphoto_wagtail.delivery.pictures import KnownPictures
from pumbaphoto_wagtail.delivery.visual import Looks, similarity, visual_key
from pumbaphoto_wagtail.delivery.weighing import decide
from tests.benchmarks import report
from tests.benchmarks.retouching import BEYOND, RECIPES, Recipe, next_frame
from tests.samples import DIRECTORY

# Edits are made of pictures of this size, and keys of the `grid` rendition.
VIEW, GRID = 480, 300
FRAMES_OF_A_BURST = 2
SEED = 20261121
ORIGINALS, EDITS = 4000, 2000
# What is measured by all pairs is measured on so many of them; ImageHash's segments, which take it
# most of a second for a picture, are measured for edits of one photograph in so many.
SAMPLE, ONE_IN = 60, 10
MANGLED = ("{number:04} final.jpg", "anna_IMG_{number:04}.jpg", "IMG_{number:04}-Edit.jpg")

Keys = dict[tuple[int, int], str]


def report_matching() -> None:
    """All of it; the table is the one in docs/matching.md."""
    pictures = list(photographs())
    if not pictures:
        report.note(f"no sample photographs at {DIRECTORY}")
        return
    report.heading(f"Looks of {len(pictures)} photographs and their edits")
    originals = {(number, 0): key_of(picture) for number, picture in enumerate(pictures)}
    edits = _edited(pictures, RECIPES)
    beyond = _edited(pictures, BEYOND)
    report_pairs(pictures, originals, edits | beyond)
    report_decisions(originals, edits)
    report.note("the same with the next two frames of a burst beside each original:")
    report_decisions(originals | _bursts(pictures), edits)
    report_raw_files()
    report_speed()


# --- Pictures ------------------------------------------------------------------------------------


def photographs() -> Iterable[Image.Image]:
    """The whole photographs among the samples, and those in BENCH_PHOTOS."""
    folders = [DIRECTORY / "good/gallery", DIRECTORY / "good/jpeg/gps"]
    paths = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    paths += [
        *(DIRECTORY / "good/jpeg/colour").glob("*7d.jpg"),
        *DIRECTORY.glob("good/jpeg/c*s60*"),
    ]
    paths += sorted((DIRECTORY / "good/png").glob("*sunrise.png"))
    if own := os.environ.get("BENCH_PHOTOS"):
        paths += sorted(path for path in Path(own).iterdir() if path.suffix.lower() == ".jpg")
    for path in paths:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        picture.thumbnail((VIEW, VIEW))
        yield picture


def key_of(picture: Image.Image) -> str:
    small = picture.copy()
    small.thumbnail((GRID, GRID))
    return visual_key(small)


def _dice(*numbers: int) -> np.random.Generator:
    return np.random.default_rng((SEED, *numbers))


def _edited(pictures: list[Image.Image], recipes: Mapping[str, Recipe]) -> dict[str, list]:
    return {
        name: [recipe(picture, _dice(kind, number)) for number, picture in enumerate(pictures)]
        for kind, (name, recipe) in enumerate(recipes.items())
    }


def _bursts(pictures: list[Image.Image]) -> Keys:
    return {
        (number, frame): key_of(next_frame(picture, _dice(99, number, frame)))
        for number, picture in enumerate(pictures)
        for frame in range(1, FRAMES_OF_A_BURST + 1)
    }


# --- Pairs ---------------------------------------------------------------------------------------


def report_pairs(pictures: list[Image.Image], originals: Keys, edits: dict[str, list]) -> None:
    """Each edit against its own original and against two others, and ImageHash on the same."""
    rivals = _image_hash(pictures)
    columns = ["edit", "same", "unsure", "different", *rivals]
    rows, others, of_others = [], Counter(), {rival: [] for rival in rivals}
    for name, edited in edits.items():
        own, found = Counter(), {rival: [] for rival in rivals}
        for number, picture in enumerate(edited):
            key = key_of(picture)
            own[similarity(originals[number, 0], key).verdict] += 1
            rest = [(number + step) % len(edited) for step in (1, 7)]
            others.update(similarity(originals[other, 0], key).verdict for other in rest)
            for rival, (is_same, one_in) in rivals.items():
                if number % one_in == 0:
                    answers = is_same(picture, [number, *(r // one_in * one_in for r in rest)])
                    found[rival].append(answers[0])
                    of_others[rival] += [
                        answer
                        for answer, other in zip(answers[1:], rest, strict=True)
                        if other // one_in * one_in != number
                    ]
        rows.append((name, *_verdicts(own), *map(_true, found.values())))
    rows.append(("another photograph", *_verdicts(others), *map(_true, of_others.values())))
    report.table(columns, rows)
    report.goal("other photographs taken for the same", others["same"], 0, at_most=True)


def _verdicts(found: Counter) -> list[str]:
    return [_share(found[word], found.total()) for word in ("same", "unsure", "different")]


def _true(answers: list[bool]) -> str:
    return _share(sum(answers), len(answers)) if answers else ""


def _image_hash(pictures: list[Image.Image]) -> dict[str, tuple[Callable, int]]:
    """ImageHash's two ways with the thresholds of its documentation, where it is installed."""
    try:
        import imagehash
    except ImportError:
        report.note("ImageHash is not installed")
        return {}
    whole = [imagehash.phash(picture) for picture in pictures]
    parts = {
        number: imagehash.crop_resistant_hash(_small(pictures[number]))
        for number in range(0, len(pictures), ONE_IN)
    }

    def phash(picture: Image.Image, numbers: list[int]) -> list[bool]:
        found = imagehash.phash(picture)
        return [bool(whole[number] - found <= 10) for number in numbers]

    def crop_resistant(picture: Image.Image, numbers: list[int]) -> list[bool]:
        found = imagehash.crop_resistant_hash(_small(picture))
        return [bool(parts[number].matches(found)) for number in numbers]

    return {"phash": (phash, 1), "crop_resistant": (crop_resistant, ONE_IN)}


def _small(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((GRID, GRID))
    return small


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


# --- Decisions -----------------------------------------------------------------------------------


def report_decisions(originals: Keys, edits: dict[str, list[Image.Image]]) -> None:
    """What becomes of every edit under a good name, a mangled one, none, and another's."""
    keys = {
        (kind, number): key_of(picture)
        for kind, edited in enumerate(edits.values())
        for number, picture in enumerate(edited)
    }
    looks = cache(lambda: Looks(originals))
    gallery = _gallery(originals)
    cards = _gallery(originals, has_twins=True)
    count = max(number for _kind, number in keys) + 1
    ways = {
        "names kept": (gallery, lambda kind, n: f"IMG_{n:04}-Edit.jpg"),
        "names mangled": (
            cards,
            lambda kind, n: MANGLED[(n + kind) % len(MANGLED)].format(number=n // 2),
        ),
        "names gone": (gallery, lambda kind, n: f"Smith-Wedding-{kind * count + n:03}.jpg"),
        "another's name": (gallery, lambda kind, n: f"IMG_{(n + 1) % count:04}-Edit.jpg"),
    }
    rows = []
    for name, (known, named) in ways.items():
        found = Counter()
        pictures = _pictures(keys, originals, looks)
        for kind, number in keys:
            arrived = Arrived(key=(kind, number), name=named(kind, number))
            found[_outcome(decide(arrived, known, pictures), (number, 0))] += 1
        rows.append(_row(name, found))
        report.goal(f"{name}: wrong matches", found["wrong"], 0, at_most=True)
    rows.append(_row("no original there", _left_out(originals, keys)))
    report.table(("edits", "number", "home", "wrong", "to decide"), rows)


def _left_out(originals: Keys, keys: Keys) -> Counter:
    """Edits of every fifth photograph, which the gallery lacks: right is that none is found."""
    there = {key: look for key, look in originals.items() if key[0] % 5}
    known, looks = _gallery(there), cache(lambda: Looks(there))
    pictures = _pictures(keys, there, looks)
    found = Counter()
    for kind, number in keys:
        if number % 5:
            continue
        name = f"Smith-Wedding-{kind * 100 + number:03}.jpg"
        decision = decide(Arrived(key=(kind, number), name=name), known, pictures)
        found["home" if decision.status == "unmatched" else _outcome(decision, None)] += 1
    return found


def _gallery(originals: Keys, *, has_twins: bool = False) -> Known:
    """With twins, two cards whose cameras counted alike."""
    entries = []
    for number, frame in originals:
        name = f"IMG_{number // 2 if has_twins else number:04}"
        folder = f"Card {number % 2 + 1}" if has_twins else ""
        if frame:
            name = f"IMG_{number + 1000 * frame:04}"
        entries.append(Original(key=(number, frame), names=(f"{name}.CR2",), folder=folder))
    return Known(entries, DEFAULTS["EDIT_SUFFIXES"])


def _pictures(edits: Keys, originals: Keys, looks: Callable[[], Looks]) -> KnownPictures:
    return KnownPictures(edits, originals, all_keys=lambda: originals, all_looks=looks)


def _outcome(decision, original) -> str:
    if decision.status != "matched":
        return "to decide"
    return "home" if decision.original == original else "wrong"


def _row(name: str, found: Counter) -> tuple:
    words = ("home", "wrong", "to decide")
    return (name, found.total(), *(_share(found[word], found.total()) for word in words))


def report_raw_files() -> None:
    """RAW files, developed with another look, against what intake shows of them."""
    from pumbaphoto_wagtail.intake.formats import FORMATS
    from pumbaphoto_wagtail.intake.raw import load
    from pumbaphoto_wagtail.intake.renditions import render

    rawpy = load()
    folder = DIRECTORY / "good/raw"
    if rawpy is None or not folder.is_dir():
        report.note("no RAW files, or no rawpy")
        return
    looks = {
        "camera's balance": {"use_camera_wb": True},
        "darker, automatic balance": {"use_auto_wb": True, "bright": 0.5},
        "bright, flat": {"use_camera_wb": True, "bright": 1.8, "gamma": (1.6, 3)},
    }
    rows = []
    for path in sorted(folder.iterdir()):
        kind = FORMATS.get(path.suffix[1:])
        if kind is None or path.stat().st_size < 400_000 or "previewonly" in path.name:
            continue
        with path.open("rb") as source:
            shown = render(source, kind, DEFAULTS["TIERS"], max_pixels=10**9).visual_key
        scores = []
        for options in looks.values():
            with rawpy.imread(str(path)) as raw:
                picture = Image.fromarray(raw.postprocess(half_size=True, **options))
            scores.append(similarity(shown, key_of(picture)))
        rows.append((path.name, *(f"{found.score:.2f} {found.verdict}" for found in scores)))
    report.table(("RAW file, developed", *looks), rows)


# --- Speed ---------------------------------------------------------------------------------------


def report_speed() -> None:
    """4,000 originals x 2,000 edits, in seconds of processor time."""
    report.heading(f"{ORIGINALS} originals, {EDITS} edits")
    dice = _dice(7)
    made = [_invented(_dice(8, number)) for number in range(ORIGINALS)]
    started = time.process_time()
    originals = {(number, 0): visual_key(picture) for number, picture in enumerate(made)}
    per_key = (time.process_time() - started) / ORIGINALS
    recipes = list(RECIPES.values())
    chosen = [int(number) for number in dice.permutation(ORIGINALS)[:EDITS]]
    edits = {
        (place, number): key_of(recipes[place % len(recipes)](made[number], _dice(9, number)))
        for place, number in enumerate(chosen)
    }
    rival = _seconds_of_image_hash(made)
    del made
    before = _peak()
    ways = {
        "names kept": (False, lambda place, number: f"IMG_{number:04}-Edit.jpg"),
        "names mangled": (True, lambda place, number: f"IMG_{number // 2:04}-Edit.jpg"),
        "names gone": (False, lambda place, number: f"Smith-Wedding-{place:04}.jpg"),
    }
    rows = []
    for name, (has_twins, named) in ways.items():
        started, found = time.process_time(), Counter()
        known = _gallery(originals, has_twins=has_twins)
        pictures = _pictures(edits, originals, cache(lambda: Looks(originals)))
        for place, number in edits:
            arrived = Arrived(key=(place, number), name=named(place, number))
            found[_outcome(decide(arrived, known, pictures), (number, 0))] += 1
        seconds = time.process_time() - started
        rows.append((name, seconds, *_row(name, found)[2:]))
        if name != "names mangled":
            report.goal(
                f"{name}, seconds", seconds, 10 if name == "names kept" else 60, at_most=True
            )
    report.table(("way", "seconds", "home", "wrong", "to decide"), rows)
    report.note(f"memory on top: {(_peak() - before) / 1e6:.0f} MB; a key: {per_key * 1e3:.1f} ms")
    _report_all_pairs(originals, edits)
    if rival:
        report.note(rival)


def _invented(dice: np.random.Generator) -> Image.Image:
    """Something with the frequencies of a photograph, and unlike all others."""
    width, height = (GRID, 200) if dice.random() < 0.7 else (200, GRID)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    amplitude = 1 / np.maximum(np.hypot(down, across), 1 / GRID) ** 1.3
    waves = amplitude * np.exp(2j * np.pi * dice.random(amplitude.shape))
    tones = np.fft.irfft2(waves, (height, width))
    tones = 127 + 60 * (tones - tones.mean()) / tones.std()
    return Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8)).convert("RGB")


def _report_all_pairs(originals: Keys, edits: Keys) -> None:
    """The naive way: every edit against every original."""
    pairs = list(zip(list(edits.values())[:SAMPLE], list(originals.values()), strict=False))
    started = time.process_time()
    for edit, original in pairs:
        similarity(edit, original)
    each = (time.process_time() - started) / len(pairs)
    report.note(f"every edit against every original: {each * ORIGINALS * EDITS / 3600:.1f} hours")


def _seconds_of_image_hash(made: list[Image.Image]) -> str:
    try:
        import imagehash
    except ImportError:
        return ""
    started = time.process_time()
    hashes = [imagehash.crop_resistant_hash(picture) for picture in made[:SAMPLE]]
    per_hash = (time.process_time() - started) / SAMPLE
    started = time.process_time()
    for one in hashes:
        hashes[0].matches(one)
    each = (time.process_time() - started) / SAMPLE
    total = per_hash * (ORIGINALS + EDITS) + each * ORIGINALS * EDITS
    return (
        f"ImageHash, crop_resistant_hash, all pairs: {total / 60:.0f} minutes"
        f" ({per_hash * 1e3:.0f} ms a key)"
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
