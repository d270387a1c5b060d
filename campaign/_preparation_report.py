"""Judged numbers of all cases together, beside what is asked of them; as rows and as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from campaign._preparation_lines import LOWER_IS_BETTER, MEASURES, NOTHING, TELEA, TRUTHS
from campaign._preparation_pictures import JUDGED, SHARES
from campaign._preparation_tools import FILLER, LIMIT_BYTES

Rows = Sequence[Mapping[str, Any]]

ERROR_AT_MARKS = 0.05
"""Of a face's size."""


MORE = 1e-9
"""Of a gain: any at all."""


class Line(NamedTuple):
    """One number of the report."""

    name: str
    value: float
    unit: str = ""
    """``%`` shows a share as per cent."""
    least: float | None = None
    most: float | None = None
    cases: int = 0

    @property
    def good(self) -> bool | None:
        """Whether it is as it should be; None if nothing is asked."""
        if self.least is None and self.most is None:
            return None
        low = -math.inf if self.least is None else self.least
        high = math.inf if self.most is None else self.most
        return low <= self.value <= high  # never for NaN

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        value = self.value if math.isfinite(self.value) else None
        return {**self._asdict(), "value": value, "good": self.good}


def values(rows: Rows, name: str) -> np.ndarray:
    """Return a measure of all rows that have it."""
    return np.array([float(row[name]) for row in rows if name in row], np.float64)


def _mean(rows: Rows, name: str) -> float:
    found = values(rows, name)
    return float(found.mean()) if len(found) else math.nan


def _at(rows: Rows, name: str, percent: float) -> float:
    found = values(rows, name)
    return float(np.percentile(found, percent)) if len(found) else math.nan


def of_scenes(rows: Rows) -> list[Line]:
    """Sum up pictures with a face."""
    judged = [row for row in rows if row["group"] in JUDGED]
    lines: list[Line] = []
    if any("found" in row for row in judged):
        lines += _of_faces(judged)
    if any("iou" in row for row in judged):
        lines += _of_mattes(judged)
    for group in SHARES:
        part = [row for row in rows if row["group"] == group]
        if part:
            lines += _of_group(group, part)
    half = [row for row in judged if row["visible"] < 0.5]
    if half:
        lines += _of_group("half hidden", half)
    return lines


def _of_faces(rows: Rows) -> list[Line]:
    found = [row for row in rows if row.get("seen")]
    n = len(found)
    lines = [
        Line("face found", _mean(rows, "found"), "%", least=0.99, cases=len(rows)),
        Line("true face among the found", _mean(rows, "seen"), "%", cases=len(rows)),
        Line("other faces a picture", _mean(rows, "others"), cases=len(rows)),
        Line("landmark error, mean", _mean(rows, "landmarks"), "%", most=0.03, cases=n),
        Line("  median", _at(rows, "landmarks", 50), "%", cases=n),
        Line("  95th percentile", _at(rows, "landmarks", 95), "%", cases=n),
        Line("  visible landmarks, mean", _mean(rows, "landmarks_visible"), "%", cases=n),
    ]
    for group in ("jaw", "brows", "eyes", "nose", "mouth"):
        lines.append(Line(f"  {group}", _mean(rows, f"landmarks_{group}"), "%", cases=n))
    lines += [
        Line("scale error, median", _at(rows, "scale", 50), "%", most=0.015, cases=n),
        Line("scale error, 95th percentile", _at(rows, "scale", 95), "%", most=0.04, cases=n),
        Line("shift, median", _at(rows, "shift_px", 50), "px", most=3.0, cases=n),
        Line("  95th percentile", _at(rows, "shift_px", 95), "px", cases=n),
        Line("  of the face's middle, median", _at(rows, "face_shift_px", 50), "px", cases=n),
        Line("roll, median", _at(rows, "roll_deg", 50), "deg", most=2.0, cases=n),
        Line("yaw, median", _at(rows, "yaw_deg", 50), "deg", most=6.0, cases=n),
        Line("pitch, median", _at(rows, "pitch_deg", 50), "deg", most=6.0, cases=n),
        Line("  tilt of the alignment, median", _at(rows, "tilt_deg", 50), "deg", cases=n),
        Line("  left from upright, median", _at(rows, "upright_deg", 50), "deg", cases=n),
        Line("faces that could not be aligned", float(sum("unaligned" in r for r in found))),
    ]
    # A head's own size cannot be read from a face: what is left open even by the true landmarks.
    for who, prefix in (("found", "frame_"), ("true", "truth_")):
        lines += [
            Line(f"{who} landmarks, true frame: scale", _at(rows, f"{prefix}scale", 50), "%"),
            Line("  95th percentile", _at(rows, f"{prefix}scale", 95), "%"),
            Line("  shift, median", _at(rows, f"{prefix}shift_px", 50), "px"),
        ]
    return lines


