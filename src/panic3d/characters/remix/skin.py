"""Face, ears and neck in a new tone, one with the procedural body; blush and lips on top."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float32, UInt8
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from panic3d.characters.colour import Rgb, mixed, oklab_from_srgb
from panic3d.characters.palette import Palette
from panic3d.characters.remix.features import halves, openings
from panic3d.characters.remix.mesh import open_loops
from panic3d.characters.remix.parts import HeadParts, Part
from panic3d.characters.remix.recolour import average, bytes_from_oklab, skin_lab, with_alpha

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]


class _Known(NamedTuple):
    """What is measured of a head's skin once."""

    plain: Doubles
    """OKLab of its face."""
    rim: Doubles
    """Of the face where it meets the rest of the head."""
    rest: Doubles
    """Of the rest of the head there."""
    cheeks: Singles
    """(h, w) where the face blushes, 0 to 1."""
    lips: Singles
    """(h, w) where lips are painted."""
    rouge: Singles
    """The form of the lips in the rows and columns where they are."""
    mouth: tuple[slice, slice]
    """Those rows and columns of the texture."""
    below: Singles
    """(h, w) of the neck's texture: 1 where the procedural neck takes over, 0 on the head."""


_ROUGE = (0.78, 0.22, 0.31)
_WIDEST_LIPS_M, _SOFT_LIPS_M = 0.0115, 0.0014
LIPSTICK = 0.6
"""Share of the lips' colour from which on lips are painted in their whole form."""

_KNOWN: WeakKeyDictionary[Part, _Known] = WeakKeyDictionary()
"""By the face, which heads with other brows share."""


def painted_skin(
    head: HeadParts, palette: Palette, blush: float, lips: float
) -> dict[int, UInt8[np.ndarray, "h w 4"]]:
    """Return the textures of all skin, by the identity of the painting they come from.

    Args:
        head: whose skin.
        palette: new colours.
        blush: how red the cheeks are, 0 to 1.
        lips: how far lips are turned towards their colour, 0 to 1; from `LIPSTICK` on they are
            painted.
    """
    face = head.part("face")
    known = _KNOWN.get(face)
    if known is None:
        known = _KNOWN.setdefault(face, _measured(head))
    found: dict[int, UInt8[np.ndarray, "h w 4"]] = {}
    for part in head.parts:
        key = id(part.paint)
        if key in found or part.role not in ("face", "ear", "neck"):
            continue
        lab = part.paint.lab
        opaque = np.full(lab.shape[:2], 255, np.uint8)
        if part.role == "neck":
            aim = oklab_from_srgb(np.array(palette.skin))
            gain = min(aim[0] / known.plain[0], 1.05)
            edge = aim + (known.rim - known.plain) * [gain, 1.0, 1.0]
            moved = skin_lab(lab, known.rest, average(edge))
            # Towards its end the neck takes the body's colour.
            moved += (aim.astype(np.float32) - moved) * known.below[..., None]
        else:
            moved = skin_lab(lab, known.plain, palette.skin)
            moved += _glow(known, palette, blush, lips)
            _paint_lips(moved, known, palette, lips)
        found[key] = with_alpha(bytes_from_oklab(moved), opaque)
    return found


def _glow(known: _Known, palette: Palette, blush: float, lips: float) -> Singles:
    base = oklab_from_srgb(np.array(palette.skin))

    def towards(colour: Rgb) -> Singles:
        return (oklab_from_srgb(np.array(colour)) - base).astype(np.float32)

    add: Singles = known.lips[..., None] * towards(palette.lip) * np.float32(min(lips, LIPSTICK))
    if blush > 0:
        add = add + known.cheeks[..., None] * (np.float32(blush) * towards(palette.blush))
    return add


def _paint_lips(skin: Singles, known: _Known, palette: Palette, lips: float) -> None:
    """Turn the lips' whole form towards their colour, in place; their lines stay darker."""
    colour, strength = palette.lip, 0.5 * lips
    if lips > LIPSTICK:
        over = (lips - LIPSTICK) / (1 - LIPSTICK)
        # Of pale skin the lips' own colour is nearly grey.
        colour = mixed(palette.lip, _ROUGE, 0.35 + 0.4 * over)
        strength = 0.6 + 0.35 * over
    rows, columns = known.mouth
    here = skin[rows, columns]
    plain, aim = (oklab_from_srgb(np.array(c)).astype(np.float32) for c in (palette.skin, colour))
    painted = np.empty_like(here)
    painted[..., 0] = aim[0] + 0.7 * (here[..., 0] - plain[0])
    painted[..., 1:] = aim[1:]
    here += (painted - here) * (np.float32(strength) * known.rouge[..., None])


