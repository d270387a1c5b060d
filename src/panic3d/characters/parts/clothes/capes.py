"""Capes that enclose lowered arms, and ruffles along the borders of garments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial import cKDTree

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.bust_mesh import grid_normals, lowered
from panic3d.characters.parts.clothes.built import (
    Fit,
    ball,
    ball_texture,
    cloth_surface,
    loft,
    strip_texture,
)
from panic3d.characters.parts.clothes.cut import Cut, borders
from panic3d.characters.parts.clothes.paint import tone
from panic3d.characters.piece import Piece, Surface

Array = NDArray[np.float64]


def cape(
    fit: Fit,
    colour: Rgb,
    lining: Rgb,
    trim: Rgb | None,
    clasp: Rgb,
    bottom: float = -0.23,
    opening_deg: float = 16.0,
    below: Sequence[Piece] = (),
) -> list[Piece]:
    """Return a cape from the neck over shoulders and arms.

    Args:
        fit: the body and what is below the cape.
        colour: outside.
        lining: inside.
        trim: of a line along its lower border.
        clasp: of the clasp at the neck.
        bottom: height of its lower border.
        opening_deg: half its opening in front, at the lower border.
        below: collars and ties that it lies over.
    """
    cloth = lowered(fit.bust, fit.outer)
    body = np.concatenate([cloth, *(piece.positions for piece in below)])
    body = body[body[:, 1] < -0.038 * fit.neck]
    middle = -0.012
    angle = np.degrees(np.arctan2(body[:, 0], body[:, 2] - middle)) % 360
    far = np.hypot(body[:, 0], body[:, 2] - middle)
    bins, levels = 72, 64
    start = -0.050 * fit.neck
    # The envelope: how far out the body reaches at or above each height, direction by direction.
    level = np.clip((start - body[:, 1]) / (start - bottom) * (levels - 1), 0, levels - 1)
    slot = (angle / 360 * bins).astype(int) % bins
    hull = np.zeros((levels, bins))
    np.maximum.at(hull, (np.floor(level).astype(int), slot), far)
    hull = np.maximum.accumulate(hull, axis=0)
    hull = maximum_filter1d(maximum_filter1d(hull, 7, axis=1, mode="wrap"), 3, axis=0)
    hull = np.maximum(gaussian_filter1d(hull, 2.2, axis=1, mode="wrap"), 0.99 * hull)
    hull = gaussian_filter1d(hull, 1.0, axis=1, mode="wrap")
    hull = np.maximum(hull, float(fit.form.neck_radius(np.full(1, start))[0]) + 0.004)
    hull = np.maximum.accumulate(gaussian_filter1d(hull, 1.2, axis=0, mode="nearest"), axis=0)
    hull[0] = float(fit.form.neck_radius(np.full(1, start))[0]) + 0.002
    rows_y = np.linspace(start, bottom, levels)
    columns = np.linspace(0, 1, 53)
    spacing = np.linspace(0, 1, 16)
    rows_out = []
    down = np.linspace(0, 1, levels)
    gaps = 4.0 + (opening_deg - 4.0) * down
    for c in columns:
        a = gaps + (360 - 2 * gaps) * c
        at = (a / 360 * bins - 0.5) % bins
        low = at.astype(int)
        share = at - low
        radius = hull[np.arange(levels), low] * (1 - share)
        radius += hull[np.arange(levels), (low + 1) % bins] * share
        r = np.radians(a)
        fold = 0.005 * down * (1 + np.sin(r * 11 + 0.6 * np.sin(r * 3)))
        radius = radius + 0.010 + 0.004 * down + fold
        lift = 0.014 * np.exp(-(((rows_y - fit.form.arm_y) / 0.06) ** 2))
        line = np.stack(
            [radius * np.sin(r), rows_y + lift - 0.012 * (0.5 + 0.5 * np.cos(r)) * (1 - down),
             middle + radius * np.cos(r)], -1,
        )  # fmt: skip
        # Evenly along the cloth: where it is nearly level a few heights are not enough.
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=-1))])
        rows_out.append(
            np.stack([np.interp(spacing * run[-1], run, line[:, k]) for k in range(3)], -1)
        )
    rows = np.stack(rows_out, 1)
    rows[1:] = gaussian_filter1d(rows, 1.0, axis=0, mode="nearest")[1:]
    outside = _off_cloth(rows, cloth)
    texture = cape_texture(colour, trim)
    surface = cloth_surface("Cape", texture, colour)
    pieces = [loft(outside[:, ::-1], surface, fit, torso_only=True)]
    facing = np.cross(np.gradient(outside, axis=0), np.gradient(outside, axis=1))
    length = np.linalg.norm(facing, axis=-1, keepdims=True)
    inside = outside - 0.0022 * facing / np.maximum(length, 1e-12)
    dark = cloth_surface("CapeLining", strip_texture(tone(lining, -0.10), dark=(0.6, 0.2)), lining)
    # The same triangles, or the two would cut through one another.
    lined = loft(inside[:, ::-1], dark, fit, torso_only=True)
    pieces.append(replace(lined, faces=np.ascontiguousarray(lined.faces[:, ::-1])))
    at = outside[1, [0, -1]].mean(0)
    at[2] = outside[1, :, 2].max() + 0.004
    pieces.append(
        ball(at, np.array([0.012, 0.010, 0.006]) * fit.size,
             cloth_surface("Clasp", ball_texture(clasp), clasp), fit)
    )  # fmt: skip
    return pieces


_OFF_M, _MOST_M, _NEAR_M = 0.007, 0.010, 0.022


def _off_cloth(rows: Array, cloth: Array) -> Array:
    """Move a cape (n, m, 3) out of the cloth on the grids (v, 3) where shoulders come through."""
    normals = grid_normals(cloth)
    # Only shoulders, which look up: in the folds of armpits there is no outside.
    open_up = normals[:, 1] > 0.1
    cloth, normals = cloth[open_up], normals[open_up]
    tree = cKDTree(cloth)
    found = rows.copy()
    for _ in range(2):
        far, near = tree.query(found[1:], k=4)
        depth = ((found[1:, :, None] - cloth[near]) * normals[near]).sum(-1)
        lack = np.clip(_OFF_M - depth.min(-1), 0.0, _MOST_M) * (far[..., 0] < _NEAR_M)
        # Neighbours rise with it, so that no bump shows.
        lack = np.maximum(lack, gaussian_filter1d(gaussian_filter1d(lack, 1.0, 0), 1.5, 1))
        found[1:] += lack[..., None] * normals[near[..., 0]]
    return found


def cape_texture(colour: Rgb, trim: Rgb | None) -> np.ndarray:
    """Return falling folds that deepen downwards, and a border."""
    lines = () if trim is None else ((0.90, 0.955, trim),)
    texture = strip_texture(colour, lines, dark=(0.30, 0.22), seed=13)
    u, v = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(64) + 0.5) / 64)
    a = np.radians(16 + 328 * u)
    fold = np.sin(a * 11 + 0.6 * np.sin(a * 3))
    share = 1 - 0.22 * np.clip(-fold, 0, 1) * np.clip(v * 1.4, 0, 1)
    tinted = texture[..., :3] * np.stack([share, share * 0.985, share**0.8], -1)
    texture[..., :3] = np.clip(tinted, 0, 255).astype(np.uint8)
    return texture


def border_lines(cloth: Cut, column: int, near: float = 1e-6) -> list[tuple[Array, Array]]:
    """Return the lines (n, 3) along which a field cut a garment, and outward directions (n, 3)."""
    edges = borders(cloth)
    on = (np.abs(cloth.extra[edges, column]) < near).all(1)
    edges = edges[on]
    if not len(edges):
        return []
    third = _opposite(cloth, edges)
    positions = cloth.positions
    run = positions[edges[:, 1]] - positions[edges[:, 0]]
    run /= np.maximum(np.linalg.norm(run, axis=-1, keepdims=True), 1e-12)
    out = positions[edges].mean(1) - positions[third]
    out -= (out * run).sum(-1, keepdims=True) * run
    out /= np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-12)
    _, place = np.unique(np.round(positions[edges].reshape(-1, 3), 6), axis=0, return_inverse=True)
    ends = place.reshape(-1, 2)
    after = {int(a): k for k, (a, _) in enumerate(ends)}
    heads = {int(b) for _, b in ends}
    left = dict.fromkeys(range(len(edges)))
    found = []
    starts = [k for k, (a, _) in enumerate(ends) if int(a) not in heads]
    for begin in [*starts, *range(len(edges))]:
        if begin not in left:
            continue
        chain, k = [], begin
        while k in left:
            del left[k]
            chain.append(k)
            following = after.get(int(ends[k, 1]))
            if following is None:
                break
            k = following
        points = np.concatenate([positions[edges[chain, 0]], positions[edges[chain[-1:], 1]]])
        facing = np.concatenate([out[chain], out[chain[-1:]]])
        if len(points) > 3:
            found.append((points, facing))
    return found


def _opposite(cloth: Cut, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each border edge the third corner of its face."""
    faces = cloth.faces.astype(np.int64)
    n = len(cloth.positions)
    keys = np.concatenate([faces[:, k] * n + faces[:, (k + 1) % 3] for k in range(3)])
    thirds = np.concatenate([faces[:, (k + 2) % 3] for k in range(3)])
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], edges[:, 0] * n + edges[:, 1])
    found: NDArray[np.int64] = thirds[order[at]]
    return found


