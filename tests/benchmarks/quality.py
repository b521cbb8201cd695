"""What the renditions look like beside the best there could be.

The reference is the whole picture decoded, converted to sRGB, turned, and brought to the tier's
size by one Lanczos filter; not saved as a JPEG, but for colours.
"""

from __future__ import annotations

import io
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy
from PIL import Image, ImageCms, ImageOps
from scipy.ndimage import laplace
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from tests.benchmarks import report
from tests.benchmarks.methods import TIERS
from tests.benchmarks.photographs import Photograph, of_24_megapixels
from tests.benchmarks.renditions import FAST, PILLOW
from tests.benchmarks.worker import Worker

# How much less like the reference than the naive way's a tier may be.
LESS_ALIKE = {"grid": 0.003, "view": 0.003, "display": 0.006}
LEAST_SHARPNESS = 0.78
MOST_COLOUR_ERROR = 1.0

Scores = dict[str, list[float]]


def report_quality(photographs: list[Photograph], methods: list[str]) -> None:
    scores = {method: _empty() for method in methods}
    # Likeness shows best at 24 MP, where a decode at half the size leaves least to the filter.
    seen_best = set(of_24_megapixels(photographs))
    compared = [p for p in photographs if p in seen_best or p.is_wide]
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        workers = {method: stack.enter_context(Worker(method)) for method in methods}
        for photograph in compared:
            references = _references(photograph)
            for method, worker in workers.items():
                worker.ask(photograph.path, keep=Path(directory))
                _compare(photograph, references, Path(directory), scores[method])
    report.heading("Likeness to the best possible picture: SSIM, sharpness, colour error (dE2000)")
    rows = [(method, *map(_mean, found.values())) for method, found in scores.items()]
    report.table(("method", *_empty()), rows)
    for method in (FAST, PILLOW):
        _report_goals(method, scores[method], scores["naive"])


def _empty() -> Scores:
    return {"grid": [], "view": [], "display": [], "sharpness": [], "sizes": [], "dE": []}


def _mean(values: list[float]) -> str:
    return f"{statistics.mean(values):.4f}" if values else "-"


def _report_goals(method: str, found: Scores, naive: Scores) -> None:
    for tier, less in LESS_ALIKE.items():
        if not naive[tier]:
            continue
        wanted = statistics.mean(naive[tier]) - less
        report.goal(f"{method}, SSIM of {tier}", statistics.mean(found[tier]), wanted)
    if found["sharpness"]:
        report.goal(f"{method}, sharpness", statistics.mean(found["sharpness"]), LEAST_SHARPNESS)
    report.goal(f"{method}, share of exact sizes", statistics.mean(found["sizes"]), 1)
    if found["dE"]:
        error = statistics.mean(found["dE"])
        report.goal(f"{method}, dE2000, wide gamut", error, MOST_COLOUR_ERROR, at_most=True)


def _references(photograph: Photograph) -> dict[str, Image.Image]:
    image = Image.open(photograph.path)
    profile = image.info.get("icc_profile")
    # Turned first: the converted picture has no tags any more.
    image = ImageOps.exif_transpose(image)
    if profile:
        image = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    references = {}
    for name, tier in TIERS.items():
        scale = min(tier["width"] / image.width, tier["height"] / image.height, 1)
        size = (round(image.width * scale), round(image.height * scale))
        references[name] = image.resize(size, Image.Resampling.LANCZOS)
    return references


def _compare(
    photograph: Photograph, references: dict[str, Image.Image], made: Path, scores: Scores
) -> None:
    for tier, reference in references.items():
        picture = Image.open(made / f"{tier}.jpg").convert("RGB")
        scores["sizes"].append(float(picture.size == reference.size))
        picture = picture.resize(reference.size)
        # Where colours are to be converted, luminance differs by that and not by the filter.
        if not photograph.is_wide:
            one, two = (numpy.asarray(image.convert("L")) for image in (picture, reference))
            scores[tier].append(float(structural_similarity(one, two)))
            if tier == "display":
                sharp, wanted = (laplace(pixels.astype(float)).var() for pixels in (one, two))
                scores["sharpness"].append(float(sharp / wanted))
        elif tier == "view":
            # Saved as the tier is: what a JPEG does to colours is no matter of managing them.
            images = (picture, _as_jpeg(reference, TIERS[tier]["quality"]))
            one, two = (rgb2lab(numpy.asarray(image)) for image in images)
            scores["dE"].append(float(deltaE_ciede2000(one, two).mean()))


def _as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return Image.open(buffer)
