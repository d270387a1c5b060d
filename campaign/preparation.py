"""Portrait preparation judged: faces, alignment, mattes, lines, real drawings, speed.

``python -m campaign.preparation --weights DIR`` draws what is missing of a few hundred pictures of
test characters, looks at them and at the drawings of the shared data folder with the networks of
that folder, and prints every number that is asked of them. It continues where it was stopped.

A seed of the campaign is one drawn picture that is compared with itself: its truth must be
perfect, and off by as much as it is moved.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from campaign import STATE
from campaign._preparation_cases import Row, judge_faceless, judge_scene, timed
from campaign._preparation_drawings import has_alpha, judge_figure, judge_marks, read_marks
from campaign._preparation_kept import kept_faceless, kept_front, kept_scene
from campaign._preparation_lines import judge_lines, perceptual, telea, ways
from campaign._preparation_pictures import Draughtsman
from campaign._preparation_report import (
    Line,
    of_faceless,
    of_figures,
    of_lines,
    of_marks,
    of_scenes,
    of_speed,
    text_of,
    worst_of,
)
from campaign._preparation_sheet import check_outside, draw_sheet
from campaign._preparation_tools import Tools, code_sha256, open_tools
from campaign._preparation_truth import TruePicture
from panic3d.characters.make.engines import engine_sha256
from panic3d.errors import Panic3dError
from panic3d.files import file_sha256
from panic3d.image import Picture
from panic3d.pipeline.faces import FoundFace
from panic3d.pipeline.matting import Matte
from panic3d.render.raster import Rasteriser
from panic3d.work.records import read_json, write_json

CASES = 1

COUNT = 400
"""Pictures with a face; for every four of them there are five without, and one aligned drawing."""
PARTS = ("scenes", "faceless", "lines", "drawings", "speed")
SPEED_SIDE = 1024

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_KEPT = STATE.parent / "preparation"


# A seed of the campaign


def run(seed: int, cases: int) -> None:
    """Draw pictures, and judge their own truth as if it had been found.

    Raises:
        AssertionError: a truth is not perfect, or is no truth.
    """
    with Rasteriser() as rasteriser:
        draughtsman = Draughtsman(rasteriser, None)
        for number in range(seed * cases, (seed + 1) * cases):
            _check_truth(draughtsman.scene(number, 256))


def _check_truth(true: TruePicture) -> None:
    row = judge_scene(true, oracle(true))
    assert row["found"] and row["others"] == 0, f"{true.name}: its own face is not found"
    for name in ("landmarks", "scale", "shift_px", "yaw_deg", "pitch_deg", "roll_deg"):
        assert row[name] < 1e-4, f"{true.name}: {name} of the truth is {row[name]}"
    assert row["iou"] == row["boundary"] == 1, f"{true.name}: its own matte is not perfect"
    # A landmark that is seen belongs to the character; lashes may stick out by a pixel.
    seen = np.floor(true.points[true.visible]).astype(int)
    height, width = true.matte.shape
    on_figure = true.matte[seen[:, 1].clip(0, height - 1), seen[:, 0].clip(0, width - 1)] > 127
    assert on_figure.mean() > 0.8, f"{true.name}: {on_figure.mean():.0%} of landmarks on the figure"
    # The engine's frame and the landmarks' alignment are two ways to the same place.
    assert row["truth_scale"] < 1, f"{true.name}: the landmarks' size is far from the frame's"
    assert row["upright_deg"] < 15, f"{true.name}: the head stays tilted {row['upright_deg']}"
    moved = judge_scene(true, oracle(true, shift=0.1))
    assert abs(moved["landmarks"] - 0.1) < 1e-6, f"{true.name}: a shift is not what it is"


def oracle(true: TruePicture, shift: float = 0.0) -> Tools:
    """Return tools that know the truth of one picture.

    Args:
        true: the picture.
        shift: by how much of the face's size its landmarks are moved to the right.
    """
    size = float(np.sqrt(np.prod(np.ptp(true.points, axis=0))))
    points = true.points + np.array([shift * size, 0.0])
    box = np.concatenate([points.min(0), points.max(0)])
    face = FoundFace(box, 1.0, points, np.ones(28), true.rotation)
    return Tools(faces=lambda _: [face], matte=lambda *_: Matte(true.matte, "network"))


# The whole


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is judged."""

    count: int
    parts: Sequence[str]
    sources: Path | None
    drawings: Path
    perceptual: Path
    kept: Path
    drawn: Path | None = None
    """Folder of pictures that are taken whatever engine drew them."""

    def pictures(self) -> Path:
        """Return the folder of drawn pictures; those of another engine do not count."""
        if self.drawn is not None:
            return self.drawn
        digests = [engine_sha256("procedural", None)]
        if self.sources is not None:
            digests.append(engine_sha256("remixed", self.sources))
        for name in ("pictures", "truth"):
            digests.append(file_sha256(Path(__file__).with_name(f"_preparation_{name}.py")))
        digest = hashlib.sha256(" ".join(digests).encode()).hexdigest()
        return self.kept / f"pictures-{digest[:16]}"

    def results(self, tools: Tools) -> Path:
        """Return the folder of results; those of other weights, code or pictures do not count."""
        words = [str(self.pictures().resolve()), code_sha256(), *sorted(tools.digests.values())]
        words.append("with telea" if telea() is not None else "without")
        return self.kept / f"results-{hashlib.sha256(' '.join(words).encode()).hexdigest()[:16]}"