def ruffle(
    fit: Fit,
    line: Array,
    out: Array,
    surface: Surface,
    width: float,
    wave: float = 0.0045,
    length: float = 0.016,
    lift: float = 0.35,
) -> Piece:
    """Return a gathered strip along a line.

    Args:
        fit: the body.
        line: (n, 3).
        out: (n, 3) unit directions away from the garment, along its surface.
        surface: how it looks.
        width: of the strip.
        wave: height of its waves.
        length: of a wave along the line.
        lift: how much it stands off the body.
    """
    step = np.linalg.norm(np.diff(line, axis=0), axis=-1)
    run = np.concatenate([[0.0], np.cumsum(step)])
    count = int(np.clip(run[-1] / (length / 4), 8, 160))
    at = np.linspace(0, run[-1], count)
    points = np.stack([np.interp(at, run, line[:, k]) for k in range(3)], -1)
    facing = np.stack(
        [np.interp(at, run, gaussian_filter1d(out[:, k], 2.0, mode="nearest")) for k in range(3)],
        -1,
    )
    facing /= np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-12)
    normal = fit.form.gradient(points)
    phase = np.sin(2 * np.pi * at / length)
    rows = []
    for t in (0.0, 0.35, 0.7, 1.0):
        place = points + width * t * facing
        place = place + (lift * width * t + 0.0015 + wave * t * phase)[:, None] * normal
        rows.append(fit.form.pushed_out(place, 0.0030) if t else place)
    return loft(np.stack(rows), surface, fit)
