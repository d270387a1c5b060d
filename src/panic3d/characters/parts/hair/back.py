"""Loose hair of sides and back, straight, wavy or layered; and short hair, in tiers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panic3d.characters.parts.hair.back_kinds import LooseKind
from panic3d.characters.parts.hair.ground import Ground
from panic3d.characters.parts.hair.guide import Array, smooth, spot, unit
from panic3d.characters.parts.hair.locks import (
    MAIN,
    UNDER,
    Locks,
    bent,
    curve,
    on_dome,
    spacing,
    taper,
    uneven,
)
from panic3d.characters.parts.hair.scalp import hairline_deg


def grow_loose(ground: Ground, kind: LooseKind) -> list[Locks]:
    """Grow loose hair of a kind."""
    design = ground.design
    hem = kind.hem[0] + (kind.hem[1] - kind.hem[0]) * design.length
    count = ground.count(ground.rng.uniform(*kind.count), 10)
    bare = not (kind.step or kind.tiers or kind.spikes or kind.slick)
    found = [
        _fan(ground, kind, hem + 0.008, round(count * 0.75), -0.009, UNDER),
        _fan(ground, kind, hem, count, 0.0, MAIN, bare),
    ]
    if kind.step:
        short = replace(kind, first=kind.first - 2)
        found.append(_fan(ground, short, hem + kind.step, round(count * 0.9), 0.006, MAIN))
    if kind.slick:
        combed = _slicked(ground, hem)
        found = [_coloured_alike(fan, combed[-1]) for fan in found] + combed
    found += [_tier(ground, kind, tier) for tier in range(kind.tiers)]
    if kind.spikes:
        found += _spikes(ground, kind)
    if kind.loose:
        found.append(_strands(ground, kind, hem))
    return found


def _fan(
    ground: Ground,
    kind: LooseKind,
    hem: float,
    count: int,
    lift: float,
    tier: int,
    shown: bool = True,
) -> Locks:
    """Grow locks from the whorl to all sides but the front."""
    rng, design = ground.rng, ground.design
    share = uneven(rng, count, 0.3 + 0.5 * design.clump)
    # Without sidelocks it comes forward to the fringe.
    first = kind.first - (11 if design.side == "none" and not kind.slick else 0)
    azimuth = first + share * (360 - 2 * first)
    seam = np.zeros(count)
    if design.colour == "split":
        # No lock lies across the border behind, nor swings over it.
        azimuth = 180 + np.where(azimuth > 180, 1, -1) * np.maximum(np.abs(azimuth - 180), 5.0)
        seam = smooth(np.abs(azimuth - 180), 32.0, 8.0)
    side = np.abs(np.cos(np.radians(azimuth / 2))) ** 1.5
    tip_y = hem + kind.rise * side + 2 * kind.ragged * design.jagged * rng.uniform(-1, 1, count)
    tip_y += 0.03 * design.asymmetry * np.sin(np.radians(azimuth)) * (hem < 0.02)
    nape = np.zeros(count)
    if kind.lined and tier == UNDER:
        skull = ground.skull
        nape = smooth(np.abs(np.mod(azimuth + 180, 360) - 180), 96.0, 116.0)
        foot = skull.point(azimuth, hairline_deg(azimuth, skull.nape_deg))[:, 1]
        tip_y += nape * np.minimum(foot + 0.35 * (tip_y - hem) - tip_y, 0.0)
    rings = 10 if hem > -0.02 else 14
    if kind.wave:
        rings = round(rings + 3.8 * kind.waves)
    path, normal = on_dome(ground.dome, _radial(ground, azimuth, tip_y, rings, 0.002))
    t = np.linspace(0, 1, rings)
    width = taper(
        t,
        1.0,
        kind.begin + 0.2 * (0.5 - design.taper) + rng.uniform(-0.10, 0.10, count),
        kind.round,
        kind.blunt,
    )
    gap = spacing(path)
    # Where neighbours part, before and behind a shoulder, none spreads over the gap.
    gap = np.minimum(gap, 1.15 * gap[:, : rings // 2].max(1, keepdims=True))
    half = np.maximum(0.5 * 1.45 * gap * width, 0.0005)
    # Where all meet at the whorl none is so narrow as to leave a gap.
    half = np.maximum(half, 0.006 * smooth(t, 0.2, 0.0))
    thick = np.minimum(0.30 * half * smooth(t, 0.0, 0.25) * (1 - 0.5 * t**3), 0.010)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        tier=np.full(count, tier),
        # A streak that went below other locks would end in the middle of them.
        streak=shown,
        left=np.sin(np.radians(azimuth)) > 0,
        across=4 if tier == UNDER else 5,
    )
    order = (lift + 0.0022 * rng.uniform(-1, 1, (count, 1))) * smooth(t, 0.0, 0.15)
    # The tips of two or three neighbours draw together.
    group = np.cumsum(rng.random(count) < 0.45)
    middle = np.array([azimuth[group == g].mean() for g in group])
    pull = np.radians(middle - azimuth)[:, None] * np.hypot(path[..., 0], path[..., 2])
    sway = (0.45 - 0.3 * kind.blunt) * pull * smooth(t, 0.45, 1.0)
    sway = sway + 0.006 * rng.uniform(-1, 1, (count, 1)) * smooth(t, 0.5, 1.0)
    flip = float(kind.flip + 0.020 * design.flare * smooth(hem, 0.04, -0.04))
    if design.under_hat and kind.slick:
        flip = -0.006
    out = order + flip * smooth(t, 0.62, 1.02) ** 1.4
    # It comes out from below the fringe without a step.
    turned = np.abs(np.mod(azimuth + 180, 360) - 180)
    edge = smooth(turned, first + 20, first - 4)[:, None]
    out = out - 0.40 * ground.fall.side * edge * smooth(t, 0.1, 0.4)
    if kind.wave:
        swing = kind.wave * (0.5 + design.curl)
        turn = (
            2 * np.pi * kind.waves * t
            + rng.normal(0, 0.9, (count, 1))
            + 0.8 * np.arange(count)[:, None]
        )
        grown = smooth(t, 0.18, 0.55)
        sway = sway + swing * grown * np.sin(turn)
        out = out + swing * kind.coil * grown * (0.4 + np.cos(turn))
    hair = bent(locks, sway * (1 - seam[:, None]), out)
    if nape.any():
        # It comes in to the head from where it lies below the rest.
        az, el, reach = ground.skull.angles(hair.path)
        close = ground.skull.point(az, el, np.minimum(reach - ground.skull.radius(az, el), 0.005))
        share = (nape[:, None] * smooth(t, 0.45, 0.9))[..., None]
        hair = replace(hair, path=hair.path + share * (close - hair.path))
    return hair


def _radial(ground: Ground, azimuth: Array, tip_y: Array, rings: int, root: float) -> Array:
    run = ground.dome.run_to(azimuth, tip_y)
    return curve(spot(azimuth, root), spot(azimuth, run * 0.5), spot(azimuth, run), rings)


def _tier(ground: Ground, kind: LooseKind, tier: int) -> Locks:
    """Grow one row of short locks; row 0 is the lowest."""
    rng, design = ground.rng, ground.design
    share = tier / max(kind.tiers - 1, 1)
    begin = 0.085 - 0.075 * share
    count = ground.count((15 - 4 * share), 7)
    # The upper rows also lie over the roots of the fringe.
    first = 62 - 34 * share
    azimuth = first + uneven(rng, count, 0.3 + 0.5 * design.clump) * (360 - 2 * first)
    long = rng.uniform(*kind.tier_m) * (0.85 + 0.3 * design.length) * rng.uniform(0.85, 1.15, count)
    root = np.maximum(begin + rng.uniform(-0.006, 0.006, count), 0.003)
    stray = rng.normal(0, 1, count) * kind.wild * (0.4 + 1.2 * design.jagged)
    rings = 9 if not kind.wave else 16
    end = (
        spot(azimuth, root + long)
        + np.stack([np.cos(np.radians(azimuth)), -np.sin(np.radians(azimuth))], -1)
        * (stray / 1.2)[:, None]
    )
    spots = curve(spot(azimuth, root), spot(azimuth, root + long * 0.55), end, rings)
    path, normal = on_dome(ground.dome, spots)
    t = np.linspace(0, 1, rings)
    width = taper(t, 0.75, 0.25 + 0.2 * (0.5 - design.taper), 1.25)
    wide = np.clip(spacing(path).max(1) * 0.85, 0.014, 0.034) * rng.uniform(0.8, 1.2, count)
    half = np.maximum(wide[:, None] * width, 0.0004)
    half = np.minimum(half, 0.7 * spacing(path) + 0.010)
    thick = 0.38 * half * smooth(t, 0.0, 0.3)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        tier=np.full(count, MAIN),
        streak=False,
        left=np.sin(np.radians(azimuth)) > 0,
    )
    stand = kind.spike * (0.5 + design.volume / 2) * rng.uniform(0.55, 1.3, (count, 1))
    if design.under_hat:
        stand = stand * (0.2 if tier < 2 else 0.0)
    out = (0.001 + 0.0015 * tier) * smooth(t, 0.0, 0.3) + stand * t**1.4
    sway = 0.0 * out
    if kind.wave:
        turn = 2 * np.pi * 1.6 * t + rng.uniform(0, 6.28, (count, 1))
        sway = kind.wave * smooth(t, 0.1, 0.5) * np.sin(turn)
        out = out + kind.wave * kind.coil * smooth(t, 0.1, 0.5) * (0.4 + np.cos(turn))
    moved = bent(locks, sway, out)
    # Spikes lift their tips, the more the higher they stand.
    up = np.array([0.0, 1.0, -0.35]) * ((0.35 + 0.45 * share) * stand * t**1.7)[..., None]
    return replace(moved, path=moved.path + up, free=kind.spike > 0.03)


_ROWS_OF_SPIKES = (
    # Run from the whorl to the roots, locks, share of the full length.
    (0.152, 12, 0.74),
    (0.116, 12, 0.90),
    (0.080, 11, 1.00),
    (0.046, 9, 1.00),
    (0.012, 6, 0.90),
)


def _spikes(ground: Ground, kind: LooseKind) -> list[Locks]:
    """Grow rows of broad locks like shingles, which lie close, then curve off into points."""
    found = []
    for row, (begin, usual, share) in enumerate(_ROWS_OF_SPIKES):
        if ground.design.under_hat and row > 1:
            continue
        count = ground.count(usual, 6)
        # A lock lies over the seam of two of the row below, and a small one in some gaps.
        found.append(_spike_row(ground, kind, row, begin, count, share, 1.0))
        found.append(_spike_row(ground, kind, row, begin + 0.010, count, 0.66 * share, 0.50))
    return found


def _spike_row(
    ground: Ground,
    kind: LooseKind,
    row: int,
    begin: float,
    count: int,
    share: float,
    size: float,
) -> Locks:
    """Grow one row; `size` is the width over the usual."""
    rng, design = ground.rng, ground.design
    level = row / (len(_ROWS_OF_SPIKES) - 1)
    first = 68.0 - 38.0 * level**1.5
    azimuth = first + uneven(rng, count, 0.2 + 0.5 * design.clump) * (360 - 2 * first)
    turned = np.abs(np.mod(azimuth + 180, 360) - 180)
    root = np.maximum(begin + rng.uniform(-0.008, 0.008, count), 0.004)
    low, high = kind.spike_m
    long = (low + (high - low) * design.length) * share * rng.uniform(0.85, 1.2, count)
    # Short at the temples, where it would hang over the cheeks.
    long = long * (0.72 + 0.28 * smooth(turned, 60.0, 105.0))
    rings = 11
    t = np.linspace(0, 1, rings)
    # Neighbours lean the same way, in clumps; every lock is bent, none is straight.
    clump = np.sin(np.radians(azimuth) * 2.5 + rng.uniform(0, 6.28)) + rng.normal(0, 0.6, count)
    stray = kind.wild * (0.4 + 1.2 * design.jagged) * np.clip(clump, -1.6, 1.6)
    lean = np.stack([np.cos(np.radians(azimuth)), -np.sin(np.radians(azimuth))], -1)
    middle = spot(azimuth, root + 0.5 * long) - lean * (0.12 * stray * long)[:, None]
    end = spot(azimuth, root + long) + lean * (stray * long)[:, None]
    path, normal = on_dome(ground.dome, curve(spot(azimuth, root), middle, end, rings))
    # Off the head it goes on the way it left it, and turns a little up.
    tangent = unit(np.gradient(path, axis=1))
    step = long[:, None] / (rings - 1)
    leave = (0.16 + 0.22 * (1 - level) + rng.uniform(-0.06, 0.06, count))[:, None]
    away = smooth(t[None, :], leave, leave + 0.62)
    spring = kind.spike * (0.6 + 0.4 * design.volume) * rng.uniform(0.7, 1.25, (count, 1))
    # Least at the nape; at the whorl they only lift off, or they would stand like horns.
    spring = spring * (0.40 + 0.60 * smooth(level, 0.0, 0.7) - 0.45 * smooth(level, 0.75, 1.0))
    spring = spring * (0.6 + 0.4 * size)
    if design.under_hat:
        spring = 0.45 * spring
    angle = (spring * (away + 0.25 * np.maximum(t - leave, 0.0)))[..., None]
    kept = int(0.36 * rings)
    held = tangent[:, kept : kept + 1]
    onward = unit(tangent + away[..., None] * 0.75 * (held - tangent))
    outward = unit(normal + away[..., None] * 0.75 * (normal[:, kept : kept + 1] - normal))
    rise = np.array([0.0, 0.55, 0.0]) * away[..., None] * angle * level * (1.4 - level)
    heading = unit(np.cos(angle) * onward + np.sin(angle) * outward + rise)
    moves = 0.5 * (heading[:, 1:] + heading[:, :-1]) * step[..., None]
    path = np.concatenate([path[:, :1], path[:, :1] + np.cumsum(moves, 1)], 1)
    path = ground.skull.kept_out(path, np.minimum(0.006 + 0.02 * t, 0.6 * ground.fall.side))
    facing = unit(np.cross(heading, np.cross(outward, heading)))
    girth = np.linalg.norm(path[:, 4, [0, 2]], axis=-1)
    wide = 2 * np.pi * np.maximum(girth, 0.03) * (1 - first / 180) / count
    wide = np.clip(0.98 * wide, 0.018, 0.046) * size * rng.uniform(0.85, 1.15, count)
    width = taper(t, 0.55, 0.30 + 0.1 * (0.5 - design.taper), 1.0 + 0.25 * (1 - design.taper))
    half = np.maximum(wide[:, None] * width, 0.0003)
    thick = np.minimum(0.40 * half, 0.010) * smooth(t, -0.05, 0.35)
    # Rooted below the row above, over the one beneath.
    order = 0.0016 * row + 0.0015 * (size < 1) - 0.010 * smooth(t, 0.28, 0.0) * (1 - 0.5 * level)
    order = order + 0.002 * rng.uniform(-1, 1, (count, 1)) * smooth(t, 0.0, 0.3)
    locks = Locks(
        path=path,
        normal=facing,
        half=half,
        thick=thick,
        tier=np.full(count, MAIN),
        streak=False,
        left=np.sin(np.radians(azimuth)) > 0,
        free=kind.spike_m[1] > 0.12 and not design.under_hat,
    )
    return bent(locks, 0.0, order)


def _slicked(ground: Ground, hem: float) -> list[Locks]:
    """Comb hair from the hairline back over crown and ears to the nape, in two layers."""
    count = ground.count(25.0, 19)
    return [
        _combed_back(ground, hem + 0.010, count - 1, -0.0025, UNDER),
        _combed_back(ground, hem, count, 0.0, MAIN),
    ]


def _coloured_alike(locks: Locks, over: Locks) -> Locks:
    """Give locks the rows of the texture that those over them have at the same height."""
    assert over.along is not None
    behind = over.path[..., 2] < -0.02
    y, row = over.path[behind][:, 1], over.along[behind]
    edges = np.linspace(y.min(), y.max(), 13)
    bins = np.clip(np.digitize(y, edges) - 1, 0, 11)
    known = np.unique(bins)
    late = np.array([np.quantile(row[bins == k], 0.92) for k in known])
    middles = 0.5 * (edges[known] + edges[known + 1])
    return replace(locks, along=np.interp(locks.path[..., 1], middles, late))


def _combed_back(ground: Ground, hem: float, count: int, lift: float, tier: int) -> Locks:
    rng, skull, design = ground.rng, ground.skull, ground.design
    x = uneven(rng, count, 0.3 + 0.4 * design.clump) * 2 - 1
    rings = 18
    # Roots all along the hairline, from sideburn to sideburn.
    azimuth = 92.0 * np.sign(x) * np.abs(x) ** 0.9
    edge = hairline_deg(azimuth, skull.nape_deg) + 3.5
    edge = np.where(np.abs(azimuth) > 66, np.maximum(edge, -4.0), edge)
    # Within the line also where it is steep, so that the edge of the ground is what shows.
    azimuth = azimuth + 5.0 * np.sign(x) * smooth(np.abs(azimuth), 28.0, 55.0)
    foot = skull.point(azimuth, edge)
    start = spot(azimuth, ground.dome.run_to(azimuth, foot[:, 1] + 0.004))
    behind = np.sign(x) * (180.0 - 62.0 * np.abs(x))
    tip_y = hem + 0.035 * np.abs(x) ** 2 + 0.010 * rng.uniform(-1, 1, count)
    end = spot(behind, ground.dome.run_to(behind, tip_y))
    middle = np.stack([0.165 * x, -0.045 - 0.035 * np.abs(x)], -1)
    path, _ = on_dome(ground.dome, curve(start, middle, end, rings))
    t = np.linspace(0, 1, rings)
    # It leaves the skin at the hairline without a step, and rises to a wave behind it.
    az, el, reach = skull.angles(path)
    off = reach - skull.radius(az, el)
    centre = smooth(np.abs(x), 0.85, 0.25)[:, None]
    wave = 0.0 if design.under_hat else 0.011 * design.volume
    rise = wave * centre * np.exp(-(((t - 0.22) / 0.13) ** 2))
    grown = smooth(t, -0.02, 0.26) * (1.0 if tier == MAIN else 0.9)
    path = skull.point(az, el, 0.0014 + (np.maximum(off, 0.003) + rise - 0.0014) * grown)
    normal = unit(path - skull.centre)
    half = 0.5 * 1.55 * np.minimum(spacing(path), 0.034)
    half = np.maximum(half * taper(t, 0.35, 0.72, 1.5), 0.0005)
    thick = np.minimum(0.30 * half, 0.006) * smooth(t, 0.02, 0.30) * (1 - 0.5 * t**3)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=thick,
        # Its roots lie open: an inner colour begins below, with the fan.
        tier=np.full(count, MAIN if design.colour == "inner" else tier),
        along=np.broadcast_to(0.03 + 0.95 * t**0.9, half.shape),
        left=x > 0,
        streak=tier == MAIN,
    )
    order = lift + 0.0014 * np.where(np.arange(count) % 2 == 0, 1.0, -1.0)[:, None]
    order = order * smooth(t, 0.05, 0.4) + 0.003 * smooth(t, 0.3, 0.6)
    turn = -0.006 if design.under_hat else 0.010 + 0.014 * design.flare
    flip = turn * smooth(t, 0.8, 1.02) ** 1.4
    return bent(locks, 0.004 * rng.uniform(-1, 1, (count, 1)) * smooth(t, 0.5, 1.0), order + flip)


def _strands(ground: Ground, kind: LooseKind, hem: float) -> Locks:
    """Grow a few thin strands over the rest, which part from it at their ends."""
    rng = ground.rng
    count = kind.loose
    azimuth = kind.first + 4 + rng.uniform(0, 1, count) * (352 - 2 * kind.first)
    tip_y = hem + rng.uniform(0.0, 0.6, count) * (0.10 - hem)
    rings = 14
    path, normal = on_dome(ground.dome, _radial(ground, azimuth, tip_y, rings, 0.05))
    t = np.linspace(0, 1, rings)
    half = np.maximum(rng.uniform(0.004, 0.008, (count, 1)) * taper(t, 0.4, 0.3, 1.3), 0.0004)
    locks = Locks(
        path=path,
        normal=normal,
        half=half,
        thick=0.4 * half,
        tier=np.full(count, MAIN),
        across=4,
        free=True,
    )
    out = rng.uniform(0.006, 0.022, (count, 1)) * smooth(t, 0.45, 1.0)
    return bent(
        locks,
        rng.uniform(-0.02, 0.02, (count, 1)) * t**2,
        0.009 * smooth(t, 0.0, 0.25) - 0.005 + out,
    )
