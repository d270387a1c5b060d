"""Ways to wear hair tied, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from panic3d.characters.parts.hair.back_kinds import LooseKind
from panic3d.characters.parts.hair.guide import Fall


@dataclass(frozen=True, kw_only=True)
class Tie:
    """One place where hair is bound, and what becomes of it there."""

    name: str
    """Of the anchor: "tail_left"."""
    azimuth: float
    elevation: tuple[float, float]
    """At the design's lowest and highest."""
    what: Literal["tail", "braid", "bun", "drill"] = "tail"
    length: tuple[float, float] = (0.25, 0.40)
    radius: tuple[float, float] = (0.030, 0.040)
    out: float = 0.5
    """How far it stands off before it falls, 0 to 1."""
    rise: float = 0.3
    """How steeply it leaves the head: 1 straight up, 0 level, -1 down."""
    flip: float = 0.0
    """Metres the tips of a tail turn outwards."""
    forward: bool = False
    """Falls over the shoulder to the front."""


@dataclass(frozen=True, kw_only=True)
class TiedKind:
    """A way to wear hair tied."""

    ties: tuple[Tie, ...]
    comb: Literal["all", "parted", "half", "locks"] = "all"
    """All hair to one place, each half of it to its own, the upper part, or a lock only."""
    loose: LooseKind | None = None
    """What hangs loose below."""
    wave: float = 0.0
    """Metres the lengths swing."""
    tags: tuple[str, ...] = ()


def _both(**choices: object) -> tuple[Tie, Tie]:
    azimuth = float(choices.pop("azimuth"))  # type: ignore[arg-type]
    name = str(choices.pop("name"))
    return (
        Tie(name=f"{name}_left", azimuth=azimuth, **choices),  # type: ignore[arg-type]
        Tie(name=f"{name}_right", azimuth=-azimuth, **choices),  # type: ignore[arg-type]
    )


def _hanging(hem: tuple[float, float], flare: float, tags: tuple[str, ...]) -> LooseKind:
    return LooseKind(fall=Fall(flare=flare), hem=hem, rise=0.02, loose=4, tags=tags)


