"""Families of hairstyles: no fringe and no way to wear the back belongs to two of them.

So a family that is held out of training holds out its shapes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Family:
    """Hairstyles of one kind."""

    fringes: tuple[str, ...]
    backs: tuple[str, ...]
    sides: tuple[str, ...]
    """Sidelocks that go with them; shared with other families."""
    weight: float = 1.0
    boyish: float = 0.1
    """Weight for male characters."""


FAMILIES: dict[str, Family] = {
    "hime": Family(
        fringes=("hime_blunt", "hime_arched"),
        backs=("hime_straight", "hime_stepped"),
        sides=("hime", "hime", "wide"),
        weight=0.9,
        boyish=0.0,
    ),
    "long_straight": Family(
        fringes=("straight_jagged", "notched", "see_through"),
        backs=("long_straight", "very_long", "layered", "low_tied"),
        sides=("short", "chin", "long", "very_long", "thin", "asymmetrical"),
        weight=1.5,
        boyish=0.3,
    ),
    "bob": Family(
        fringes=("bob_round", "bob_swept"),
        backs=("bob", "inverted_bob", "flipped_bob", "mushroom"),
        sides=("short", "chin", "wide", "none", "asymmetrical"),
        weight=1.2,
        boyish=0.4,
    ),
    "pixie_spiky": Family(
        fringes=("spiky_teeth", "choppy"),
        backs=("pixie", "spiky", "wild_spikes"),
        sides=("short", "thin", "none"),
        weight=1.0,
        boyish=3.0,
    ),
    "ponytail": Family(
        fringes=("pony_eyes", "pony_part"),
        backs=("high_ponytail", "low_ponytail", "short_ponytail", "side_ponytail"),
        sides=("short", "chin", "long", "thin", "very_long"),
        weight=1.3,
        boyish=0.7,
    ),
    "twintails": Family(
        fringes=("twin_eyes", "twin_vee"),
        backs=("high_twintails", "low_twintails", "short_twintails"),
        sides=("short", "chin", "thin", "long"),
        weight=1.3,
        boyish=0.0,
    ),
    "braids": Family(
        fringes=("braid_middle", "braid_swept"),
        backs=("single_braid", "side_braid", "twin_braids", "front_braids"),
        sides=("short", "chin", "thin", "none", "long"),
        weight=1.0,
        boyish=0.15,
    ),
    "buns": Family(
        fringes=("bun_blunt", "bun_wisps"),
        backs=("single_bun", "low_bun", "double_bun", "three_buns", "three_buns"),
        sides=("thin", "none", "none", "long", "short"),
        weight=1.0,
        boyish=0.1,
    ),
    "drills": Family(
        fringes=("drill_round", "drill_cross"),
        backs=("twin_drills", "drill_locks"),
        sides=("none", "short", "thin"),
        weight=0.7,
        boyish=0.0,
    ),
    "wavy_curly": Family(
        fringes=("wavy_part", "curly"),
        backs=("wavy", "wavy_medium", "curls", "curly_short"),
        sides=("none", "short", "chin", "long"),
        weight=1.2,
        boyish=0.6,
    ),
    "two_side_up": Family(
        fringes=("side_up_eyes", "side_up_slope"),
        backs=("two_side_up", "one_side_up", "one_side_up"),
        sides=("short", "chin", "long", "wide"),
        weight=1.5,
        boyish=0.0,
    ),
    "wolf": Family(
        fringes=("wolf_over", "wolf_layers"),
        backs=("wolf_cut", "mullet", "shaggy"),
        sides=("short", "chin", "thin", "asymmetrical"),
        weight=1.0,
        boyish=1.5,
    ),
    "swept_short": Family(
        fringes=("swept_short", "swept_short", "slicked"),
        backs=("short_messy", "short_neat", "short_messy", "combed_back"),
        sides=("none", "short", "none", "thin"),
        weight=0.9,
        boyish=3.0,
    ),
    "half_updo": Family(
        fringes=("half_curtain", "half_soft"),
        backs=("half_updo", "half_braid", "half_bun"),
        sides=("chin", "long", "none", "very_long"),
        weight=1.0,
        boyish=0.1,
    ),
}
