"""Neck, shoulders, torso and arms with hands: skin down to the waist, where it is closed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb, mixed, oklab_from_srgb, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.bust_mesh import (
    ARM_COLUMNS,
    ARM_ROWS,
    ATLAS,
    ROWS,
    Bust,
    arm_columns_px,
    arm_rows_px,
    grids,
    make_bust,
)
from panic3d.characters.parts.bust_paint import Canvas, darkness, soft, spread
from panic3d.characters.piece import Piece, Surface, mirrored
from panic3d.characters.shape import HeadShape

Array = NDArray[np.float64]


def make_body(
    shape: HeadShape,
    palette: Palette,
    covered: Bool[np.ndarray, " v"] | None = None,
    bust: Bust | None = None,
) -> list[Piece]:
    """Return the bust's skin.

    The neck is a tube that ends 3 cm above the head bone, well inside the head between jaw and
    back of the skull; its rings turn with the head above that bone and with the neck below.

    Args:
        shape: says where neck and shoulders are and how wide.
        palette: for the skin.
        covered: vertices of the grids that clothes hide; faces between such are left out.
        bust: of the same shape, if there already is one.
    """
    bust = make_bust(shape) if bust is None else bust
    net = grids()
    faces = net.faces
    if covered is not None:
        faces = faces[~covered[faces].all(1)]
    surface = Surface(
        name="Body",
        label="skin",
        texture=_texture(bust, palette),
        shade=_shade_factor(palette.skin, palette.skin_shade),
    )
    weights = {bone: bust.weights[:, k] for k, bone in enumerate(bust.bones)}
    pieces = [
        Piece(
            surface=surface,
            positions=bust.positions,
            faces=faces,
            uvs=net.uvs,
            normals=bust.normals,
            weights=weights,
            group="Body",
        ),
        _cap(bust, surface, 0, up=True),
        _cap(bust, surface, ROWS, up=False),
    ]
    hand = _hand(bust, surface)
    return [*pieces, hand, mirrored(hand)]


def _shade_factor(lit: Rgb, dark: Rgb) -> Rgb:
    red, green, blue = (min(d / max(c, 1e-3), 1.0) for c, d in zip(lit, dark, strict=True))
    return red, green, blue


def _texture(bust: Bust, palette: Palette) -> UInt8[np.ndarray, "h w 4"]:
    canvas = Canvas(palette.skin)
    p = canvas.places
    # What is dark already takes less of the red that light skin has in its shadows.
    light = min(max((float(oklab_from_srgb(np.array(palette.skin))[0]) - 0.5) / 0.4, 0.0), 1.0)
    shade = shifted(palette.skin_shade, 0.0, 0.60 + 0.40 * light)
    warm = mixed(palette.skin, shade, 0.85)
    deep = shifted(shade, -0.035, 1.0 + 0.12 * light)
    dark = spread(darkness(bust))
    # Up on the neck, at the sides and behind, the colour is the head's own.
    neck = soft(p.y, -0.075, -0.035)
    canvas.lay(0.95 * dark * (1 - 0.75 * neck), warm)
    # The jaw's shadow: it rises along the jaw, and is gone behind the ears.
    up = 0.058 * soft(p.z, 0.020, -0.034)
    behind = soft(p.z, -0.042, 0.016)
    canvas.lay(0.85 * soft(p.y, -0.100 + up, -0.048 + up) * behind, warm)
    canvas.lay(0.55 * soft(p.y, -0.074 + up, -0.040 + up) * behind**2, deep)
    # Collarbones: a soft dark line below each, a light one above, and the pit between them.
    on = p.front & ~p.arm
    for side in (-1.0, 1.0):
        x = side * p.x
        line = -0.1015 + 0.10 * (x - 0.012) - 0.55 * np.maximum(x - 0.065, 0.0) ** 1.3
        along = soft(x, 0.004, 0.016) * soft(x, 0.100, 0.055) * on
        off = p.y - line
        canvas.lay(0.38 * along * np.exp(-(((off + 0.0035) / 0.0042) ** 2)), warm)
        canvas.lighten(along * np.exp(-(((off - 0.004) / 0.004) ** 2)), 0.11)
    pit = np.exp(-((p.x / 0.006) ** 2) - ((p.y + 0.100) / 0.008) ** 2) * on
    canvas.lay(0.36 * pit, warm)
    # Two faint cords of the neck run down to the pit, a furrow down the back.
    down = np.clip((-0.03 - p.y) / 0.07, 0.0, 1.0)
    cord = np.abs(p.x) - (0.022 - 0.016 * down)
    canvas.lighten(
        np.exp(-((cord / 0.004) ** 2)) * on * soft(p.y, -0.104, -0.085) * (1 - neck), 0.09
    )
    furrow = np.exp(-((p.x / 0.009) ** 2)) * (~p.front & ~p.arm) * soft(p.y, -0.09, -0.14)
    canvas.lay(0.28 * furrow, warm)
    blush = np.exp(-(((p.across - 0.112) / 0.03) ** 2) - ((p.y + 0.09) / 0.02) ** 2) * on
    canvas.lay(0.10 * blush, palette.blush)
    return canvas.texture()


def _cap(bust: Bust, surface: Surface, row: int, up: bool) -> Piece:
    """Return the lid of the grid's upper or lower end."""
    net = grids()
    front, back = (sheet[row][sheet[row] >= 0] for sheet in (net.front, net.back))
    ring = np.concatenate([front, back[::-1][1:-1]])
    positions = np.concatenate([bust.positions[ring], bust.positions[ring].mean(0)[None]])
    n = len(ring)
    here, after = np.arange(n), (np.arange(n) + 1) % n
    # The ring runs along +x in front: seen from above that is counter-clockwise.
    order = (here, after) if up else (after, here)
    faces = np.stack([*order, np.full(n, n)], -1).astype(np.int32)
    weights = np.concatenate([bust.weights[ring], bust.weights[ring].mean(0)[None]])
    return Piece(
        surface=surface,
        positions=positions,
        faces=np.ascontiguousarray(faces),
        uvs=np.concatenate([net.uvs[ring], net.uvs[ring[:1]]]),
        normals=np.broadcast_to([0.0, 1.0 if up else -1.0, 0.0], positions.shape).copy(),
        weights={bone: weights[:, k] for k, bone in enumerate(bust.bones)},
        group="Body",
    )


