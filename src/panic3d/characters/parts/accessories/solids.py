"""Building blocks of accessories: grids swept along paths, turned on a lathe, puffed up.

A solid is a grid of points (n, m, 3). Grids with paint on them are sheets; sheets become one piece
that shares one texture, an atlas of their tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.accessories.paint import (
    CLOTH,
    Array,
    Finish,
    Real,
    lit,
    plain,
)
from panic3d.characters.piece import Piece, Surface

_GUTTER = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """A place with three axes at right angles (rows: across, up, out)."""

    origin: Array
    axes: Array

    def place(self, points: Array) -> Array:
        """Return points (..., 3) given along the axes in the head frame."""
        found: Array = points @ self.axes + self.origin
        return found

    def rolled(self, angle_deg: Real) -> Frame:
        """Return the frame turned about its third axis, counter-clockwise seen from outside."""
        c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        return Frame(origin=self.origin, axes=turn @ self.axes)

    def shifted(self, x: Real = 0.0, y: Real = 0.0, z: Real = 0.0) -> Frame:
        """Return the frame moved along its own axes."""
        return Frame(origin=self.place(np.array([x, y, z])), axes=self.axes)


def unit(vectors: Array) -> Array:
    """Return vectors (..., 3) at length 1; those of no length stay so."""
    found: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return found


def frame_of(origin: Array, out: Array, up: Array) -> Frame:
    """Return a frame whose third axis is `out` and whose second is as near `up` as can be."""
    z = unit(np.asarray(out, np.float64))
    y = unit(np.asarray(up, np.float64) - np.dot(up, z) * z)
    return Frame(origin=np.asarray(origin, np.float64), axes=np.stack([np.cross(y, z), y, z]))


def curve(knots: Sequence[Sequence[Real] | Array] | Array, count: int) -> Array:
    """Return (count, k) points of a smooth curve through knots (Catmull-Rom, evenly in knots)."""
    p = np.asarray(knots, np.float64)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, len(p) - 3, count)
    i = np.minimum(t.astype(int), len(p) - 4)
    f = (t - i)[:, None]
    a, b, c, d = (p[i + k] for k in range(4))
    found: Array = 0.5 * (
        2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - 3 * c + d - a) * f**3
    )
    return found


def blend(t: Array, knots: Sequence[tuple[Real, Real]]) -> Array:
    """Return values at `t` of a smooth curve without overshoot through (place, value) knots."""
    places, values = zip(*knots, strict=True)
    found: Array = PchipInterpolator(places, values)(np.clip(t, places[0], places[-1]))
    return found


def disc(sides: int, power: Real = 2.0) -> Array:
    """Return a closed section (sides + 1, 2) of radius 1; a power above 2 is squarer."""
    a = np.linspace(0, 2 * np.pi, sides + 1)
    c, s = np.cos(a), np.sin(a)
    e = 2 / power
    return np.stack([np.sign(c) * np.abs(c) ** e, np.sign(s) * np.abs(s) ** e], -1)


def crescent(width: Array, depth: Array, thickness: Array, half: int = 9) -> Array:
    """Return cupped sections (n, 2 * half + 1, 2), open towards +y.

    Columns 0..half run over the outside from edge to edge, the rest come back over the inside.

    Args:
        width: (n,) half widths, from the middle to an edge.
        depth: (n,) how far the middle of the outside lies behind the edges.
        thickness: (n,) of the wall in the middle.
        half: columns of either side.
    """
    s = -np.cos(np.linspace(0, np.pi, half + 1))
    bow = 1 - s**2
    outer = np.stack([width[:, None] * s, -depth[:, None] * bow], -1)
    inner = np.stack([width[:, None] * s, (thickness - depth)[:, None] * bow], -1)
    return np.concatenate([outer, inner[:, -2::-1]], 1)


def tube(
    path: Array,
    sections: Array,
    up: Array | Sequence[Real] | None = None,
    caps: bool = True,
    closed: bool = False,
    carry: bool = False,
) -> Array:
    """Return a grid (rows, m, 3): a section swept along a path.

    Args:
        path: (n, 3); with `closed` its last point is its first.
        sections: (n, m, 2) or (m, 2), across and up, metres.
        up: (3,) or (n, 3), where the sections' second axis points; None: any, turning least.
        caps: round off both ends.
        closed: the path is a loop.
        carry: `up` (3,) holds at the start alone and is carried along, turning least.
    """
    n = len(path)
    sections = np.broadcast_to(sections, (n, *sections.shape[-2:]))
    if closed:
        tangent = np.roll(path[:-1], -1, 0) - np.roll(path[:-1], 1, 0)
        tangent = unit(np.concatenate([tangent, tangent[:1]]))
    else:
        tangent = unit(np.gradient(path, axis=0))
    if up is None or carry:
        ups = _carried(tangent, None if up is None else np.asarray(up, np.float64))
    else:
        ups = np.broadcast_to(np.asarray(up, np.float64), (n, 3))
    second = unit(ups - (ups * tangent).sum(-1, keepdims=True) * tangent)
    first = np.cross(second, tangent)
    if caps and not closed:
        bend = np.radians([90.0, 55.0, 25.0])
        reach = [np.abs(sections[k]).max(0).min() for k in (0, -1)]
        head = [path[0] - tangent[0] * reach[0] * np.sin(b) for b in bend]
        tail = [path[-1] + tangent[-1] * reach[1] * np.sin(b) for b in bend[::-1]]
        path = np.concatenate([head, path, tail])
        scale = np.maximum(np.cos(bend), 0.0)[:, None, None]
        sections = np.concatenate([sections[:1] * scale, sections, sections[-1:] * scale[::-1]])
        first = np.concatenate([first[:1].repeat(3, 0), first, first[-1:].repeat(3, 0)])
        second = np.concatenate([second[:1].repeat(3, 0), second, second[-1:].repeat(3, 0)])
    grid: Array = (
        path[:, None] + sections[..., :1] * first[:, None] + sections[..., 1:] * second[:, None]
    )
    return grid


def _carried(tangent: Array, start: Array | None) -> Array:
    """Carry a normal along a path without turning about it (small steps assumed)."""
    if start is None:
        start = np.eye(3)[int(np.argmin(np.abs(tangent[0])))]
    found = [unit(start - np.dot(start, tangent[0]) * tangent[0])]
    for t in tangent[1:]:
        found.append(unit(found[-1] - np.dot(found[-1], t) * t))
    return np.array(found)


def lathe(profile: Array, sides: int = 24, squeeze: Array | None = None) -> Array:
    """Return a grid (n, sides + 1, 3) turned about the y axis.

    Args:
        profile: (n, 2) radius and height, from below upwards (or around, for a ring).
        sides: number of sides.
        squeeze: (n, sides + 1) or (sides + 1,) factor on the radius.
    """
    a = np.linspace(0, 2 * np.pi, sides + 1)
    r = profile[:, :1] * (np.ones((1, sides + 1)) if squeeze is None else squeeze)
    y = np.broadcast_to(profile[:, 1:], r.shape)
    return np.stack([r * np.sin(a), y, r * np.cos(a)], -1)


def ball(radius: Real, sides: int = 14, rows: int = 8) -> Array:
    """Return a sphere's grid around the origin."""
    t = np.linspace(0, np.pi, rows + 1)
    return lathe(np.stack([np.sin(t), -np.cos(t)], -1) * radius, sides)


