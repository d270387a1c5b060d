"""Ways to wear hair with their numbers drawn anew: hairstyles between the families and beyond.

A design that is not bent has the kinds of the tables as they are. Of a bent one lengths, volumes,
waves, places of ties and so on lie around theirs, each design's somewhere else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panic3d.characters.parts.hair.back_kinds import LOOSE, LooseKind
from panic3d.characters.parts.hair.design import HairDesign
from panic3d.characters.parts.hair.fringe_kinds import FRINGES, FringeKind
from panic3d.characters.parts.hair.guide import Fall
from panic3d.characters.parts.hair.side_kinds import SIDES, SideKind
from panic3d.characters.parts.hair.tie_kinds import TIED, Tie, TiedKind

BENT = 0.9
"""Share of bent designs where hairstyles are to differ as much as they can."""

LENGTHS = (("short_hair", -0.04), ("medium_hair", -0.10), ("long_hair", -np.inf))
"""Tags of loose hair and how low it may hang at most for them, metres above the head bone."""
_LENGTH_TAGS = {tag for tag, _ in LENGTHS} | {"very_short_hair", "very_long_hair"}
_WAVY_M = 0.006
"""Hair that swings so far is not straight."""

_FRINGE, _SIDE, _LOOSE, _TIED = range(4)


def fringe_kind(design: HairDesign) -> FringeKind:
    """Return how the fringe of a design is cut and laid."""
    kind = FRINGES[design.fringe]
    if design.bend is None or kind.root == "back":
        return kind
    rng = np.random.default_rng((design.bend, _FRINGE))
    fewer = rng.uniform(0.75, 1.35)
    return replace(
        kind,
        tips=_moved(kind.tips, rng.uniform(-0.012, 0.010)),
        count=(max(4, round(kind.count[0] * fewer)), max(5, round(kind.count[1] * fewer))),
        ragged=_times(kind.ragged, rng.uniform(0.5, 2.0)),
        begin=float(np.clip(kind.begin + rng.uniform(-0.12, 0.12), 0.3, 0.8)),
        round=float(np.clip(kind.round + rng.uniform(-0.4, 0.5), 1.2, 2.8)),
        spread=kind.spread + float(rng.uniform(-6.0, 8.0)),
        wave=kind.wave * float(rng.uniform(0.6, 1.5)) + _now_and_then(rng, 0.3, 0.002, 0.009),
        fill=max(kind.fill * float(rng.uniform(0.95, 1.2)), kind.fill if kind.fill < 1.3 else 1.3),
        splay=kind.splay + _now_and_then(rng, 0.5, 0.0, 0.012),
        swing=kind.swing + float(rng.uniform(-0.008, 0.008)),
    )


def side_kind(design: HairDesign) -> SideKind:
    """Return how a design wears the hair before the ears."""
    kind = SIDES[design.side]
    if design.bend is None or kind.count[1] == 0:
        return kind
    rng = np.random.default_rng((design.bend, _SIDE))
    more = int(rng.random() < 0.3)
    bent = replace(
        kind,
        reach=_moved(kind.reach, rng.uniform(-0.04, 0.03)),
        count=(kind.count[0], kind.count[1] + more),
        wide=_times(kind.wide, rng.uniform(0.8, 1.45)),
        one_sided=kind.one_sided or bool(rng.random() < 0.12),
    )
    if bent.one_sided and not kind.one_sided:
        bent = replace(bent, tags=(*bent.tags, "asymmetrical_sidelocks"))
    return bent


def loose_kind(design: HairDesign) -> LooseKind | None:
    """Return how a design wears its hair loose; None: it is tied."""
    kind = LOOSE.get(design.back)
    if kind is None or design.bend is None:
        return kind
    return _bent_loose(kind, np.random.default_rng((design.bend, _LOOSE)))


def tied_kind(design: HairDesign) -> TiedKind | None:
    """Return how a design wears its hair tied, and what hangs loose below; None: it is loose."""
    kind = TIED.get(design.back)
    if kind is None or design.bend is None:
        return kind
    rng = np.random.default_rng((design.bend, _TIED))
    # One set of changes for all ties, so that pairs stay pairs.
    aside, up = rng.uniform(-14.0, 14.0), rng.uniform(-12.0, 12.0)
    longer, wider = rng.uniform(0.65, 1.4), rng.uniform(0.8, 1.4)
    out, rise = rng.normal(0, 0.18), rng.normal(0, 0.22)
    flip = _now_and_then(rng, 0.5, 0.0, 0.025)
    return replace(
        kind,
        ties=tuple(_bent_tie(t, aside, up, longer, wider, out, rise, flip) for t in kind.ties),
        loose=None if kind.loose is None else _bent_loose(kind.loose, rng),
        wave=kind.wave + _now_and_then(rng, 0.35, 0.004, 0.018),
    )


def loose_tags(design: HairDesign, kind: LooseKind) -> set[str]:
    """Return what Danbooru calls loose hair; of bent designs length and waves by their numbers."""
    if design.bend is None:
        return set(kind.tags)
    hem = hem_of(design, kind)
    found = set(kind.tags) - _LENGTH_TAGS | {next(tag for tag, low in LENGTHS if hem > low)}
    if kind.wave * (0.5 + design.curl) > _WAVY_M:
        found = found - {"straight_hair"} | {"wavy_hair"}
    return found


def hem_of(design: HairDesign, kind: LooseKind) -> float:
    """Return the height in metres above the head bone at which a design's loose hair ends."""
    return kind.hem[0] + (kind.hem[1] - kind.hem[0]) * design.length


