"""Takes that the reconstructor learns from: characters of our engine, drawn and aligned.

What they are learned from is seen from all round in the frame of their drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8

from panic3d.characters.illustrate.draw import (
    Illustration,
    framed_pose,
    framing_for,
    illustrate,
)
from panic3d.characters.illustrate.style import Ground, IllustrationStyle, aligned, draw_style
from panic3d.characters.illustrate.view import pixels_per_metre
from panic3d.characters.made import MadeCharacter
from panic3d.characters.make.engines import Kind
from panic3d.characters.splits import Split
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import Pose, PosedCharacter, head_origin, posed, rotation
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.align import align
from panic3d.pipeline.cut_out import cut_out
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.mean_face import BONE, FRAME
from panic3d.pipeline.warp import Warped
from panic3d.recipes.numbered import numbered
from panic3d.render.raster import Rasteriser
from panic3d.train.supervision import POINTS, SURFACE_POINTS, resized, sample_points, seen_all_round
from panic3d.train.supervision import VIEW_SIZE as SEEN_SIZE
from panic3d.train.takes import (
    DEPTH_STEPS,
    PICTURE_SIZE,
    VIEW_AZIMUTHS,
    VIEW_SIZE,
    Draw,
    Take,
    png,
    png16,
)

RANDOM_VIEWS = 4
DRAWN_SIZE = 352
"""Pixels of a drawing; its head covers about half of it, and half of the 256 that are learned."""
STRAIGHT_SIZE = 320
"""Pixels of one that is framed as renders are."""
_TRIES = 8
_MOST_TURNED = 50.0
"""Degrees of yaw beyond which a drawing is made again."""
_MARKS_INSIDE = 20
"""Landmarks that must be in the picture."""


def take_maker(kind: Kind, split: Split, sources: Path | None = None, varied: bool = False) -> Draw:
    """Return what draws the takes of a character's number.

    Args:
        kind: which engine makes characters.
        split: whose assets they are made from.
        sources: folder of models that remixed characters are made from.
        varied: see `panic3d.characters.make.engines.open_engine`.
    """
    return partial(drawn_takes, kind, split, sources, varied=varied)


def drawn_takes(
    kind: Kind,
    split: Split,
    sources: Path | None,
    number: int,
    rasteriser: Rasteriser,
    *,
    varied: bool = False,
) -> Sequence[Take]:
    """Draw the takes of a character: one as people draw, one straight and framed as renders are.

    Raises:
        Panic3dError: it cannot be made.
    """
    made, pose, rng = numbered("takes", kind, split, sources, number, varied)
    return [
        _taken(made, rasteriser, rng, draw(made, rasteriser, rng, pose))
        for draw in (_wild, _straight)
    ]


# Drawings


def _style(rng: np.random.Generator) -> IllustrationStyle:
    style = draw_style(rng)
    while style.finish.grey:  # nobody could tell the colours, which are to be learned
        style = draw_style(rng)
    return style


class _Drawing(NamedTuple):
    """A drawing, how its character stands, and how it is aligned."""

    drawn: Illustration
    stance: Pose
    to_frame: Similarity


def _drawing(
    made: MadeCharacter,
    rasteriser: Rasteriser,
    style: IllustrationStyle,
    size: int,
    pose: Pose,
) -> _Drawing:
    stance = framed_pose(framing_for(made, style.framing), made.character, pose)
    return _Drawing(illustrate(made, rasteriser, style, size, pose), stance, Similarity())


def _wild(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose
) -> _Drawing:
    """Draw as people do, and align by the face."""
    for _ in range(_TRIES):
        drawing = _drawing(made, rasteriser, _style(rng), DRAWN_SIZE, pose)
        marks = drawing.drawn.landmarks
        if marks is None or abs(drawing.drawn.head_deg[0]) > _MOST_TURNED:
            continue
        inside = ((marks.points > 0) & (marks.points < DRAWN_SIZE)).all(1)
        if inside.sum() >= _MARKS_INSIDE:
            found = align(marks.points.astype(np.float64), drawing.drawn.rotation)
            return drawing._replace(to_frame=found.to_frame)
    return _straight(made, rasteriser, rng, pose)


def _straight(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, pose: Pose
) -> _Drawing:
    """Draw the aligned front, framed as renders are."""
    style = replace(aligned(_style(rng)), ground=Ground())
    drawing = _drawing(made, rasteriser, style, STRAIGHT_SIZE, pose)
    return drawing._replace(to_frame=Similarity(scale=FRAME / STRAIGHT_SIZE))


class _Frame(NamedTuple):
    """How a character lies in the frame of its aligned drawing."""

    linear: Float64[np.ndarray, "3 3"]
    """A scaled rotation, from the character's axes."""
    shift: Float64[np.ndarray, "3"]