def pillow(
    outline: Array, height: Real, back: Real = 0.0, rings: int = 5, power: Real = 2.2
) -> Array:
    """Return a grid (2 * rings + 1, m, 3): an outline puffed up to both sides of z = 0.

    Args:
        outline: (m, 2) closed, counter-clockwise, seen whole from its mean.
        height: of the middle in front, metres.
        back: depth of the middle behind.
        rings: rows from the middle to the rim.
        power: 1 a pyramid, 2 round, above 2 flat with rounded rims.
    """
    centre = outline[:-1].mean(0)
    s = np.linspace(0, 1, rings + 1)
    # Rings crowd at the rim, where the form turns.
    s = s if power <= 1 else np.sin(s * np.pi / 2)
    z = (1 - np.minimum(s, 1.0) ** max(power, 1.0)) ** (1 / max(power, 1.0))
    flat = centre + (outline - centre) * s[:, None, None]
    front = np.concatenate(
        [flat, np.broadcast_to((height * z)[:, None, None], flat[..., :1].shape)], -1
    )
    rear = np.concatenate(
        [flat, np.broadcast_to((-back * z)[:, None, None], flat[..., :1].shape)], -1
    )
    return np.concatenate([front, rear[-2::-1]])


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A grid with its paint."""

    points: Array
    """(n, m, 3)."""
    paint: Array
    """(h, w, 3) sRGB; rows and columns run as the grid's, corners on corners."""
    finish: Finish = CLOTH
    alpha: Array | None = None
    """(h, w): below 0.5 there is nothing."""
    flipped: bool | None = None
    """Turn the outside in; None: as the sign of the volume says."""


def sheet(
    points: Array,
    paint: Rgb | Array,
    finish: Finish = CLOTH,
    alpha: Array | None = None,
    flipped: bool | None = None,
) -> Sheet:
    """Return a grid with paint, a single colour or a tile."""
    tile = plain(paint) if isinstance(paint, tuple) else paint
    return Sheet(points=points, paint=tile, finish=finish, alpha=alpha, flipped=flipped)