def _bent_loose(kind: LooseKind, rng: np.random.Generator) -> LooseKind:
    fall = kind.fall
    # What stands off at one place does so at the others, more or less.
    fuller = np.exp(rng.normal(0, 0.22))
    top, front, side, back = (
        fuller
        * np.exp(rng.normal(0, 0.16, 4))
        * [
            fall.top,
            fall.front,
            fall.side,
            fall.back,
        ]
    )
    short = kind.hem[1] > -0.06
    plain = not (kind.step or kind.tiers or kind.spikes or kind.slick)
    step = kind.step * float(rng.uniform(0.6, 1.4))
    if plain and not short:
        step = _now_and_then(rng, 0.25, 0.05, 0.14)
    tiers, tier_m, spike, wild = kind.tiers, kind.tier_m, kind.spike, kind.wild
    if plain and not step and rng.random() < 0.2:
        tiers, tier_m = int(rng.integers(1, 4)), (0.09, 0.14)
        spike, wild = float(rng.uniform(0.0, 0.02)), float(rng.uniform(0.004, 0.02))
    loud = float(rng.uniform(0.6, 1.5))
    return replace(
        kind,
        fall=Fall(
            top=float(np.clip(top, 0.008, 0.036)),
            front=float(np.clip(front, 0.009, 0.026)),
            side=float(np.clip(side, 0.009, 0.046)),
            back=float(np.clip(back, 0.010, 0.050)),
            hug=float(np.clip(fall.hug + rng.normal(0, 0.25), 0.0, 1.0)),
            flare=float(np.clip(fall.flare + rng.normal(0, 0.08), -0.04, 0.34)),
            behind=float(np.clip(fall.behind + rng.normal(0, 0.3), 0.0, 1.0)),
        ),
        hem=_moved(kind.hem, rng.uniform(-0.025, 0.015) if short else rng.uniform(-0.08, 0.06)),
        rise=kind.rise + float(rng.uniform(-0.02, 0.03)),
        step=step,
        ragged=kind.ragged * float(rng.uniform(0.5, 2.2)),
        begin=float(np.clip(kind.begin + rng.uniform(-0.08, 0.1), 0.5, 0.85)),
        round=float(np.clip(kind.round + rng.uniform(-0.4, 0.5), 1.3, 2.8)),
        blunt=float(np.clip(kind.blunt + _now_and_then(rng, 0.2, 0.1, 0.5), 0.0, 0.85)),
        first=kind.first + float(rng.uniform(-5.0, 5.0)),
        loose=max(kind.loose + int(rng.integers(-3, 7)), 0),
        wave=kind.wave * float(rng.uniform(0.5, 1.5)) + _now_and_then(rng, 0.35, 0.003, 0.013),
        waves=float(np.clip(kind.waves + rng.uniform(-1.0, 1.6), 1.5, 5.0)),
        coil=float(np.clip(kind.coil + rng.uniform(-0.3, 0.5), 0.0, 1.0)),
        flip=kind.flip + float(rng.normal(0, 0.014)),
        tiers=tiers,
        tier_m=_times(tier_m, rng.uniform(0.8, 1.25)),
        spike=spike * loud,
        wild=wild * loud,
        spike_m=_times(kind.spike_m, rng.uniform(0.8, 1.25)),
    )


def _bent_tie(
    tie: Tie,
    aside: float,
    up: float,
    longer: float,
    wider: float,
    out: float,
    rise: float,
    flip: float,
) -> Tie:
    turned = abs(tie.azimuth)
    if turned < 180:
        turned = float(np.clip(turned + aside, 70.0, 160.0))
    low, high = (float(np.clip(e + up, -40.0, 66.0)) for e in tie.elevation)
    return replace(
        tie,
        azimuth=float(np.copysign(turned, tie.azimuth)),
        elevation=(low, high),
        length=_times(tie.length, longer),
        radius=_times(tie.radius, wider),
        out=float(np.clip(tie.out + out, 0.0, 1.0)),
        rise=float(np.clip(tie.rise + rise, -1.0, 1.0)),
        flip=tie.flip + flip,
    )


def _moved(span: tuple[float, float], by: float) -> tuple[float, float]:
    return span[0] + float(by), span[1] + float(by)


def _times(span: tuple[float, float], factor: float) -> tuple[float, float]:
    return span[0] * float(factor), span[1] * float(factor)


def _now_and_then(rng: np.random.Generator, share: float, low: float, high: float) -> float:
    """Return a number of a span on a share of draws, else 0."""
    drawn, value = rng.random(), rng.uniform(low, high)
    return float(value) if drawn < share else 0.0