def _of_mattes(rows: Rows) -> list[Line]:
    lines = [
        Line("matte IoU, mean", _mean(rows, "iou"), "%", least=0.97, cases=len(rows)),
        Line("  5th percentile", _at(rows, "iou", 5), "%", cases=len(rows)),
        Line("matte boundary F, mean", _mean(rows, "boundary"), "%", least=0.9, cases=len(rows)),
        Line("  5th percentile", _at(rows, "boundary", 5), "%", cases=len(rows)),
    ]
    for source in sorted({row["matte"] for row in rows}):
        part = [row for row in rows if row["matte"] == source]
        lines += [
            Line(f"  IoU by {source}", _mean(part, "iou"), "%", cases=len(part)),
            Line(f"  boundary F by {source}", _mean(part, "boundary"), "%", cases=len(part)),
        ]
    return lines


def _of_group(name: str, rows: Rows) -> list[Line]:
    lines = []
    for title, key, unit, percent in (
        ("face found", "found", "%", None),
        ("landmark error, mean", "landmarks", "%", None),
        ("scale error, median", "scale", "%", 50.0),
        ("shift, median", "shift_px", "px", 50.0),
        ("yaw, median", "yaw_deg", "deg", 50.0),
        ("matte IoU, mean", "iou", "%", None),
        ("matte boundary F, mean", "boundary", "%", None),
    ):
        if any(key in row for row in rows):
            value = _mean(rows, key) if percent is None else _at(rows, key, percent)
            lines.append(Line(f"{name}: {title}", value, unit, cases=len(rows)))
    return lines


def of_faceless(rows: Rows) -> list[Line]:
    """Sum up pictures without a face."""
    wrong = float(np.mean([row["others"] > 0 for row in rows])) if rows else math.nan
    return [Line("face found where there is none", wrong, "%", most=0.01, cases=len(rows))]


def of_lines(rows: Sequence[Mapping[str, Mapping[str, float]]]) -> list[Line]:
    """Sum up line removal: every way, and what the shipped filler has on the others."""
    known = sorted(rows[0]) if rows else []
    ways = sorted(known, key=lambda way: (way != NOTHING, way != TELEA))
    lines: list[Line] = []
    mean: dict[tuple[str, str], float] = {}
    for way in ways:
        part = [row[way] for row in rows]
        for truth in TRUTHS:
            for measure in MEASURES:
                key = f"{truth} {measure}"
                if key in part[0]:
                    mean[way, key] = _mean(part, key)
                    lines.append(Line(f"{way}: {key}", mean[way, key], cases=len(part)))
        lines.append(Line(f"{way}: psnr of what is painted", _mean(part, "masked_psnr")))
        outside = float(values(part, "outside").sum())
        lines.append(Line(f"{way}: pixels changed beside the mask", outside, most=0.0))
    fillers = [way for way in ways if way.startswith(FILLER)]
    for other in (NOTHING, TELEA):
        for way in fillers[:1]:
            for key in (f"{truth} {measure}" for truth in TRUTHS for measure in MEASURES):
                if (way, key) in mean and (other, key) in mean:
                    gain = mean[way, key] - mean[other, key]
                    gain = -gain if key.endswith(LOWER_IS_BETTER) else gain
                    lines.append(Line(f"{way} better than {other}: {key}", gain, least=MORE))
    return lines


