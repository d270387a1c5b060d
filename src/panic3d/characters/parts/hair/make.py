"""A hairstyle from its design: locks grown, swept, painted and put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from panic3d.characters.palette import Palette
from panic3d.characters.parts.hair.back import grow_loose
from panic3d.characters.parts.hair.design import HairDesign
from panic3d.characters.parts.hair.extras import grow_extras
from panic3d.characters.parts.hair.fringe import grow_fringe
from panic3d.characters.parts.hair.ground import LONG_EAR, Ground, make_ground
from panic3d.characters.parts.hair.guide import Array, Skull, ray, smooth
from panic3d.characters.parts.hair.locks import UNDER, Locks, bent, rows_by_height, sweep
from panic3d.characters.parts.hair.paint import (
    BY_LOCK,
    INNER_STRIP,
    MAIN_STRIPS,
    STRIPS,
    UNDER_STRIP,
    paint_hair,
    strip_columns,
)
from panic3d.characters.parts.hair.scalp import make_cap
from panic3d.characters.parts.hair.sides import grow_sides
from panic3d.characters.parts.hair.ties import HairAnchor, grow_tied, tied_fall
from panic3d.characters.parts.hair.worn_kinds import loose_kind, tied_kind
from panic3d.characters.piece import Piece, Surface
from panic3d.characters.shape import HeadShape


@dataclass(frozen=True, kw_only=True, eq=False)
class Hair:
    """A hairstyle."""

    pieces: list[Piece]
    anchors: Mapping[str, HairAnchor]
    room: Array = field(repr=False)
    """(elevations from -90 to 90, azimuths from 0 to 360) metres the hair stands off the head."""

    def thickness(
        self, azimuth_deg: ArrayLike | float | int, elevation_deg: ArrayLike | float | int
    ) -> Array:
        """Return how far the hair stands off the skin there, without tails and loose strands."""
        rows, columns = self.room.shape
        e = np.clip((np.asarray(elevation_deg) + 90) / 180, 0, 1) * (rows - 1)
        a = np.mod(np.asarray(azimuth_deg), 360.0) / 360 * (columns - 1)
        e0 = np.minimum(e.astype(np.int64), rows - 2)
        a0 = np.minimum(a.astype(np.int64), columns - 2)
        fe, fa = e - e0, a - a0
        low = (1 - fa) * self.room[e0, a0] + fa * self.room[e0, a0 + 1]
        high = (1 - fa) * self.room[e0 + 1, a0] + fa * self.room[e0 + 1, a0 + 1]
        return np.asarray((1 - fe) * low + fe * high)


def make_hair(
    design: HairDesign,
    shape: HeadShape,
    palette: Palette,
    rng: np.random.Generator,
    ear_point: float = 0.0,
) -> Hair:
    """Make a hairstyle.

    Args:
        design: all choices.
        shape: the head it grows on.
        palette: `hair` and `hair_second`.
        rng: for what the design leaves to chance: the place of each lock.
        ear_point: 0 round ears, 1 the longest of elves: these come out between the locks.
    """
    tied, loose = tied_kind(design), loose_kind(design)
    slick = loose is not None and loose.slick
    combed = slick or (tied is not None and tied.comb in ("all", "parted"))
    anchors: dict[str, HairAnchor] = {}
    batches: list[Locks] = []
    bands: list[Locks] = []
    if tied is not None:
        ground = make_ground(shape, design, tied_fall(tied), rng, ear_point, bare_ears=combed)
        batches, bands, anchors = grow_tied(ground, tied)
    else:
        assert loose is not None
        ground = make_ground(shape, design, loose.fall, rng, ear_point, bare_ears=combed)
        batches += grow_loose(ground, loose)
    batches += [*grow_sides(ground), *grow_fringe(ground), *grow_extras(ground), *bands]
    texture = paint_hair(palette, design.colour, design.shine, rng)
    surface = Surface(name="Hair", label="hair", texture=texture, culling="none")
    ground_surface = Surface(name="Scalp", label="scalp", texture=texture, outline=False)
    cap = make_cap(
        ground.skull,
        ground_surface,
        texture.shape[1],
        rng,
        {"split": (0.0, 180.0), "two_tone": (65.0, 295.0)}.get(design.colour),
        combed_back=slick,
        nape_row=0.86 if loose is not None and loose.hem[1] > -0.10 else 0.5,
    )
    locks, snug = _piece(batches, ground, surface, rng)
    room = _room(ground.skull, locks.positions[snug])
    anchors |= _places(ground, room)
    return Hair(pieces=[cap, locks], anchors=anchors, room=room)


_ROOM_ROWS, _ROOM_COLUMNS = 25, 37


def _room(skull: Skull, points: Array) -> Array:
    """Return how far points stand off the skull, the farthest of each patch of directions."""
    azimuth, elevation, reach = skull.angles(points)
    off = reach - skull.radius(azimuth, elevation)
    near = (elevation > -40) & (off < 0.09)
    row = np.round((elevation[near] + 90) / 180 * (_ROOM_ROWS - 1)).astype(int)
    column = np.round(np.mod(azimuth[near], 360) / 360 * (_ROOM_COLUMNS - 1)).astype(int)
    room = np.full((_ROOM_ROWS, _ROOM_COLUMNS), 0.004)
    np.maximum.at(room, (row, column % (_ROOM_COLUMNS - 1)), off[near])
    room[-2:] = room[-3:].max()
    room[:, -1] = room[:, 0]
    # What one patch misses its neighbours have.
    wide = np.concatenate([room[:, -2:-1], room, room[:, 1:2]], 1)
    found: Array = np.maximum(room, 0.5 * (wide[:, :-2] + wide[:, 2:]))
    return found


def _places(ground: Ground, room: Array) -> dict[str, HairAnchor]:
    """Return where pins and bands go, on the surface of the hair."""
    hair = Hair(pieces=[], anchors={}, room=room)
    places = {
        "temple_left": (52.0, 22.0),
        "temple_right": (-52.0, 22.0),
        "side_left": (84.0, 30.0),
        "side_right": (-84.0, 30.0),
        "crown": (0.0, 80.0),
        "back": (180.0, 10.0),
    }
    azimuth, elevation = np.array(list(places.values())).T
    off = hair.thickness(azimuth, elevation)
    points = ground.skull.point(azimuth, elevation, off)
    normals = ground.skull.normal(azimuth, elevation)
    return {name: HairAnchor(points[k], normals[k], 0.012) for k, name in enumerate(places)}


def _piece(
    batches: Sequence[Locks], ground: Ground, surface: Surface, rng: np.random.Generator
) -> tuple[Piece, NDArray[np.bool_]]:
    """Sweep all locks into one piece; also say which vertices lie on the head."""
    positions, normals, faces, uvs, snug = [], [], [], [], []
    start = 0
    for batch in batches:
        along = batch.along
        if along is None:
            along = rows_by_height(ground.skull, batch.path)
        if not batch.free and ground.design.colour in ("gradient", "tips"):
            # The second colour begins at a height: locks that end high up hardly have it.
            high, deep = (0.06, -0.03) if batch.front else (0.10, 0.04)
            low = 0.3 + 0.7 * smooth(batch.path[:, -1:, 1], high, deep)
            along = np.minimum(along, 0.5) + np.maximum(along - 0.5, 0.0) * low
        batch = replace(batch, along=along)
        strips = _strips(batch, ground.design, rng)
        if ground.design.colour == "streaked" and batch.edges is None:
            batch = _on_top(batch, strips >= STRIPS)
        solid = sweep(batch)
        places = solid.positions
        if ground.ear_point >= LONG_EAR and not batch.free:
            places = _tucked(places, ground)
        places = ground.skull.kept_out(places, 0.003)
        places = _clear_of_body(places, ground.shape, _ahead(batch, ground.shape)[solid.lock])
        width = surface.texture.shape[1]
        strip = strips[solid.lock]
        strip = np.where(solid.inner, strip // STRIPS * STRIPS + INNER_STRIP, strip)
        positions.append(places)
        normals.append(solid.normals)
        faces.append(solid.faces + start)
        uvs.append(np.stack([strip_columns(strip, solid.aside, width), solid.along], -1))
        snug.append(np.full(len(places), not batch.free))
        start += len(places)
    points = np.concatenate(positions)
    piece = Piece(
        surface=surface,
        positions=points,
        faces=np.concatenate(faces).astype(np.int32),
        uvs=np.clip(np.concatenate(uvs), 0.0, 1.0),
        normals=np.concatenate(normals),
        weights=_weights(points, ground.shape),
        group="Hair",
    )
    return piece, np.concatenate(snug)


def _strips(batch: Locks, design: HairDesign, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return each lock's strip of the texture."""
    count = len(batch.tier)
    strip = rng.integers(0, MAIN_STRIPS, count)
    strip = np.where(batch.tier == UNDER, UNDER_STRIP, strip)
    if design.colour not in BY_LOCK:
        return strip
    x = batch.path[..., 0].mean(1)
    second = {
        "streaked": _streaks(batch, rng),
        "split": batch.left if batch.left is not None else x > 0,
        "fringe": np.full(count, batch.front),
        "inner": (batch.tier == UNDER) & (not batch.front),
        "two_tone": np.full(count, not batch.front),
    }[design.colour]
    return strip + STRIPS * second


