"""Recipes of everyday clothes: shirts, sweaters, hoodies, jackets, vests."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed
from panic3d.characters.parts.bust_paint import Canvas, Map, Places, band, soft
from panic3d.characters.parts.clothes import collars, lines, ties
from panic3d.characters.parts.clothes.design import ClothesDesign
from panic3d.characters.parts.clothes.paint import (
    button,
    lay_pattern,
    lightness,
    seam,
    tone,
)
from panic3d.characters.parts.clothes.sewing import (
    NECK,
    WRIST,
    armhole_seam,
    hem,
    knit,
    neckline,
    placket,
    rib,
    sleeve_field,
    sleeve_kind,
)
from panic3d.characters.parts.clothes.tailor import Tailor


def t_shirt(tailor: Tailor, design: ClothesDesign, colour: Rgb | None = None) -> None:
    """Put on a T-shirt; of the given colour and plain where it is worn below something."""
    own = design.colour if colour is None else colour
    main = colour is None
    neck = neckline(design) if main else lines.scoop(0.047, 0.034, 0.012)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        if main:
            lay_pattern(canvas, design.pattern, design.pattern_colour)
            if design.pattern == "print":
                _print(canvas, design.pattern_colour, design.fold)
        armhole_seam(canvas, own)
        trim = design.second if design.trim and main else tone(own, -0.03)
        rib(canvas, neck(p), trim, 0.0085)
        if design.trim and main:
            canvas.lay(band(edge, 0.0, 0.010) * p.arm, trim)
        hem(canvas, edge, own, 0.012)

    sleeve = sleeve_field(design) if main else lines.sleeve_to(0.20)
    kind = sleeve_kind(design) if main else "slim"
    tailor.layer("Shirt", [neck, sleeve], own, gap=0.0035, loose=0.55, sleeve=kind,
                 decorate=decorate)  # fmt: skip


def _print(canvas: Canvas, colour: Rgb, number: int) -> None:
    """Draw a simple figure on the chest."""
    p = canvas.places
    x, y = p.x / 0.034, (p.y + 0.188) / 0.034
    far, turn = np.hypot(x, y), np.arctan2(x, y)
    if number % 3 == 0:  # a star
        edge = 0.62 + 0.38 * np.abs(((turn * 5 / (2 * np.pi)) % 1) * 2 - 1) ** 1.2 - far
    elif number % 3 == 1:  # a heart
        edge = 0.85 - np.hypot(x, y * 1.05 - 0.55 * np.sqrt(np.abs(x)) + 0.12)
    else:  # bars, as of lettering
        wave = np.sin(x * 9.0 + 1.3 * np.sin(x * 4.1))
        edge = np.minimum(0.16 - np.abs(np.abs(y) - 0.27), wave * 0.25 + 0.17)
        edge = np.minimum(edge, 1.35 - np.abs(x))
    canvas.lay(soft(edge.astype(np.float32), -0.03, 0.03) * (p.front & ~p.arm), colour)


def shirt(
    tailor: Tailor,
    design: ClothesDesign,
    colour: Rgb | None = None,
    *,
    collar: bool = True,
    room: float = 0.0,
    short: bool | None = None,
    loose: float = 0.45,
) -> None:
    """Put on a shirt with collar and buttons."""
    own = design.colour if colour is None else colour
    main = colour is None
    pale = tone(own, 0.06 if lightness(own) < 0.85 else -0.10)
    sleeve = sleeve_field(design) if main or short is None else (
        lines.sleeve_to(0.215 if short else WRIST)
    )  # fmt: skip

    def decorate(canvas: Canvas, edge: Map) -> None:
        if main:
            lay_pattern(canvas, design.pattern, design.pattern_colour)
        armhole_seam(canvas, own)
        placket(canvas, own, pale)
        hem(canvas, edge, own, 0.010)

    tailor.layer(
        "Shirt", [NECK, sleeve], own, gap=0.0035, loose=loose,
        sleeve="loose" if (design.sleeve == "short" if short is None else short) else "slim",
        decorate=decorate,
    )  # fmt: skip
    if collar:
        trim = design.second if main and design.fold % 4 == 0 else None
        gap = 7.0 if design.neck else 13.0
        tailor.add_leaf(collars.shirt_collar(tailor.fit, own, trim, gap_deg=gap, room=room))


def vest(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a knitted vest over a shirt."""
    shirt(tailor, design, design.second, short=design.sleeve == "short", loose=0.35, room=0.0035)
    own = design.colour
    neck = lines.vee(0.054, 0.105, 0.014)
    stripe = design.accent if design.trim else tone(own, -0.05)

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        knit(canvas)
        rib(canvas, edge, own, 0.0095)
        if design.trim:
            canvas.lay(band(edge, 0.0115, 0.0150), stripe)

    tailor.layer("Vest", [neck, lines.armhole(0.122, 0.010)], own, gap=0.0042, loose=0.45,
                 decorate=decorate, depth=0.6)  # fmt: skip


