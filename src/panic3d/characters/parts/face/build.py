"""The face put together: pieces with morph targets, and the 28 landmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.marks import drawn_front, lid_marks, stroke_marks
from panic3d.characters.palette import Palette
from panic3d.characters.parts.face import eyes, mouth, paint, skin
from panic3d.characters.parts.face.contours import lid_extremes
from panic3d.characters.parts.face.design import FaceDesign, FaceState
from panic3d.characters.parts.face.ears import ear, ear_texture
from panic3d.characters.parts.face.eyes import Sheet
from panic3d.characters.piece import Mark, Piece, Surface, flat_texture, mirrored
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]

TARGETS: dict[str, FaceState] = {
    "eye_close_left": FaceState(close_left=1.0),
    "eye_close_right": FaceState(close_right=1.0),
    "eye_smile_left": FaceState(smile_left=1.0),
    "eye_smile_right": FaceState(smile_right=1.0),
    "eye_wide": FaceState(wide=1.0),
    "eye_lower": FaceState(lower=1.0),
    "look_right": FaceState(look=(0.22, 0.0)),
    "look_left": FaceState(look=(-0.22, 0.0)),
    "look_up": FaceState(look=(0.0, 0.20)),
    "look_down": FaceState(look=(0.0, -0.20)),
    "brow_raise": FaceState(brow_raise=0.16),
    "brow_angry": FaceState(brow_knit=1.0, brow_raise=-0.07),
    "brow_sad": FaceState(brow_knit=-1.0, brow_raise=0.04),
    "mouth_aa": FaceState(open=0.62, width=-0.05),
    "mouth_ih": FaceState(open=0.26, width=0.12),
    "mouth_ou": FaceState(open=0.34, width=-0.48),
    "mouth_ee": FaceState(open=0.32, width=0.02),
    "mouth_oh": FaceState(open=0.56, width=-0.36),
    "mouth_smile": FaceState(corners=0.16, width=0.12),
    "mouth_grin": FaceState(corners=0.20, width=0.22, open=0.42),
    "mouth_frown": FaceState(corners=-0.20, width=-0.05),
    "mouth_cat": FaceState(wave=0.55, corners=0.05),
    "mouth_small": FaceState(width=-0.45),
}
"""Morph targets: names to the state that they stand for."""

EXPRESSIONS: dict[str, dict[str, float]] = {
    "happy": {"eye_smile_left": 1.0, "eye_smile_right": 1.0, "mouth_grin": 1.0, "brow_raise": 0.5},
    "angry": {"brow_angry": 1.0, "mouth_frown": 0.8, "eye_lower": 0.3},
    "sad": {"brow_sad": 1.0, "mouth_frown": 0.7, "eye_close_left": 0.18, "eye_close_right": 0.18},
    "relaxed": {"eye_close_left": 0.35, "eye_close_right": 0.35, "mouth_smile": 0.8},
    "surprised": {"eye_wide": 1.0, "brow_raise": 1.0, "mouth_oh": 0.8},
    "aa": {"mouth_aa": 1.0},
    "ih": {"mouth_ih": 1.0},
    "ou": {"mouth_ou": 1.0},
    "ee": {"mouth_ee": 1.0},
    "oh": {"mouth_oh": 1.0},
    "blink": {"eye_close_left": 1.0, "eye_close_right": 1.0},
    "blinkLeft": {"eye_close_left": 1.0},
    "blinkRight": {"eye_close_right": 1.0},
    "lookUp": {"look_up": 1.0},
    "lookDown": {"look_down": 1.0},
    "lookLeft": {"look_right": 1.0},
    "lookRight": {"look_left": 1.0},
    "smile": {"mouth_smile": 1.0},
    "grin": {"mouth_grin": 1.0},
    "frown": {"mouth_frown": 1.0},
    "cat": {"mouth_cat": 1.0},
    "pout": {"mouth_small": 1.0, "brow_angry": 0.35},
    "half": {"eye_close_left": 0.45, "eye_close_right": 0.45},
    "wide": {"eye_wide": 1.0},
    "squint": {"eye_lower": 0.9, "eye_close_left": 0.2, "eye_close_right": 0.2},
    "browUp": {"brow_raise": 1.0},
    "browAngry": {"brow_angry": 1.0},
    "browSad": {"brow_sad": 1.0},
    "smileEyes": {"eye_smile_left": 1.0, "eye_smile_right": 1.0},
    "wink": {"eye_smile_left": 1.0, "mouth_smile": 0.7},
}
"""VRM's presets and our own, by what they move. VRM's left is the character's, which looks to the
picture's right."""


class Face(NamedTuple):
    """Pieces, and which of their vertices are landmarks."""

    pieces: list[Piece]
    landmarks: tuple[Mark, ...]
    """The 28, on the pieces."""