def _streaks(batch: Locks, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose locks for streaks; a fringe has one at least, and so has what falls behind."""
    may: NDArray[np.bool_] = (batch.tier != UNDER) & np.asarray(batch.streak)
    found = rng.random(len(may)) < 0.20
    if not (batch.front or batch.free):
        # What comes forward to the fringe lies in and out of its outer locks.
        level = batch.path[:, int(0.4 * batch.path.shape[1])]
        may = may & (np.abs(np.degrees(np.arctan2(level[:, 0], level[:, 2]))) > 98.0)
    found = found & may
    if not batch.free and len(may) > 4 and may.any() and not found.any():
        found[np.flatnonzero(may)[may.sum() // 3]] = True
    return found


def _on_top(batch: Locks, streak: NDArray[np.bool_]) -> Locks:
    """Lay streaks wholly over their neighbours, out of which they would come and go."""
    t = np.linspace(0, 1, batch.path.shape[1])
    rise = (0.002 if batch.free else 0.0045) * streak[:, None] * smooth(t, 0.0, 0.2)
    return bent(batch, 0.0, rise) if streak.any() else batch


def _tucked(points: Array, ground: Ground) -> Array:
    """Draw hair in to the head where a long ear stands off it, so that the ear comes out."""
    skull, shape = ground.skull, ground.shape
    azimuth, elevation, reach = skull.angles(points)
    off = np.maximum(reach - skull.radius(azimuth, elevation), 0.0)
    # Along the ear, from its root to its tip.
    level = float(np.degrees(np.arctan2(shape.ear_y - skull.centre[1], 0.09)))
    along = np.clip((np.abs(azimuth) - 92) / 36, 0, 1)
    far = np.hypot((np.abs(azimuth) - 92 - 36 * along) / 24, (elevation - level - 36 * along) / 28)
    # All layers by the same way, so that they stay in their order.
    share = smooth(far, 1.7, 0.35) * min(1.0, 0.5 + ground.ear_point)
    pull = 0.72 * share * np.maximum(off - 0.004, 0.0)
    return points - ray(azimuth, elevation) * pull[:, None]


def _ahead(batch: Locks, shape: HeadShape) -> NDArray[np.bool_]:
    """Say which locks pass before the shoulders."""
    if batch.front:
        return np.ones(len(batch.tier), np.bool_)
    # Where they come nearest to the height of the shoulders.
    ring = np.abs(batch.path[..., 1] - (shape.shoulder_y + shape.arm_radius)).argmin(1)
    found: NDArray[np.bool_] = batch.path[np.arange(len(ring)), ring, 2] > 0.01
    return found


def _clear_of_body(points: Array, shape: HeadShape, front: NDArray[np.bool_]) -> Array:
    """Move what lies within shoulders and chest out of them, forwards or backwards."""
    y = points[:, 1]
    top = shape.shoulder_y + shape.arm_radius
    low = smooth(y, -0.035, top)
    half = shape.neck_radius + 0.008 + (shape.shoulder_x + 0.02 - shape.neck_radius) * low
    across = np.clip(1 - (np.abs(points[:, 0]) / half) ** 2.5, 0, 1) ** 0.4
    found = points.copy()
    chest = 0.046 + 0.022 * low + 0.05 * shape.chest * smooth(y, -0.10, -0.20)
    least = np.maximum(points[:, 2], chest * across)
    most = np.minimum(points[:, 2], -(0.052 + 0.026 * low) * across - 0.006)
    within = (across > 0) & (y < np.where(front, -0.05, -0.03))
    found[:, 2] = np.where(within, np.where(front, least, most), points[:, 2])
    return found


def _weights(points: Array, shape: HeadShape) -> dict[str, Array]:
    """Let what lies on the shoulders stay there when the head turns."""
    chest = 0.85 * smooth(points[:, 1], -0.03, shape.shoulder_y - 0.14)
    return {"head": 1 - chest, "upperChest": chest}