TIED: dict[str, TiedKind] = {
    "low_tied": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180.0,
                elevation=(-31.0, -24.0),
                length=(0.30, 0.42),
                radius=(0.028, 0.036),
                out=0.05,
                rise=-0.6,
            ),
        ),
        tags=("low-tied_long_hair", "long_hair"),
    ),
    "high_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180.0,
                elevation=(28.0, 50.0),
                length=(0.32, 0.50),
                radius=(0.036, 0.046),
                out=0.40,
                rise=0.5,
            ),
        ),
        tags=("ponytail", "high_ponytail", "long_hair"),
    ),
    "low_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180.0,
                elevation=(-22.0, -4.0),
                length=(0.22, 0.36),
                radius=(0.026, 0.034),
                out=0.25,
                rise=0.0,
            ),
        ),
        tags=("ponytail", "low_ponytail"),
    ),
    "short_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180.0,
                elevation=(0.0, 34.0),
                length=(0.10, 0.15),
                radius=(0.028, 0.036),
                out=0.75,
                rise=0.4,
                flip=0.02,
            ),
        ),
        tags=("ponytail", "short_ponytail", "medium_hair"),
    ),
    "side_ponytail": TiedKind(
        ties=(
            Tie(
                name="tail_left",
                azimuth=112.0,
                elevation=(8.0, 36.0),
                length=(0.28, 0.42),
                radius=(0.034, 0.044),
                out=0.45,
                rise=0.35,
            ),
        ),
        tags=("side_ponytail", "long_hair"),
    ),
    "high_twintails": TiedKind(
        ties=_both(
            name="tail",
            azimuth=107.0,
            elevation=(24.0, 42.0),
            length=(0.325, 0.50),
            radius=(0.032, 0.044),
            out=0.28,
            rise=0.3,
        ),
        comb="parted",
        tags=("twintails", "long_hair"),
    ),
    "low_twintails": TiedKind(
        ties=_both(
            name="tail",
            azimuth=128.0,
            elevation=(-24.0, -10.0),
            length=(0.24, 0.38),
            radius=(0.026, 0.034),
            out=0.35,
            rise=-0.2,
        ),
        comb="parted",
        tags=("low_twintails", "twintails", "long_hair"),
    ),
    "short_twintails": TiedKind(
        ties=_both(
            name="tail",
            azimuth=115.0,
            elevation=(-4.0, 26.0),
            length=(0.09, 0.14),
            radius=(0.026, 0.034),
            out=0.85,
            rise=0.15,
            flip=0.02,
        ),
        comb="parted",
        tags=("short_twintails", "twintails", "short_hair"),
    ),
    "single_braid": TiedKind(
        ties=(
            Tie(
                name="braid",
                azimuth=180.0,
                elevation=(-28.0, 4.0),
                what="braid",
                length=(0.26, 0.40),
                radius=(0.026, 0.034),
                out=0.12,
                rise=-0.3,
            ),
        ),
        tags=("braid", "single_braid", "long_hair"),
    ),
    "side_braid": TiedKind(
        ties=(
            Tie(
                name="braid",
                azimuth=118.0,
                elevation=(-30.0, -22.0),
                what="braid",
                length=(0.24, 0.34),
                radius=(0.024, 0.032),
                out=0.10,
                rise=-0.6,
                forward=True,
            ),
        ),
        tags=("braid", "side_braid", "braid_over_shoulder", "long_hair"),
    ),
    "twin_braids": TiedKind(
        ties=_both(
            name="braid",
            azimuth=112.0,
            elevation=(-26.0, -2.0),
            what="braid",
            length=(0.22, 0.36),
            radius=(0.019, 0.025),
            out=0.30,
            rise=-0.3,
        ),
        comb="parted",
        tags=("braid", "twin_braids", "long_hair"),
    ),
    "front_braids": TiedKind(
        ties=_both(
            name="braid",
            azimuth=103.0,
            elevation=(-31.0, -26.0),
            what="braid",
            length=(0.20, 0.30),
            radius=(0.018, 0.023),
            out=0.12,
            rise=-0.6,
            forward=True,
        ),
        comb="parted",
        tags=("braid", "low_twin_braids", "twin_braids", "long_hair"),
    ),
    "single_bun": TiedKind(
        ties=(
            Tie(
                name="bun_back",
                azimuth=180.0,
                elevation=(34.0, 66.0),
                what="bun",
                radius=(0.038, 0.048),
            ),
        ),
        tags=("hair_bun", "single_hair_bun"),
    ),
    "low_bun": TiedKind(
        ties=(
            Tie(
                name="bun_back",
                azimuth=180.0,
                elevation=(-18.0, 8.0),
                what="bun",
                radius=(0.036, 0.046),
            ),
        ),
        tags=("hair_bun", "single_hair_bun"),
    ),
    "double_bun": TiedKind(
        ties=_both(
            name="bun", azimuth=95.0, elevation=(36.0, 50.0), what="bun", radius=(0.032, 0.044)
        ),
        comb="parted",
        tags=("hair_bun", "double_bun"),
    ),
    "three_buns": TiedKind(
        ties=(
            *_both(
                name="bun", azimuth=138.0, elevation=(20.0, 32.0), what="bun", radius=(0.043, 0.056)
            ),
            Tie(
                name="bun_top",
                azimuth=180.0,
                elevation=(52.0, 66.0),
                what="bun",
                radius=(0.040, 0.050),
            ),
        ),
        comb="parted",
        loose=LooseKind(fall=Fall(hug=1.0), hem=(0.0, -0.02), rise=0.03, loose=2),
        tags=("hair_bun",),
    ),
    "twin_drills": TiedKind(
        ties=_both(
            name="drill",
            azimuth=100.0,
            elevation=(0.0, 34.0),
            what="drill",
            length=(0.20, 0.32),
            radius=(0.036, 0.048),
            out=0.20,
            rise=0.1,
        ),
        comb="parted",
        tags=("twin_drills", "drill_hair", "twintails", "long_hair"),
    ),
    "drill_locks": TiedKind(
        ties=(
            *_both(
                name="drill_front",
                azimuth=78.0,
                elevation=(-24.0, -16.0),
                what="drill",
                length=(0.16, 0.22),
                radius=(0.023, 0.029),
                out=0.12,
                rise=-0.8,
                forward=True,
            ),
            *_both(
                name="drill_side",
                azimuth=112.0,
                elevation=(-32.0, -24.0),
                what="drill",
                length=(0.20, 0.27),
                radius=(0.027, 0.033),
                out=0.22,
                rise=-0.6,
            ),
            *_both(
                name="drill_back",
                azimuth=156.0,
                elevation=(-40.0, -31.0),
                what="drill",
                length=(0.22, 0.30),
                radius=(0.029, 0.036),
                out=0.22,
                rise=-0.6,
            ),
        ),
        comb="locks",
        loose=LooseKind(
            fall=Fall(side=0.020, back=0.022, hug=0.5, behind=0.3),
            hem=(0.045, 0.02),
            ragged=0.003,
            begin=0.7,
            first=70.0,
            loose=0,
            flip=-0.02,
            lined=True,
        ),
        tags=("drill_hair", "drill_sidelocks", "long_hair"),
    ),
    "two_side_up": TiedKind(
        ties=_both(
            name="tail",
            azimuth=88.0,
            elevation=(30.0, 46.0),
            length=(0.20, 0.34),
            radius=(0.020, 0.027),
            out=0.20,
            rise=0.30,
        ),
        comb="locks",
        loose=_hanging((-0.13, -0.28), 0.06, ()),
        tags=("two_side_up", "long_hair"),
    ),
    "one_side_up": TiedKind(
        ties=(
            Tie(
                name="tail_left",
                azimuth=80.0,
                elevation=(34.0, 54.0),
                length=(0.16, 0.28),
                radius=(0.028, 0.050),
                out=0.22,
                rise=0.35,
            ),
        ),
        comb="locks",
        loose=LooseKind(
            fall=Fall(back=0.019, hug=0.6), hem=(-0.06, -0.16), rise=0.02, loose=4, flip=0.035
        ),
        tags=("one_side_up",),
    ),
    "half_updo": TiedKind(
        ties=(
            Tie(
                name="tail_back",
                azimuth=180.0,
                elevation=(12.0, 26.0),
                length=(0.16, 0.26),
                radius=(0.022, 0.028),
                out=0.02,
                rise=-0.5,
            ),
        ),
        comb="half",
        loose=_hanging((-0.14, -0.32), 0.02, ()),
        tags=("half_updo", "long_hair"),
    ),
    "half_braid": TiedKind(
        ties=(
            Tie(
                name="braid",
                azimuth=180.0,
                elevation=(6.0, 20.0),
                what="braid",
                length=(0.16, 0.26),
                radius=(0.017, 0.022),
                out=0.05,
                rise=-0.4,
            ),
        ),
        comb="half",
        loose=_hanging((-0.20, -0.34), 0.09, ()),
        tags=("half_updo", "braid", "long_hair"),
    ),
    "half_bun": TiedKind(
        ties=(
            Tie(
                name="bun_back",
                azimuth=180.0,
                elevation=(34.0, 56.0),
                what="bun",
                radius=(0.028, 0.036),
            ),
        ),
        comb="half",
        loose=_hanging((-0.06, -0.18), 0.07, ()),
        tags=("half_updo", "hair_bun", "single_hair_bun"),
    ),
}
