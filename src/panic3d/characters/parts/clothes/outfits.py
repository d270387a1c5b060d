"""How a design is put on: the recipe of its kind, then what goes around the neck."""

from __future__ import annotations

from collections.abc import Callable

from panic3d.characters.parts.clothes import collars, ties
from panic3d.characters.parts.clothes.bags import backpack
from panic3d.characters.parts.clothes.design import ClothesDesign
from panic3d.characters.parts.clothes.dresses import (
    china,
    dress,
    halter,
    kimono,
    off_shoulder,
    strapless,
    tank_top,
)
from panic3d.characters.parts.clothes.everyday import (
    hoodie,
    jacket,
    overalls,
    shirt,
    suspenders,
    sweater,
    t_shirt,
    vest,
)
from panic3d.characters.parts.clothes.paint import (
    lightness,
    tone,
)
from panic3d.characters.parts.clothes.tailor import Tailor
from panic3d.characters.parts.clothes.uniforms import (
    armor,
    blazer,
    cloak,
    gakuran,
    maid,
    military,
    serafuku,
)


def wear(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on all of a design."""
    _RECIPES[design.kind](tailor, design)
    _neckwear(tailor, design)
    if design.bag:
        backpack(tailor, design.second, tone(design.accent, -0.05), 0.85 + 0.07 * design.fold)


def _neckwear(tailor: Tailor, design: ClothesDesign) -> None:
    fit, accent = tailor.fit, design.accent
    if design.kind == "serafuku":  # its bow sits lower and is part of the recipe
        return
    contrast = tone(accent, 0.25 if lightness(accent) < 0.7 else -0.3)
    if design.neck == "necktie":
        second = contrast if design.fold % 2 else None
        tailor.add(ties.necktie(fit, accent, second))
    elif design.neck == "bow":
        edge = contrast if design.fold % 3 == 0 else None
        tailor.add(ties.bow(fit, accent, 1.0 + 0.08 * (design.fold % 3), edge=edge))
    elif design.neck == "ribbon":
        tailor.add(ties.bow(fit, accent, 0.62, tails=0.085, droop=0.5))
    elif design.neck == "jabot":
        tailor.add(ties.jabot(fit, (0.97, 0.97, 0.98), design.accent))
    around = design.around
    if around in ("choker", "bell"):
        tailor.add(collars.choker(fit, accent, 0.011 if around == "choker" else 0.014))
    if around == "bell":
        tailor.add(ties.bell(fit, (0.93, 0.76, 0.30)))
    elif around == "scarf":
        second = contrast if design.fold % 2 else None
        tails = design.fold % 3 != 0 and design.kind != "cloak"
        tailor.add(collars.scarf(fit, accent, second, tails=tails))
    elif around == "necklace":
        tailor.add(collars.necklace(fit, design.metal, 0.010, 0.0016))
    elif around == "pendant":
        tailor.add(collars.necklace(fit, design.metal, 0.012))
        tailor.add(ties.pendant(fit, accent, 0.012))
    elif around == "fur":
        pale = (0.95, 0.94, 0.93) if lightness(design.colour) < 0.8 else (0.50, 0.42, 0.38)
        tailor.add(collars.fur_trim(fit, pale))


_RECIPES: dict[str, Callable[[Tailor, ClothesDesign], None]] = {
    "t_shirt": t_shirt,
    "shirt": shirt,
    "serafuku": serafuku,
    "blazer": blazer,
    "vest": vest,
    "sweater": sweater,
    "turtleneck": sweater,
    "hoodie": hoodie,
    "jacket": jacket,
    "kimono": kimono,
    "dress": dress,
    "off_shoulder": off_shoulder,
    "strapless": strapless,
    "tank_top": tank_top,
    "camisole": tank_top,
    "halter": halter,
    "gakuran": gakuran,
    "military": military,
    "cloak": cloak,
    "armor": armor,
    "maid": maid,
    "suspenders": suspenders,
    "overalls": overalls,
    "china": china,
}
