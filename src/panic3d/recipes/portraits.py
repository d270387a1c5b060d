"""Pictures that the networks of portrait preparation learn from, drawn by our own engine.

Of every character: a scene as it might be found, the figure cut out in another view, the aligned
front with what belongs to its lines; of some, a picture that shows no face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from scipy import ndimage

from panic3d.characters.illustrate.draw import Illustration, illustrate
from panic3d.characters.illustrate.style import (
    Finish,
    Framing,
    Ground,
    IllustrationStyle,
    aligned,
    draw_style,
)
from panic3d.characters.landmarks import face_size
from panic3d.characters.made import MadeCharacter
from panic3d.characters.make.engines import Kind
from panic3d.characters.splits import Split
from panic3d.geometry.posing import Pose
from panic3d.pipeline.mean_face import FRAME
from panic3d.recipes.numbered import numbered
from panic3d.render.raster import Rasteriser
from panic3d.train.portraits import Draw, DrawnPortrait, encoded

TURNED = 0.25
"""Share of views that are turned and tilted farther than `draw_framing` goes."""
FACELESS = 0.35
"""Share of characters of which a picture without a face is drawn."""
SIDES = (320, 512)
"""Of pictures, by lot: large ones for what is looked at closely; the time goes with the area."""
FRONT_SIDE = 384
"""Of the part of the render frame that is kept; there, and of pictures without a face, pixels."""
MOST_TURNED = 65.0
"""Degrees of yaw beyond which a picture is drawn again: half of the landmarks are behind."""
_TRIES = 8
_WHITE = Ground()


def painter(kind: Kind, split: Split, sources: Path | None = None, varied: bool = False) -> Draw:
    """Return what draws the pictures of a character's number.

    Args:
        kind: which engine makes characters.
        split: whose assets they are made from.
        sources: folder of models that remixed characters are made from.
        varied: see `panic3d.characters.make.engines.open_engine`.
    """
    return partial(drawn_portraits, kind, split, sources, varied=varied)


def drawn_portraits(
    kind: Kind,
    split: Split,
    sources: Path | None,
    number: int,
    rasteriser: Rasteriser,
    *,
    varied: bool = False,
) -> Sequence[DrawnPortrait]:
    """Draw the pictures of a character.

    Raises:
        Panic3dError: it cannot be made.
    """
    made, pose, rng = numbered("preparation", kind, split, sources, number, varied)
    found = [
        _scene(made, rasteriser, rng, pose),
        _cutout(made, rasteriser, rng, pose),
        _aligned(made, rasteriser, rng, pose),
    ]
    if rng.random() < FACELESS:
        found.append(_faceless(made, rasteriser, rng, pose))
    return found


def _seen(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose, whole: bool
) -> Illustration:
    """Draw an illustration on which most of the face is."""
    side = int(rng.choice(SIDES))
    for _ in range(_TRIES):
        style = draw_style(rng)
        framing = style.framing
        if rng.random() < TURNED:
            framing = replace(
                framing,
                yaw_deg=float(rng.uniform(-50, 50)),
                pitch_deg=float(rng.uniform(-28, 28)),
                roll_deg=float(rng.uniform(-40, 40)),
            )
        style = replace(style, framing=framing)
        if whole:
            style = replace(style, ground=_WHITE, finish=Finish(), props=())
        drawn = illustrate(made, rasteriser, style, side, pose)
        marks = drawn.landmarks
        if marks is None or abs(drawn.head_deg[0]) > MOST_TURNED:
            continue
        inside = ((marks.points > 0) & (marks.points < side)).all(1)
        if inside.sum() >= 20:
            return drawn
    style = aligned(draw_style(rng))
    if whole:
        style = replace(style, ground=_WHITE, finish=Finish())
    return illustrate(made, rasteriser, style, side, pose)


def _scene(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose
) -> DrawnPortrait:
    drawn = _seen(made, rasteriser, rng, pose, False)
    return DrawnPortrait(
        kind="scene",
        picture=encoded(drawn.picture),
        matte=encoded(drawn.outlined),
        ignored=encoded(drawn.occluder) if drawn.occluder.any() else b"",
        **_known(drawn),
    )


def _cutout(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose
) -> DrawnPortrait:
    drawn = _seen(made, rasteriser, rng, pose, True)
    return DrawnPortrait(
        kind="cutout",
        picture=encoded(carried_on(drawn.drawn, drawn.outlined)),
        matte=encoded(drawn.outlined),
        **_known(drawn),
    )


def _aligned(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose
) -> DrawnPortrait:
    """Draw the front view at the frame's own scale, whose middle is kept."""
    style = draw_style(rng)
    while style.ink.weight <= 0:  # there is nothing to be learned about its lines
        style = draw_style(rng)
    style = replace(aligned(style), ground=_WHITE)
    drawn = illustrate(made, rasteriser, style, FRAME, pose)
    first = (FRAME - FRONT_SIDE) // 2
    part = (slice(first, first + FRONT_SIDE),) * 2
    # Prepared pictures lie on white: paper and grain beside the figure are no part of the task.
    bare = drawn.matte[..., None] == 0
    inked = np.where(bare & (drawn.line_mask[..., None] == 0), np.uint8(255), drawn.drawn)
    free = np.where(bare, np.uint8(255), drawn.line_free)
    alpha = drawn.render[..., 3:].astype(np.uint16)
    plain = (drawn.render[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return DrawnPortrait(
        kind="aligned",
        picture=encoded(inked[part], 95),
        matte=encoded(drawn.outlined[part]),
        line_free=encoded(free[part], 95),
        line_mask=encoded(drawn.line_mask[part]),
        render=encoded(plain.astype(np.uint8)[part], 95),
        **_known(drawn, first),
    )


def _known(drawn: Illustration, first: int = 0) -> dict[str, Any]:
    """Return what is known of the face in a part of a picture that starts there."""
    assert drawn.landmarks is not None, "an engine's character has landmarks"
    return {
        "points": (drawn.landmarks.points - first).astype(np.float32),
        "visible": drawn.landmarks.visible,
        "rotation": drawn.rotation.astype(np.float32),
    }


def _faceless(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose
) -> DrawnPortrait:
    """Draw what is no face: a head from behind, a body below its chin, or a ground alone."""
    style = draw_style(rng)
    what = rng.random()
    if what < 0.45:
        style = _from_behind(style, rng)
    elif what < 0.8:
        style = _below(style, rng)
    else:
        style = replace(style, framing=replace(style.framing, up_m=30.0, roll_deg=0.0), props=())
    drawn = illustrate(made, rasteriser, style, FRONT_SIDE, pose)
    assert drawn.landmarks is None or not _shown(drawn), "a face in a picture without one"
    return DrawnPortrait(
        kind="faceless",
        picture=encoded(drawn.picture),
        matte=encoded(drawn.outlined),
        ignored=encoded(drawn.occluder) if drawn.occluder.any() else b"",
    )


def _shown(drawn: Illustration) -> bool:
    """Say whether the front of a face is in the picture."""
    assert drawn.landmarks is not None
    points = drawn.landmarks.points
    margin = 0.3 * face_size(points)
    inside = ((points > -margin) & (points < FRONT_SIDE + margin)).all(1)
    return bool(drawn.rotation[2, 2] > -0.5 and inside.sum() > 4)


def _from_behind(style: IllustrationStyle, rng: np.random.Generator) -> IllustrationStyle:
    framing = replace(
        style.framing,
        azimuth_deg=float(180 + rng.uniform(-25, 25)),
        yaw_deg=float(rng.uniform(-15, 15)),
        pitch_deg=float(rng.uniform(-10, 10)),
        roll_deg=float(rng.uniform(-15, 15)),
        elevation_deg=float(rng.uniform(-10, 10)),
    )
    return replace(style, framing=framing, props=())


def _below(style: IllustrationStyle, rng: np.random.Generator) -> IllustrationStyle:
    width = float(rng.uniform(0.2, 0.3))
    framing = Framing(
        azimuth_deg=float(rng.uniform(-60, 60)),
        width_m=width,
        up_m=-0.22 - width / 2,
        right_m=float(rng.uniform(-0.08, 0.08)),
        box_m=1.4,
    )
    return replace(style, framing=framing, props=())


def carried_on(
    picture: UInt8[np.ndarray, "h w 3"], matte: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Give every pixel that the character does not fill the colour of the nearest one it does."""
    solid = matte >= 250
    if not solid.any():
        return picture
    rows, columns = ndimage.distance_transform_edt(
        ~solid, return_distances=False, return_indices=True
    )
    found = picture[rows, columns]
    # Far away it would only cost bytes.
    far = ndimage.minimum_filter(matte == 0, 9)
    found[far] = 128
    return np.ascontiguousarray(found)