def of_marks(rows: Rows) -> list[Line]:
    """Sum up the drawings' faces."""
    near = sum(row.get("error", 1.0) <= ERROR_AT_MARKS for row in rows)
    chosen = sum(row.get("rank") == 1 for row in rows)
    count = len(rows)
    lines = [
        Line("drawings: face found", float(_mean(rows, "found")), "%", least=1.0, cases=count),
        Line("drawings: it is the largest", float(chosen), least=float(count), cases=count),
        Line("drawings: marks within 5 %", float(near), least=min(11.0, count), cases=count),
        Line("drawings: error at marks, mean", _mean(rows, "error"), "%", cases=count),
        Line("  with irises for eyes", _mean(rows, "error_iris"), "%", cases=count),
        Line("  landmarks that are marked", _mean(rows, "landmarks"), "%", cases=count),
        Line("drawings: other faces", float(values(rows, "others").sum()), cases=count),
    ]
    return lines + [
        Line(f"  {row['name']}", float(row.get("error", math.nan)), "%", most=ERROR_AT_MARKS)
        for row in rows
    ]


def of_figures(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[Line]:
    """Sum up figures on grounds."""
    lines: list[Line] = []
    for name, grounds in figures.items():
        part = list(grounds.values())
        lines += [
            Line(f"figure {name}: IoU, least", _at(part, "iou", 0), "%", least=0.95),
            Line("  mean", _mean(part, "iou"), "%", cases=len(part)),
            Line("  boundary F, mean", _mean(part, "boundary"), "%", cases=len(part)),
        ]
    for ground in next(iter(figures.values()), {}):
        part = [grounds[ground] for grounds in figures.values()]
        lines.append(Line(f"figures on {ground}: IoU", _mean(part, "iou"), "%", cases=len(part)))
    return lines


def of_speed(seconds: Mapping[str, float], size: int) -> list[Line]:
    """Sum up what a preparation takes."""
    lines = [Line("preparation of 1024 px", seconds["total"], "s", most=2.0)]
    lines += [Line(f"  {name}", s, "s") for name, s in seconds.items() if name != "total"]
    return [*lines, Line("weights together", size / 1e6, "MB", most=LIMIT_BYTES / 1e6)]


WORST = 8
"""Cases of each kind that are named."""


def worst_of(rows: Rows) -> list[str]:
    """Name the pictures with a face that one should look at."""
    found = []
    missed = [row for row in rows if row.get("found") is False]
    if missed:
        found.append(f"{len(missed)} faces not found: {_names(missed)}")
    for key, what, sign in (
        ("landmarks", "landmarks farthest off", -1.0),
        ("iou", "least matte IoU", 1.0),
        ("boundary", "least matte boundary F", 1.0),
    ):
        known = sorted((row for row in rows if key in row), key=lambda row: sign * row[key])
        if known:
            found.append(f"{what}: {_names(known, key)}")
    return found


def _names(rows: Rows, key: str = "") -> str:
    named = [
        f"{row['name']} ({row['group']}{f', {100 * row[key]:.1f} %' if key else ''})"
        for row in rows[:WORST]
    ]
    return ", ".join(named)


def text_of(lines: Iterable[Line]) -> str:
    """Return a table."""
    rows = [f"{'':52}{'':>10}  {'asked':>10}   of"]
    for line in lines:
        asked = ""
        if line.least is not None:
            asked = "> 0" if line.least == MORE else f">= {_shown(line.least, line.unit)}"
        if line.most is not None:
            asked = f"<= {_shown(line.most, line.unit)}"
        mark = {True: "", False: "  SHORT", None: ""}[line.good]
        count = str(line.cases) if line.cases else ""
        value = f"{_shown(line.value, line.unit)} {line.unit:3}"
        rows.append(f"{line.name:52}{value:>12}  {asked:>10} {count:>4}{mark}".rstrip())
    return "\n".join(rows)


def _shown(value: float, unit: str) -> str:
    if unit == "%":
        return f"{100 * value:.2f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}".removesuffix(".00")