def make_face(design: FaceDesign, shape: HeadShape, palette: Palette) -> Face:
    """Make the head's skin, eyes, brows, mouth and ears.

    Returns:
        Pieces of the groups "Face" and, for the ears, "Head".
    """
    rest = FaceState()
    pieces = [_skin(design, shape, palette, rest)]
    white = eyes.white(shape)
    white_surface = Surface(
        name="EyeWhite", label="eye_white", texture=paint.white_texture(palette), outline=False
    )
    iris_right = Surface(
        name="EyeIrisRight",
        label="iris",
        texture=paint.iris_texture(palette.eye_right, design.eyes),
        outline=False,
    )
    iris_left = iris_right
    if palette.eye_left != palette.eye_right:
        iris_left = Surface(
            name="EyeIrisLeft",
            label="iris",
            texture=paint.iris_texture(palette.eye_left, design.eyes),
            outline=False,
        )
    lash = Surface(
        name="FaceEyelash",
        label="lash",
        texture=paint.lash_texture(palette),
        culling="none",
        outline=False,
    )
    brow_surface = Surface(
        name="FaceBrow",
        label="brow",
        texture=flat_texture(palette.brow),
        culling="none",
        outline=False,
    )
    for side in ("right", "left"):
        pieces.append(_one_eye(white, white_surface, side))
        pieces.append(
            _moving(
                lambda state: eyes.iris(shape, design.eyes, state),
                iris_right if side == "right" else iris_left,
                side,
                ("look_right", "look_left", "look_up", "look_down"),
                upright=True,
            )
        )
    lids = tuple(n for n in TARGETS if n.startswith("eye_"))
    brows = tuple(n for n in TARGETS if n.startswith("brow_"))
    for side in ("right", "left"):
        own = tuple(n for n in lids if not n.endswith("left" if side == "right" else "right"))
        makers: list[Callable[[FaceState], Sheet]] = [
            lambda state: eyes.upper_lash(shape, design.eyes, state)
        ]
        if design.eyes.lower_lash > 0:
            makers.append(lambda state: eyes.lower_lash(shape, design.eyes, state))
        if design.eyes.crease > 0:
            makers.append(lambda state: eyes.crease(shape, design.eyes, state))
        pieces += [_moving(maker, lash, side, own) for maker in makers]
        pieces.append(
            _moving(
                lambda state: eyes.brow(shape, design.brows, design.eyes, state),
                brow_surface,
                side,
                brows,
            )
        )
    mouths = tuple(n for n in TARGETS if n.startswith("mouth_"))
    inside = Surface(
        name="FaceMouth", label="mouth", texture=paint.mouth_texture(palette), outline=False
    )
    line = Surface(
        name="FaceMouthLine",
        label="lip",
        texture=flat_texture(paint.lip_line(palette)),
        culling="none",
        outline=False,
    )
    pieces.append(
        _moving(lambda state: mouth.inside(shape, design.mouth, state), inside, "left", mouths)
    )
    pieces.append(
        _moving(lambda state: mouth.line(shape, design.mouth, state), line, "left", mouths)
    )
    if design.mouth.fang:
        tooth = Surface(
            name="FaceFang",
            label="mouth",
            texture=flat_texture((0.99, 0.985, 0.98)),
            culling="none",
            outline=False,
        )
        pieces.append(
            _moving(lambda state: mouth.fang(shape, design.mouth, state), tooth, "left", mouths)
        )
    landmarks = _landmarks(pieces, shape, design)
    if design.ears.shown:
        surface = Surface(
            name="Ear",
            label="ear",
            texture=ear_texture(palette),
            shade=paint.shade_factor(palette),
            culling="none",
        )
        sheet = ear(shape, design.ears)
        left = Piece(surface=surface, positions=sheet.points, faces=sheet.faces, uvs=sheet.uvs)
        pieces += [left, mirrored(left)]
    return Face(pieces, landmarks)


def _skin(design: FaceDesign, shape: HeadShape, palette: Palette, rest: FaceState) -> Piece:
    grid = skin.grid_points(shape, design.mouth)
    patches = skin.opening_points(shape, design, rest, grid)
    points = np.concatenate([grid, *patches])
    morphs = {}
    for name, state in TARGETS.items():
        touched = _patches_of(name)
        if not touched:
            continue
        moved = skin.opening_points(shape, design, state, grid, touched)
        parts = [np.zeros_like(grid)]
        parts += [
            new - old if k in touched else np.zeros_like(old)
            for k, (new, old) in enumerate(zip(moved, patches, strict=True))
        ]
        morphs[name] = np.concatenate(parts)
    faces, points, uvs, source = skin.unfolded(shape, points)
    return Piece(
        surface=Surface(
            name="FaceSkin",
            label="skin",
            texture=paint.skin_texture(shape, design, palette),
            shade=paint.shade_factor(palette),
        ),
        positions=points,
        faces=faces,
        uvs=uvs,
        morphs={name: move[source] for name, move in morphs.items()},
        group="Face",
    )


def _patches_of(target: str) -> tuple[int, ...]:
    if target.startswith("mouth_"):
        return (2,)
    if target.startswith("eye_"):
        return (0,) if target.endswith("right") else (1,) if target.endswith("left") else (0, 1)
    return ()