def sweater(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a sweater, with a rolled collar if it is a turtleneck."""
    own = design.colour
    roll = design.kind == "turtleneck"
    neck = NECK if roll else lines.scoop(0.048, 0.030, 0.010)

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour, 1.3)
        knit(canvas)
        if not roll:
            rib(canvas, neck(canvas.places), tone(own, -0.02), 0.012)
        hem(canvas, edge, own, 0.02)

    tight = roll and design.sleeve == "none"
    tailor.layer(
        "Sweater", [neck, sleeve_field(design)], own, gap=0.003 if tight else 0.0055,
        loose=0.15 if tight else 0.6, sleeve="slim" if tight else "loose", decorate=decorate,
    )  # fmt: skip
    if roll:
        tailor.add(collars.turtleneck(tailor.fit, own))


def hoodie(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a hoodie, its hood up or down."""
    own = design.colour
    neck = lines.scoop(0.052, 0.046, 0.014)
    tailor.layer("Undershirt", [lines.scoop(0.047, 0.030, 0.012), lines.sleeve_to(0.10)],
                 design.second, gap=0.002, fold=False)  # fmt: skip

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        if design.fold % 2:  # a zip
            canvas.lay(on * soft(np.abs(p.x), 0.0030, 0.0018), design.metal)
            seam(canvas, np.abs(p.x) - 0.009, on, own)
        else:
            pocket = np.maximum(np.abs(p.x) - 0.075 + 0.4 * (p.y + 0.31), np.abs(p.y + 0.31) - 0.04)
            canvas.lay(0.6 * on * band(pocket, -0.001, 0.001), tone(own, -0.14))

    tailor.layer("Hoodie", [neck, lines.sleeve_to(WRIST)], own, gap=0.006 + 0.014 * design.fullness,
                 loose=0.8, sleeve="loose", decorate=decorate, depth=1.15)  # fmt: skip
    hood(tailor, design)
    tailor.add(ties.strings(tailor.fit, design.second if lightness(design.second) > 0.6
                            else (0.95, 0.95, 0.95)))  # fmt: skip


def hood(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on the hood of a garment, if it has one."""
    lining = tone(design.colour, -0.12) if design.fold % 2 else design.second
    if design.hood == "down":
        tailor.add(collars.hood_down(tailor.fit, design.colour, lining, design.fullness))
    elif design.hood == "up":
        tailor.add(collars.hood_up(tailor.fit, design.colour, lining))


def inner(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on what is worn below an open jacket or a cloak."""
    if design.inner == "shirt":
        cloak = design.kind == "cloak"
        shirt(tailor, design, design.second, short=False, loose=0.3, collar=not cloak)
        if cloak:
            tailor.add(collars.high_collar(tailor.fit, design.second, 0.40, gap_deg=5.0))
    elif design.inner == "turtleneck":
        tailor.layer("Sweater", [NECK, lines.sleeve_to(0.30)], design.second, gap=0.003, loose=0.3)
        tailor.add(collars.turtleneck(tailor.fit, design.second))
    else:
        t_shirt(tailor, design, design.second)


def jacket(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on an open jacket."""
    inner(tailor, design)
    own = design.colour
    front = lines.opened(0.040, 0.062)
    # Up to a collar, lest what is below shows beneath its leaf.
    collared = not design.hood and design.inner != "shirt"
    neck = NECK if collared else lines.scoop(0.055, 0.030, 0.012)
    stripe = design.accent if design.trim else tone(own, -0.05)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, own)
        off = front(p)
        on = (p.front & ~p.arm).astype(np.float32)
        canvas.lay(on * band(off, 0.0, 0.0035), design.metal)
        seam(canvas, off - 0.010, on, own)
        if design.trim:
            canvas.lay(p.arm * band(np.abs(p.y + 0.095), 0.0, 0.0045), stripe)
            canvas.lay(p.arm * band(np.abs(p.y + 0.108), 0.0, 0.0025), stripe)

    tailor.layer("Jacket", [front, neck, lines.sleeve_to(WRIST)], own, gap=0.006, loose=0.75,
                 sleeve="loose", decorate=decorate, depth=1.1)  # fmt: skip
    if design.hood:
        hood(tailor, design)
    elif collared:
        tailor.add_leaf(collars.shirt_collar(tailor.fit, own, stripe if design.trim else None,
                                             size=1.1, gap_deg=34.0, room=0.007))  # fmt: skip


def suspenders(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on suspenders over a shirt."""
    shirt(tailor, design, design.second, short=design.sleeve == "short")
    straps = lines.strap_sides(0.066, 0.020, 0.10)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(0.5 * band(edge, 0.0020, 0.0030), tone(design.colour, -0.14))
        clip = np.abs(p.y + 0.205) - 0.007
        canvas.lay(p.front * soft(clip.astype(np.float32), 0.0006, -0.0006), design.metal)

    tailor.layer("Suspenders", [*straps, lines.armhole(0.118, 0.0)], design.colour, gap=0.0030,
                 decorate=decorate, fold=False)  # fmt: skip


def overalls(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on overalls over a T-shirt."""
    own = design.colour
    neck = lines.scoop(0.048, 0.032, 0.012)

    def below(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        armhole_seam(canvas, design.second)
        rib(canvas, neck(canvas.places), tone(design.second, -0.04), 0.009)

    sleeve = sleeve_field(design)
    tailor.layer("Shirt", [neck, sleeve], design.second, gap=0.0035, loose=0.5,
                 sleeve=sleeve_kind(design), decorate=below)  # fmt: skip
    straps = lines.both(lines.strap(0.062, 0.026, 0.05), lines.armhole(0.118, 0.0))

    def field(p: Places) -> Map:
        bib = np.where(p.front, np.minimum(-0.160 - p.y, 0.076 - p.across), -1.0)
        lower = -0.262 - p.y
        found: Map = np.maximum.reduce([bib, straps(p), lower]).astype(np.float32)
        return found

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        on = (p.front & ~p.arm).astype(np.float32)
        stitch = mixed(own, (0.95, 0.85, 0.6), 0.55)
        canvas.lay(0.9 * band(edge, 0.0042, 0.0052), stitch)
        box = np.maximum(np.abs(p.x) - 0.036, np.abs(p.y + 0.222) - 0.030)
        canvas.lay(0.9 * on * band(box, -0.0010, 0.0), stitch)
        canvas.darken(0.3 * on * band(box, 0.0, 0.0014))
        for side in (-1.0, 1.0):
            button(canvas, side * 0.064, -0.172, 0.0085, design.metal)

    tailor.layer("Overalls", [field, lines.sleeve_to(0.13)], own, gap=0.0040, loose=0.4,
                 decorate=decorate, depth=0.6)  # fmt: skip