# Fingers from index to little one: z of the root, length, bend.
_FINGERS = ((0.0235, 0.058, 0.18), (0.0080, 0.066, 0.22), (-0.0080, 0.061, 0.26),
            (-0.0225, 0.047, 0.30))  # fmt: skip


def _hand(bust: Bust, surface: Surface) -> Piece:
    """Return the left hand, palm down, relaxed."""
    form = bust.form
    size = form.shape.arm_radius / 0.033
    wrist = np.array([form.hand_x, form.arm_y, -0.006])
    r = 0.58 * form.shape.arm_radius / size
    tubes = [
        _tube(
            np.array([[-0.012, 0, 0], [0.006, 0, 0], [0.030, 0.001, 0.001], [0.062, 0, 0],
                      [0.078, -0.002, 0]]),
            np.array([[r, r], [0.95 * r, 1.05 * r], [0.0125, 0.028], [0.0115, 0.0315],
                      [0.008, 0.029]]),
            sides=12,
        )
    ]  # fmt: skip
    for z, length, bend in _FINGERS:
        t = np.linspace(0, 1, 4)
        path = np.stack(
            [
                0.068 + length * t * (1 - 0.12 * t * bend),
                -length * bend * t**1.6 - 0.002 * t,
                z * (1 + 0.16 * t),
            ],
            -1,
        )
        width = np.array([0.0082, 0.0076, 0.0068, 0.0045])
        tubes.append(_tube(path, np.stack([0.95 * width, width], -1), sides=6))
    t = np.linspace(0, 1, 4)[:, None]
    thumb = np.array([0.016, -0.004, 0.018]) + t * np.array([0.048, -0.014, 0.032])
    width = np.array([0.0115, 0.0095, 0.0085, 0.0052])
    tubes.append(_tube(thumb, np.stack([width, width], -1), sides=6))
    starts = np.cumsum([0, *(len(points) for points, _, _ in tubes)])
    positions = np.concatenate([points for points, _, _ in tubes]) * size + wrist
    outward = np.concatenate([facing for _, facing, _ in tubes])
    faces = np.concatenate(
        [face + start for (_, _, face), start in zip(tubes, starts[:-1], strict=True)]
    )
    # The wrist's colour in the light or in the dark, by where the skin looks.
    turn = np.degrees(np.arccos(np.clip(outward[:, 1], -1, 1))) / 180 * (ARM_ROWS / 2)
    v = np.interp(turn, np.arange(ARM_ROWS + 1), arm_rows_px())
    uvs = np.stack([np.full_like(v, arm_columns_px()[ARM_COLUMNS] - 1.0), v], -1) / ATLAS
    return Piece(
        surface=surface,
        positions=positions,
        faces=faces.astype(np.int32),
        uvs=uvs,
        weights={"leftHand": np.ones(len(positions))},
        group="Body",
    )


def _tube(path: Array, radii: Array, sides: int) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return points, outward directions and faces of a tube along about +x with closed ends.

    Args:
        path: (n, 3).
        radii: (n, 2) up and across.
        sides: corners of a ring.
    """
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    across = np.cross(ahead, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    up = np.cross(across, ahead)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    c, s = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    outward = c * up[:, None] + s * across[:, None]
    points = path[:, None] + c * radii[:, None, :1] * up[:, None]
    points = points + s * radii[:, None, 1:] * across[:, None]
    n = len(path)
    ids = np.arange(n * sides).reshape(n, sides)
    a, b = ids[:-1], np.roll(ids, -1, 1)[:-1]
    c2, d = np.roll(ids, -1, 1)[1:], ids[1:]
    quads = np.stack([a, b, c2, d], -1).reshape(-1, 4)
    faces = [quads[:, [0, 2, 1]], quads[:, [0, 3, 2]]]
    tip = n * sides
    last = ids[-1]
    faces.append(np.stack([last, np.full(sides, tip), np.roll(last, -1)], -1))
    end = path[-1] + ahead[-1] * radii[-1].min() * 0.8
    points = np.concatenate([points.reshape(-1, 3), end[None]])
    outward = np.concatenate([outward.reshape(-1, 3), ahead[-1:]])
    return points, outward, np.concatenate(faces)
