"""Pictures of test characters as a user would give them, and all that is known of each.

Characters are of the test split: no network learned from what they
are made of, and the numbers of their streams are this campaign's own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from campaign._preparation_truth import (
    Bytes,
    TrueLines,
    TruePicture,
    known_of,
    nearer,
    opaque,
    painted,
    smaller,
)
from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.style import (
    Finish,
    Framing,
    Ground,
    aligned,
    draw_style,
)
from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.make.engines import Engine, Kind, open_engine
from panic3d.characters.splits import assets_of
from panic3d.geometry.posing import Pose
from panic3d.image import Picture
from panic3d.pipeline.mean_face import FRAME
from panic3d.recipes.portraits import MOST_TURNED
from panic3d.render.raster import Rasteriser
from panic3d.train.wear import things

Group = Literal["framed", "near", "small", "turned"]
"""``framed``: as the engine frames its illustrations. ``near``: cut by the border, down to little
more than the face. ``small``: a figure or a picture within a larger one, the face a twentieth to a
fifth of it. ``turned``: farther than the engine's framings go, up to 50 degrees; not judged."""

SHARES: dict[Group, float] = {"framed": 0.55, "near": 0.18, "small": 0.17, "turned": 0.10}
JUDGED: tuple[Group, ...] = ("framed", "near", "small")
SIDES, SIDE_SHARES = (384, 512, 640, 768, 1024), (0.15, 0.5, 0.2, 0.1, 0.05)
"""Pixels; a drawing of 512 takes two seconds, one of 1024 eight."""
_LEAST_INSIDE = 20
_TRIES = 12


class Draughtsman:
    """Draws what is judged, each by its number."""

    def __init__(self, rasteriser: Rasteriser, sources: Path | None) -> None:
        """Open the engines.

        Args:
            rasteriser: draws.
            sources: folder of models for remixed characters; None makes procedural ones alone.
        """
        kinds: tuple[Kind, ...] = ("procedural",) if sources is None else ("remixed", "procedural")
        self._rasteriser = rasteriser
        self._engines: list[tuple[Kind, Engine]] = [(k, open_engine(k, sources)) for k in kinds]

    def _made(self, what: str, number: int) -> tuple[MadeCharacter, Pose, np.random.Generator]:
        kind, engine = self._engines[number % len(self._engines)]
        rng = stream(0, "judged preparation", what, kind, str(number))
        made = engine.make(int(rng.integers(2**53)), assets_of("test", engine.assets))
        return made, Pose(expressions=dict(made.expression)), rng

    def scene(self, number: int, side: int | None = None) -> TruePicture:
        """Draw a picture with a face.

        Args:
            number: which.
            side: of the drawing, pixels; by default by lot.
        """
        made, pose, rng = self._made("scene", number)
        groups: list[Group] = list(SHARES)
        group = groups[int(rng.choice(len(groups), p=list(SHARES.values())))]
        lot = int(rng.choice(SIDES, p=SIDE_SHARES))
        found = self._drawn(made, pose, rng, group, lot if side is None else side)
        return replace(found, name=f"{number:04d} {made.assets['face']}")

    def _drawn(
        self, made: MadeCharacter, pose: Pose, rng: np.random.Generator, group: Group, side: int
    ) -> TruePicture:
        pasted = group == "small" and rng.random() < 0.6
        for _ in range(_TRIES):
            style = draw_style(rng)
            if group == "turned":
                yaw, pitch, roll = (float(v) for v in rng.uniform(-1, 1, 3) * (50, 28, 40))
                framing = replace(style.framing, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)
                style = replace(style, framing=framing)
            if pasted:
                style = replace(style, ground=Ground(), finish=Finish(), props=())
            drawn = illustrate(made, self._rasteriser, style, side, pose)
            assert drawn.landmarks is not None, "an engine's character has landmarks"
            points = drawn.landmarks.points
            inside = ((points > 0) & (points < side)).all(1).sum()
            if inside >= _LEAST_INSIDE and abs(drawn.head_deg[0]) <= MOST_TURNED:
                break
        else:
            drawn = illustrate(made, self._rasteriser, aligned(draw_style(rng)), side, pose)
        whole = known_of(drawn, group)
        if group == "near":
            return nearer(whole, rng)
        if group == "small":
            return smaller(whole, rng, pasted)
        return whole

    def faceless(self, number: int) -> Picture:
        """Draw a picture that shows no face: a head from behind, a body, a ground, things."""
        rng = stream(0, "judged preparation", "without a face", str(number))
        side = int(rng.integers(256, 513))
        kind = rng.random()
        if kind > 0.6:
            return Picture(opaque(_scattered(rng, side, kind > 0.7)))
        made, pose, _ = self._made("faceless", number)
        style = replace(draw_style(rng), props=())
        lower = 0.0
        while True:
            framing = _from_behind(style.framing, rng) if kind < 0.33 else _below(rng, lower)
            style = replace(style, framing=framing)
            drawn = illustrate(made, self._rasteriser, style, side, pose)
            assert drawn.landmarks is not None
            points = drawn.landmarks.points
            # Of a head from behind they are on the far side.
            if kind < 0.33 or (points[:, 1] < -0.05 * side).all():
                return Picture(opaque(drawn.picture))
            lower += 0.05

    def front(self, number: int) -> TrueLines:
        """Draw an aligned front view with lines, without them, and plain."""
        made, pose, rng = self._made("front", number)
        style = draw_style(rng)
        while style.ink.weight <= 0:
            style = draw_style(rng)
        drawn = illustrate(
            made, self._rasteriser, replace(aligned(style), ground=Ground()), FRAME, pose
        )
        assert drawn.landmarks is not None
        # Prepared pictures lie on white: paper and grain beside the figure are no part of this.
        bare = drawn.matte[..., None] == 0
        inked = np.where(bare & (drawn.line_mask[..., None] == 0), np.uint8(255), drawn.drawn)
        return TrueLines(
            name=f"{number:04d}",
            picture=Picture(opaque(inked)),
            line_free=Picture(opaque(np.where(bare, np.uint8(255), drawn.line_free))),
            render=Picture(drawn.render).on((255, 255, 255)),
            points=drawn.landmarks.points,
        )


def _scattered(rng: np.random.Generator, side: int, with_things: bool) -> Bytes:
    canvas = Image.fromarray(painted(rng, side)).convert("RGBA")
    if with_things:
        drawn = things(rng, side, int(rng.integers(1, 25)))
        canvas.alpha_composite(Image.fromarray(drawn))
    return np.array(canvas.convert("RGB"))


def _from_behind(framing: Framing, rng: np.random.Generator) -> Framing:
    return replace(
        framing,
        azimuth_deg=float(180 + rng.uniform(-25, 25)),
        yaw_deg=float(rng.uniform(-15, 15)),
        pitch_deg=float(rng.uniform(-10, 10)),
        roll_deg=float(rng.uniform(-15, 15)),
        elevation_deg=float(rng.uniform(-10, 10)),
    )


def _below(rng: np.random.Generator, lower: float) -> Framing:
    width = float(rng.uniform(0.2, 0.3))
    return Framing(
        azimuth_deg=float(rng.uniform(-60, 60)),
        width_m=width,
        up_m=-0.22 - lower - width / 2,
        right_m=float(rng.uniform(-0.08, 0.08)),
        box_m=1.4,
    )