def _frame_of(drawn: Illustration, to_frame: Similarity, size: int) -> _Frame:
    """Return how what the drawing's camera saw lies in the frame; parallel rays, whatever it had.

    The bone that heads turn about comes to lie at depth 0.
    """
    turn = drawn.camera.world_from_head_turn().T  # camera's axes: x right, y up, z to the viewer
    metre = pixels_per_metre(drawn.camera, size) * to_frame.scale * HEAD_BOX_M / FRAME
    linear = metre * rotation(0.0, 0.0, -to_frame.angle_deg) @ turn
    middle = to_frame(np.array([size / 2, size / 2], np.float64))
    x, y = (middle / FRAME - 0.5) * HEAD_BOX_M
    offset = np.array(drawn.origin)
    shift = np.array([x, -y, 0.0]) - linear @ offset
    shift[2] = -(linear @ BONE)[2]
    return _Frame(linear, shift)


def _moved(figure: PosedCharacter, origin: np.ndarray, frame: _Frame) -> PosedCharacter:
    """Return a figure in the frame, its origin the middle of the frame."""
    turn = frame.linear / np.cbrt(np.linalg.det(frame.linear))
    moved: dict[int, np.ndarray] = {}
    parts = []
    for part in figure.parts:
        key = id(part.positions)
        if key not in moved:  # so that what parts share stays shared
            moved[key] = (part.positions - origin) @ frame.linear.T + frame.shift
        normals = part.normals
        if normals is not None:
            normals = (normals @ turn.T).astype(normals.dtype)
        parts.append(
            replace(part, positions=moved[key].astype(part.positions.dtype), normals=normals)
        )
    return replace(figure, parts=tuple(parts))


# Takes


def _taken(
    made: MadeCharacter, rasteriser: Rasteriser, rng: np.random.Generator, drawing: _Drawing
) -> Take:
    drawn, stance, to_frame = drawing
    size = drawn.matte.shape[0]
    figure = posed(made.character, stance)
    figure = _moved(figure, head_origin(made.character), _frame_of(drawn, to_frame, size))
    cameras = [Orthographic(azimuth_deg=azimuth) for azimuth in VIEW_AZIMUTHS]
    cameras += [
        Orthographic(azimuth_deg=float(a), elevation_deg=float(e))
        for a, e in zip(
            rng.uniform(-180, 180, RANDOM_VIEWS), rng.uniform(-25, 45, RANDOM_VIEWS), strict=True
        )
    ]
    with rasteriser.load(figure, np.zeros(3), "fixed") as scene:
        seen = seen_all_round(rasteriser, scene, SEEN_SIZE)
        views = [rasteriser.colour(scene, camera, VIEW_SIZE) for camera in cameras]
        found = [rasteriser.geometry(scene, camera, VIEW_SIZE) for camera in cameras]
    depths = [np.where(g.facing != 0, np.rint(g.depth * DEPTH_STEPS), 0) for g in found]
    sampled = sample_points(seen, rng, POINTS, SURFACE_POINTS)

    def prepared(rgb: UInt8[np.ndarray, "h w 3"]) -> Warped:
        opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
        return cut_out(Picture(opaque), Matte(drawn.matte, "file"), to_frame)

    inked = prepared(drawn.picture)
    render = cut_out(Picture(drawn.render), Matte(drawn.render[..., 3], "alpha"), to_frame)
    return Take(
        inked=png(resized(inked.picture.rgba, PICTURE_SIZE)),
        line_free=png(resized(prepared(_line_free(drawn)).picture.rgba, PICTURE_SIZE)),
        render=png(resized(render.picture.rgba, PICTURE_SIZE)),
        inside=png(_halved(inked.inside)),
        rotation=rotation(0.0, 0.0, -to_frame.angle_deg) @ drawn.rotation,
        points=sampled.points,
        labels=sampled.inside,
        surface=sampled.surface,
        colours=sampled.colours,
        views=png(np.concatenate(views)),
        depths=png16(np.concatenate(depths)),
        cameras=np.array([(c.azimuth_deg, c.elevation_deg) for c in cameras], np.float64),
    )


def _line_free(drawn: Illustration) -> UInt8[np.ndarray, "h w 3"]:
    """Return a drawing without lines, but with what stands in front."""
    share = drawn.occluder[..., None].astype(np.float32) / 255
    mixed = drawn.line_free * (1 - share) + drawn.picture * share
    return np.rint(mixed).astype(np.uint8)


def _halved(plane: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "s s"]:
    factor = FRAME // PICTURE_SIZE
    parts = plane.reshape(PICTURE_SIZE, factor, PICTURE_SIZE, factor).astype(np.float32)
    return np.rint(parts.mean((1, 3))).astype(np.uint8)