def grid_normals(points: Array) -> tuple[Array, float]:
    """Return unit normals (n, m, 3) and six times the signed volume seen from the mean."""
    p = points
    d1, d2 = p[1:, 1:] - p[:-1, :-1], p[1:, :-1] - p[:-1, 1:]
    facing = np.cross(d1, d2)
    middle = (p[1:, 1:] + p[:-1, :-1] + p[1:, :-1] + p[:-1, 1:]) / 4 - p.mean((0, 1))
    volume = float((facing * middle).sum())
    normals = np.zeros_like(p)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            normals[rows, columns] += facing
    tight = 1e-7
    if np.abs(p[:, 0] - p[:, -1]).max() < tight:
        normals[:, 0] = normals[:, -1] = normals[:, 0] + normals[:, -1]
    if np.abs(p[0] - p[-1]).max() < tight:
        normals[0] = normals[-1] = normals[0] + normals[-1]
    for k in (0, -1):
        if np.abs(p[k] - p[k, :1]).max() < tight:
            normals[k] = normals[k].sum(0)
    return unit(normals), volume


def assembled(name: str, sheets: Sequence[Sheet], shade: Rgb = (0.78, 0.72, 0.80)) -> Piece:
    """Return one piece of all sheets, its texture an atlas of their lit tiles.

    Args:
        name: of the material.
        sheets: at least one.
        shade: what toon shading lays on what is in the dark.
    """
    tiles, parts = [], []
    alphas = False
    for s in sheets:
        normals, volume = grid_normals(s.points)
        flip = volume < 0 if s.flipped is None else s.flipped
        if flip:
            normals = -normals
        colour = lit(s.paint, normals, s.finish)
        alpha = np.ones(colour.shape[:2]) if s.alpha is None else s.alpha
        alphas = alphas or s.alpha is not None
        tiles.append(np.concatenate([colour, alpha[..., None]], -1))
        parts.append((normals, flip))
    corners, (height, width) = _packed([t.shape[:2] for t in tiles])
    atlas = np.zeros((height, width, 4), np.uint8)
    atlas[..., :3] = np.round(np.mean([t[..., :3].mean((0, 1)) for t in tiles], 0) * 255)
    atlas[..., 3] = 255
    positions, uvs, faces, facing = [], [], [], []
    start = 0
    for s, t, (normals, flip), (y, x) in zip(sheets, tiles, parts, corners, strict=True):
        h, w = t.shape[:2]
        padded = np.pad(t, ((_GUTTER,) * 2, (_GUTTER,) * 2, (0, 0)), "edge")
        atlas[y : y + h + 2 * _GUTTER, x : x + w + 2 * _GUTTER] = np.round(padded * 255)
        n, m = s.points.shape[:2]
        v = (y + _GUTTER + 0.5 + np.linspace(0, h - 1, n)) / height
        u = (x + _GUTTER + 0.5 + np.linspace(0, w - 1, m)) / width
        uvs.append(np.stack(np.broadcast_arrays(u[None, :], v[:, None]), -1).reshape(-1, 2))
        positions.append(s.points.reshape(-1, 3))
        facing.append(normals.reshape(-1, 3))
        faces.append(_faces(s.points, flip) + start)
        start += n * m
    surface = Surface(
        name=name,
        label="accessory",
        texture=atlas,
        shade=shade,
        alpha_mode="MASK" if alphas else "OPAQUE",
        culling="none",
    )
    return Piece(
        surface=surface,
        positions=np.concatenate(positions),
        faces=np.ascontiguousarray(np.concatenate(faces), np.int32),
        uvs=np.ascontiguousarray(np.concatenate(uvs)),
        normals=np.concatenate(facing),
        group="Accessory",
    )


def _faces(points: Array, flip: bool) -> np.ndarray:
    n, m = points.shape[:2]
    index = np.arange(n * m).reshape(n, m)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], 2).reshape(-1, 3)
    flat = points.reshape(-1, 3)[faces]
    area = np.linalg.norm(np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]), axis=-1)
    faces = faces[area > 1e-12]
    return faces[:, ::-1] if flip else faces


def _packed(
    sizes: Sequence[tuple[int, ...]],
) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Return the corners (row, column) of tiles on shelves, and the atlas's size."""
    areas = sum((h + 2 * _GUTTER) * (w + 2 * _GUTTER) for h, w in sizes)
    widest = max(w for _, w in sizes) + 2 * _GUTTER
    width = max(widest, int(np.ceil(np.sqrt(areas * 1.1))))
    width = (width + 3) // 4 * 4
    order = sorted(range(len(sizes)), key=lambda k: (-sizes[k][0], k))
    corners = [(0, 0)] * len(sizes)
    x = y = shelf = 0
    for k in order:
        h, w = (side + 2 * _GUTTER for side in sizes[k])
        if x + w > width:
            x, y, shelf = 0, y + shelf, 0
        corners[k] = (y, x)
        x += w
        shelf = max(shelf, h)
    return corners, ((y + shelf + 3) // 4 * 4, width)