def _measured(head: HeadParts) -> _Known:
    face = head.part("face")
    lab = face.paint.lab
    away = face.positions
    # Plain skin: forehead and cheeks.
    plain_at = (away[:, 2] > 0.04) & (np.abs(away[:, 0]) < 0.075)
    seen = _sampled(face, np.flatnonzero(plain_at))
    low, high = np.quantile(seen[:, 0], [0.62, 0.86])
    plain = seen[(seen[:, 0] >= low) & (seen[:, 0] <= high)].mean(0)
    neck = next((part for part in head.parts if part.role == "neck"), None)
    rim, rest, below = plain, plain, np.zeros((1, 1), np.float32)
    if neck is not None:
        loops = open_loops(face.positions, face.faces)
        outer = max(loops, key=lambda loop: float(np.ptp(face.positions[loop, 1])))
        rim = np.median(_sampled(face, outer), axis=0)
        gap = np.linalg.norm(neck.positions[None] - face.positions[outer][:, None], axis=-1)
        rest = np.median(_sampled(neck, gap.argmin(1)), axis=0)
        below = _below(neck)
    eye = np.mean([head.landmark(k) for k in range(17, 23)], axis=0)
    mouth = np.mean([head.landmark(k) for k in range(24, 28)], axis=0)
    wide = abs(head.landmark(26)[0] - head.landmark(24)[0])
    cheeks = np.zeros(lab.shape[:2], np.float32)
    for side in (-1.0, 1.0):
        at = np.array([side * (eye[0] + 0.010), eye[1] - 0.036])
        cheeks += _spot(face, at, (0.019, 0.011))
    lips = _spot(face, mouth[:2], (0.55 * wide + 0.004, 0.006))
    lips *= np.clip((lab[..., 1] - plain[1]) / 0.05, 0.0, 1.0)
    rouge = _rouge(face)
    rows, columns = np.nonzero(rouge)
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    return _Known(plain, rim, rest, cheeks, lips, rouge[box], box, below)


def _below(neck: Part) -> Float32[np.ndarray, "h w"]:
    """Paint how far down the neck each texel of its texture lies."""
    x, y, z = neck.positions.T
    down = np.clip((-0.006 - y) / 0.022, 0.0, 1.0) * (np.hypot(x, z + 0.006) < 0.062)
    value = down * down * (3 - 2 * down)
    height, width = neck.paint.texture.shape[:2]
    n = 12
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    i, j = i[i + j < n], j[i + j < n]
    share = np.stack([i, j, n - 1 - i - j], -1) / (n - 1)
    at = (share @ neck.uvs[neck.faces]).reshape(-1, 2)
    values = (share @ value[neck.faces][..., None]).reshape(-1)
    row = np.clip((at[:, 1] * height).astype(np.int64), 0, height - 1)
    column = np.clip((at[:, 0] * width).astype(np.int64), 0, width - 1)
    place = row * width + column
    total = np.bincount(place, values, height * width).reshape(height, width)
    count = np.bincount(place, minlength=height * width).reshape(height, width).astype(np.float64)
    total, count = gaussian_filter(total, 1.5), gaussian_filter(count, 1.5)
    return (total / np.maximum(count, 1e-6)).astype(np.float32)


def _sampled(part: Part, vertices: NDArray[np.int64]) -> Doubles:
    height, width = part.paint.texture.shape[:2]
    uv = part.uvs[vertices]
    row = np.clip((uv[:, 1] * height).astype(np.int64), 0, height - 1)
    column = np.clip((uv[:, 0] * width).astype(np.int64), 0, width - 1)
    return part.paint.lab[row, column].astype(np.float64)


def _spot(face: Part, at: Doubles, size: tuple[float, float]) -> Float32[np.ndarray, "h w"]:
    """Return a soft spot on a face's texture around a place seen from the front.

    Near the place, texture coordinates are taken for a linear function of x and y.
    """
    x, y = _places(face, at, 24)
    return np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2).astype(np.float32)


def _places(face: Part, at: Doubles, count: int) -> tuple[Doubles, Doubles]:
    """Return where each texel of a face's texture lies near a place, as `_spot` takes it."""
    near = np.argsort(
        np.hypot(*(face.positions[:, :2] - at).T) + 10 * (face.positions[:, 2] < 0.03)
    )[:count]
    rows = np.concatenate([face.uvs[near] - face.uvs[near].mean(0), np.ones((count, 1))], 1)
    places = np.linalg.lstsq(rows, face.positions[near, :2], rcond=None)[0]
    height, width = face.paint.texture.shape[:2]
    u = (np.arange(width) + 0.5) / width - face.uvs[near, 0].mean()
    v = (np.arange(height) + 0.5) / height - face.uvs[near, 1].mean()
    x, y = (u[None, :] * places[0, k] + v[:, None] * places[1, k] + places[2, k] for k in range(2))
    return x, y


def _rouge(face: Part) -> Singles:
    """Paint the form of two lips around the mouth's rim: a bow above, fuller below."""
    loop = openings(face)[2]
    rim = face.positions[loop]
    line = rim[halves(rim)[0]]
    x, y = _places(face, rim[:, :2].mean(0), 90)
    half = min(0.46 * float(np.ptp(rim[:, 0])), _WIDEST_LIPS_M)
    t = (x - rim[:, 0].mean()) / half
    off = y - np.interp(x, line[:, 0], line[:, 1])
    bow = np.clip(1 - t * t, 0.0, 1.0) ** 0.65
    over = 0.36 * half * bow * (1 - 0.25 * np.exp(-((t / 0.17) ** 2)))
    under = 0.50 * half * bow
    inside = np.where(off > 0, over - off, under + off)
    found = np.clip(inside / _SOFT_LIPS_M + 0.35, 0.0, 1.0) * (np.abs(t) < 1)
    return (found * found * (3 - 2 * found)).astype(np.float32)