def _one_eye(sheet: Sheet, surface: Surface, side: str) -> Piece:
    piece = Piece(
        surface=surface, positions=sheet.points, faces=sheet.faces, uvs=sheet.uvs, group="Face"
    )
    return mirrored(piece) if side == "right" else piece


def _moving(
    make: Callable[[FaceState], Sheet],
    surface: Surface,
    side: str,
    targets: tuple[str, ...],
    upright: bool = False,
) -> Piece:
    """Return a piece with the morph targets that move it.

    Args:
        make: the left side's vertices in a state.
        surface: its looks.
        side: for the right one everything is mirrored.
        targets: names of morph targets.
        upright: keep the texture's left at the picture's left on both sides, and look the same
            way with both eyes.
    """
    flip = side == "right"
    base = make(FaceState())
    morphs: dict[str, Doubles] = {}
    for name in targets:
        morphs[name] = make(_seen_by(TARGETS[name], flip, upright)).points - base.points
    uvs = base.uvs
    if flip and upright:
        uvs = np.stack([1 - uvs[:, 0], uvs[:, 1]], -1)
    piece = Piece(
        surface=surface,
        positions=base.points,
        faces=base.faces,
        uvs=uvs,
        morphs=morphs,
        group="Face",
    )
    return mirrored(piece) if flip else piece


def _seen_by(state: FaceState, flip: bool, upright: bool) -> FaceState:
    """Return a state as the left side's functions understand it."""
    if not flip:
        return state
    look = (-state.look[0], state.look[1]) if upright else state.look
    return replace(
        state,
        close_left=state.close_right,
        close_right=state.close_left,
        smile_left=state.smile_right,
        smile_right=state.smile_left,
        look=look,
    )


def _landmarks(pieces: list[Piece], shape: HeadShape, design: FaceDesign) -> tuple[Mark, ...]:
    """Return the 28 landmarks in the detector's order."""
    face = pieces[0].positions
    topology = skin.topology()

    def jaw(y: float, side: float) -> int:
        """The outermost vertex of the skin near a height."""
        score = side * face[:, 0] - 6.0 * np.abs(face[:, 1] - y)
        return int(np.argmax(score))

    heights = skin.jaw_heights(shape, design.mouth)
    chin = int(np.argmin(face[:, 1] - 0.02 * face[:, 2] + 0.5 * np.abs(face[:, 0])))
    found: list[Mark | tuple[int, int]] = [
        (0, jaw(heights[0], -1.0)),
        (0, jaw(heights[1], -1.0)),
        (0, chin),
        (0, jaw(heights[1], 1.0)),
        (0, jaw(heights[0], 1.0)),
    ]
    brow_at = [k for k, piece in enumerate(pieces) if piece.surface.label == "brow"]
    n = 15
    right, left = brow_at
    brow = pieces[left]
    order = (0, n // 2, n - 1)
    strokes = stroke_marks(
        drawn_front(brow.positions, brow.faces),
        brow.positions,
        brow.faces,
        left,
        [n + i for i in order],
    )
    # The right brow is the left one's mirror image, vertex by vertex.
    found += [mark._replace(piece=right) for mark in strokes[::-1]]
    found += strokes
    for number in (0, 1):
        patch = topology.patches[number]
        count = len(patch.border)
        start = patch.first + (skin.RINGS - 1) * count
        ring = face[start : start + count]
        half = count // 2
        x = shape.eye_x + (np.array(lid_extremes(shape, design.eyes)) - 0.5) * shape.eye_width
        x = x if number == 1 else -x
        top = int(np.argmin(np.abs(ring[: half + 1, 0] - x[0])))
        bottom = half + int(np.argmin(np.abs(ring[half:, 0] - x[1])))
        lower = ring[half:]
        middles = [(ring[corner, 0] + ring[bottom, 0]) / 2 for corner in (0, half)]
        left, right = (half + int(np.argmin(np.abs(lower[:, 0] - x))) for x in middles)
        around = start + np.arange(count)
        chains = around[: half + 1], np.append(around[half:], start)[::-1]
        lids = (0, top, half, left, bottom, right)
        found += lid_marks(face, *chains, 0, [start + k for k in lids])
    ahead = face[:, 2] - 2.0 * np.abs(face[:, 0])
    found.append((0, int(np.argmax(ahead))))
    patch = topology.patches[2]
    count = len(patch.border)
    start = patch.first + (skin.RINGS - 1) * count
    half = count // 2
    found += [(0, start), (0, start + half // 2), (0, start + half), (0, start + half + half // 2)]
    return tuple(Mark(*place) for place in found)


def expression_states(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the morph targets that a mix of expressions moves."""
    total: dict[str, float] = {}
    for name, weight in weights.items():
        for target, share in EXPRESSIONS[name].items():
            total[target] = total.get(target, 0.0) + weight * share
    return total
