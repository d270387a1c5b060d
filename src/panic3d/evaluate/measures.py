"""What is measured: names, headings, which way is better, what is needed to measure it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Better = Literal["higher", "lower"]


class Measure(NamedTuple):
    """A column of the table."""

    name: str
    """As in a result's measures."""
    group: str
    """Heading above several columns."""
    heading: str
    better: Better
    digits: int = 3
    about: str = ""
    needs: str = ""
    """The network without which it is absent."""

    @property
    def sign(self) -> int:
        """1 if more is better, else -1."""
        return 1 if self.better == "higher" else -1


HOW_TO_GET = {
    "lpips": "panic3d weights fetch lpips-alex",
    "clip": "pip install 'panic3d[eval]', then --clip openai/clip-vit-base-patch32",
    "squeezenet": "--squeezenet FILE, SqueezeNet 1.0's features as safetensors",
}
"""What brings a network that measures."""


_METRICS: dict[str, tuple[str, Better, int, str, str]] = {
    "clip": ("clip", "higher", 3, "CLIP ViT-B/32 cosine similarity, x 100", "clip"),
    "lpips": ("lpips", "lower", 3, "LPIPS with AlexNet, x 100", "lpips"),
    "psnr": ("psnr", "higher", 3, "PSNR, dB", ""),
    "squeeze": ("squeeze", "lower", 3, "SqueezeNet feature distance, x 100", "squeezenet"),
    "ssim": ("ssim", "higher", 4, "SSIM", ""),
    "iou": ("iou", "higher", 4, "silhouette IoU", ""),
    "cd_cm": ("cd", "lower", 3, "Chamfer distance, cm", ""),
    "depth_mm": ("depth", "lower", 2, "depth error where both show something, mm", ""),
    "normal_deg": ("normal", "lower", 2, "angle between normals, degrees", ""),
    "empty": ("empty", "lower", 3, "share of heads without any surface", ""),
}
_METRIC_ORDER = ("clip", "lpips", "psnr", "ssim", "squeeze", "iou", "depth_mm", "normal_deg")
_GROUP_ORDER = ("front", "side", "back", "360", "geom")
_LOWER = ("error", "depth", "normal", "distance", "_cm", "_mm", "_deg", "cd")
_BY_THRESHOLD = {
    "f1": ("f1", "F1 at {} mm, %"),
    "precision": ("prec", "precision at {} mm, %"),
    "recall": ("rec", "recall at {} mm, %"),
}


def measure_of(name: str) -> Measure:
    """Return what is known of a measure, by its name: "front.psnr", "geom.f1_5"."""
    group, _, metric = name.partition(".")
    if metric in _METRICS:
        heading, better, digits, about, needs = _METRICS[metric]
        return Measure(name, group, heading, better, digits, about, needs)
    stem, _, threshold = metric.rpartition("_")
    if stem in _BY_THRESHOLD and threshold:
        short, about = _BY_THRESHOLD[stem]
        heading = f"{short}@{threshold}"
        return Measure(name, group, heading, "higher", 3, about.format(threshold))
    lower = any(word in metric for word in _LOWER)
    return Measure(name, group, metric, "lower" if lower else "higher", 3, metric)


PAPER_MEASURES: tuple[Measure, ...] = tuple(
    measure_of(name)
    for name in (
        *(
            f"{group}.{metric}"
            for group in ("front", "back", "360")
            for metric in _METRIC_ORDER[:3]
        ),
        "geom.cd_cm",
        "geom.f1_5",
        "geom.f1_10",
    )
)
"""The columns of the paper's table, in its order."""


def extra_measures(names: Iterable[str]) -> tuple[Measure, ...]:
    """Return what was measured beyond the paper's table, views from front to back, then shapes."""
    known = {measure.name for measure in PAPER_MEASURES}
    found = [measure_of(name) for name in dict.fromkeys(names) if name not in known]

    def place(measure: Measure) -> tuple[int, int, int, str]:
        metric = measure.name.partition(".")[2]
        stem, _, number = metric.rpartition("_")
        threshold = int(number) if stem and number.isdecimal() else 1000
        group = _at(_GROUP_ORDER, measure.group)
        return (group, _at(_METRIC_ORDER, metric), threshold, measure.name)

    return tuple(sorted(found, key=place))


def _at(order: tuple[str, ...], word: str) -> int:
    return order.index(word) if word in order else len(order)