class Judged(NamedTuple):
    """All that was measured."""

    lines: list[Line]
    rows: dict[str, Any]
    """Of single cases."""
    notes: list[str]
    """What is left out."""
    worst: list[str]
    """What one should look at."""


def judge(plan: Plan, tools: Tools, report: Callable[[str], None]) -> Judged:
    """Draw, look, measure; what was done before is read."""
    found = Judged([], {}, list(tools.absent), [])
    pictures, results = plan.pictures(), plan.results(tools)
    opened: list[Draughtsman] = []

    def draughtsman() -> Draughtsman:
        if not opened:
            opened.append(Draughtsman(Rasteriser(), plan.sources))
        return opened[0]

    def each(what: str, count: int, one: Callable[[int], Row]) -> list[Row]:
        rows = []
        for number in range(count):
            path = results / f"{what}-{number:04d}.json"
            row = read_json(path)
            if not row:
                row = one(number)
                write_json(path, row)
                if (number + 1) % 20 == 0:
                    report(f"{what}: {number + 1} of {count}")
            rows.append(row)
        found.rows[what] = rows
        return rows

    def scene(number: int) -> TruePicture:
        return kept_scene(pictures, number, lambda n: draughtsman().scene(n))

    looks = tools.faces is not None or tools.matte is not None
    if "scenes" in plan.parts and looks:
        rows = each("scene", plan.count, lambda k: judge_scene(scene(k), tools))
        found.lines.extend(of_scenes(rows))
        found.worst.extend(worst_of(rows))
    if "faceless" in plan.parts and tools.faces is not None:

        def faceless(number: int) -> Row:
            picture = kept_faceless(pictures, number, lambda n: draughtsman().faceless(n))
            return judge_faceless(picture, tools)

        rows = each("faceless", max(plan.count * 5 // 4, 1), faceless)
        found.lines.extend(of_faceless(rows))
    if "lines" in plan.parts:
        compared, network = ways(tools.fillers), perceptual(plan.perceptual)
        if telea() is None:
            found.notes.append("Telea: pip install opencv-python-headless")
        if network is None:
            found.notes.append(f"feature distance: there is no {plan.perceptual}")

        def front(number: int) -> Row:
            true = kept_front(pictures, number, lambda n: draughtsman().front(n))
            return judge_lines(true, compared, network)

        found.lines.extend(of_lines(each("front", max(plan.count // 4, 1), front)))
    if "drawings" in plan.parts:
        _judge_drawings(plan, tools, found)
    if "speed" in plan.parts and looks:
        seconds = timed(_large(scene(0).picture), tools)
        found.rows["seconds"] = seconds | {"threads": torch.get_num_threads()}
        found.lines.extend(of_speed(seconds, tools.shipped_bytes))
    return found


def _judge_drawings(plan: Plan, tools: Tools, found: Judged) -> None:
    if not plan.drawings.is_dir():
        found.notes.append(f"real drawings: there is no folder {plan.drawings}")
        return
    marks: list[Row] = []
    figures: dict[str, Any] = {}
    for path, picture, marked in read_marks(plan.drawings):
        if tools.faces is not None:
            marks += [
                {"name": path.stem} | row for row in judge_marks(picture, marked, tools.faces)
            ]
        if tools.matte is not None and has_alpha(picture):
            figures[path.stem] = judge_figure(picture, tools.matte, tools.faces)
    if marks:
        found.rows["drawings"] = marks
        found.lines.extend(of_marks(marks))
    if figures:
        found.rows["figures"] = figures
        found.lines.extend(of_figures(figures))


def _large(picture: Picture) -> Picture:
    image = Image.fromarray(picture.rgba)
    return Picture(np.array(image.resize((SPEED_SIDE, SPEED_SIDE), Image.Resampling.BICUBIC)))


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if every number is as asked, 1 if one falls short, 2 for bad arguments."""
    parser = argparse.ArgumentParser(prog="python -m campaign.preparation", description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="folder of packed weights")
    parser.add_argument("--count", type=int, default=COUNT, help=f"pictures; {COUNT} if absent")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--out", type=Path, help="JSON of all numbers")
    parser.add_argument(
        "--sheet", type=Path, help="picture of the drawings, outside the repository"
    )
    parser.add_argument("--kept", type=Path, default=_KEPT, help="what is drawn and found already")
    parser.add_argument("--pictures", type=Path, help="drawn already, by whatever engine")
    parser.add_argument("--drawings", type=Path, default=_SHARED / "portraits")
    parser.add_argument("--sources", type=Path, default=_SHARED / "vrm", help="models to remix")
    parser.add_argument(
        "--perceptual",
        type=Path,
        default=_SHARED / "perceptual" / "squeezenet_v1.0.safetensors",
        help="SqueezeNet's weights, for the feature distance",
    )
    options = parser.parse_args(argv)
    if options.count < 1 or not options.weights.is_dir():
        parser.error(f"{options.weights} is no folder, or --count is not at least 1")
    sources = options.sources if any(options.sources.glob("*.vrm")) else None
    plan = Plan(
        count=options.count,
        parts=options.parts,
        sources=sources,
        drawings=options.drawings,
        perceptual=options.perceptual,
        kept=options.kept,
        drawn=options.pictures,
    )
    try:
        if options.sheet is not None:
            check_outside(options.sheet)
        tools = open_tools(options.weights)
        found = judge(plan, tools, lambda line: print(line, file=sys.stderr, flush=True))
        if options.sheet is not None:
            draw_sheet(options.drawings, tools, options.sheet)
    except Panic3dError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command continues", file=sys.stderr)
        return 130
    if sources is None:
        found.notes.append(f"remixed characters: there are no models in {options.sources}")
    print(text_of(found.lines))
    print(*found.worst, *(f"left out: {note}" for note in found.notes), sep="\n")
    if options.out is not None:
        about = {"weights": dict(tools.digests), "bytes": dict(tools.bytes), "count": plan.count}
        lines = [line.to_dict() for line in found.lines]
        write_json(
            options.out, about | {"lines": lines, "rows": found.rows, "left_out": found.notes}
        )
    return 1 if any(line.good is False for line in found.lines) else 0


if __name__ == "__main__":
    sys.exit(main())
