"""Recipes of uniforms and costumes: serafuku, blazer, gakuran, military, cloak, armour, maid."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, mixed
from panic3d.characters.parts.bust_paint import Canvas, Map, Places, band, soft
from panic3d.characters.parts.clothes import collars, lines, ties
from panic3d.characters.parts.clothes.capes import cape
from panic3d.characters.parts.clothes.design import ClothesDesign
from panic3d.characters.parts.clothes.everyday import (
    inner,
    shirt,
)
from panic3d.characters.parts.clothes.lines import Field
from panic3d.characters.parts.clothes.paint import (
    button,
    lightness,
    seam,
    tone,
)
from panic3d.characters.parts.clothes.sewing import (
    NECK,
    WRIST,
    armhole_seam,
    drop,
    hem,
    sleeve_field,
    sleeve_kind,
)
from panic3d.characters.parts.clothes.tailor import Tailor


def serafuku(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a sailor uniform."""
    neck = lines.vee(0.052, 0.100, 0.016)
    white = (0.97, 0.97, 0.98) if lightness(design.second) < 0.8 else design.accent

    def insert(canvas: Canvas, edge: Map) -> None:
        hem(canvas, edge, design.second, 0.006)
        canvas.lay(band(edge, 0.0030, 0.0048), white)

    tailor.layer(
        "Insert", [lines.high_neck(-0.118, -0.085), lines.sleeve_to(0.09)], design.colour,
        gap=0.0022, decorate=None, fold=False,
    )  # fmt: skip

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, design.colour)
        cuff = 0.016 if design.sleeve == "short" else 0.03
        on = (p.arm & (edge < cuff)).astype(np.float32)
        canvas.lay(on, design.second)
        canvas.lay(p.arm * band(edge, 0.45 * cuff, 0.62 * cuff), white)

    tailor.layer(
        "Shirt", [neck, sleeve_field(design)], design.colour, gap=0.0030, loose=0.55,
        sleeve=sleeve_kind(design), decorate=decorate,
    )  # fmt: skip
    flap = lines.flap(0.098, -0.215, -0.190, neck)

    def stripes(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        border = np.where(p.front, edge, edge)
        for k in range(1 + design.fold % 3):
            canvas.lay(band(border, 0.008 + 0.006 * k, 0.0105 + 0.006 * k) * (neck(p) > 0.006),
                       white)  # fmt: skip

    tailor.layer("SailorCollar", [flap], design.second, gap=0.0040, loose=0.3, decorate=stripes,
                 depth=0.5)  # fmt: skip
    if design.neck == "neckerchief":
        tailor.add(ties.neckerchief(tailor.fit, design.accent, -0.186 * drop(tailor)))
    else:
        y = -0.178 * drop(tailor)
        z = float(tailor.fit.front_z(np.zeros(1), np.full(1, y))[0])
        tailor.add(ties.bow(tailor.fit, design.accent, 1.05, tails=0.07, droop=0.3,
                            at=np.array([0.0, y, z])))  # fmt: skip


def blazer(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a blazer over a shirt."""
    shirt(tailor, design, design.second, short=False, loose=0.3, room=0.004)
    own = design.colour
    neck = lines.vee(0.058, 0.165, 0.012)
    edge_colour = design.accent if design.trim else tone(own, -0.07)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        seam(canvas, p.x - 0.004, on * (p.y < -0.24), own)
        for k in range(3):
            button(canvas, -0.010, -0.262 - 0.04 * k, 0.0062, design.metal)
        # A breast pocket with a crest on the left.
        box = np.maximum(np.abs(p.x - 0.062) - 0.020, np.abs(p.y + 0.205) - 0.022)
        canvas.lay(0.5 * on * band(box, -0.0012, 0.0012), tone(own, -0.12))
        crest = np.maximum(np.abs(p.x - 0.062) / 0.010, np.abs(p.y + 0.203) / 0.012)
        canvas.lay(on * soft(crest, 1.06, 0.94), design.metal)
        canvas.lay(on * soft(crest, 0.62, 0.5), design.accent)
        hem(canvas, edge, own, 0.006)

    tailor.layer("Jacket", [neck, lines.sleeve_to(WRIST)], own, gap=0.0045, loose=0.5,
                 sleeve="slim", sleeve_width=2.0, decorate=decorate)  # fmt: skip
    lapel = _lapel(neck, 0.034, -0.235)

    def on_lapel(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        if design.trim:
            canvas.lay(band(edge, 0.0, 0.0042), edge_colour)
        # The notch between collar and lapel.
        notch = p.y + 0.122 + 0.25 * (p.across - 0.03)
        canvas.lay(0.8 * (p.front & ~p.arm) * band(notch, -0.0010, 0.0010), tone(own, -0.15))

    tailor.layer("Lapel", [lapel], tone(own, 0.015), gap=0.0028, decorate=on_lapel, depth=0.3)


def _lapel(neck: Field, width: float, tip: float) -> Field:
    """A band along a V neckline, widest in the middle, with a notch."""

    def field(p: Places) -> Map:
        inner = neck(p)
        down = np.clip((-0.085 - p.y) / (-0.085 - tip), 0.0, 1.0)
        wide = width * (
            0.62 + 0.62 * np.maximum(np.sin(np.pi * np.clip(down * 1.02, 0, 1)), 0) ** 0.9
        )
        wide = wide * np.clip((1.02 - down) / 0.25, 0.0, 1.0)
        # The notch.
        at = (p.y + 0.122 + 0.25 * (p.across - 0.03)) / 0.006
        wide = np.where(p.front, wide - 0.010 * np.exp(-((at - 0.4) ** 2)), 0.026)
        found: Map = np.minimum(inner, wide - inner).astype(np.float32)
        return found

    return field


def gakuran(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a black school jacket with a stiff collar."""
    own = design.colour

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        seam(canvas, p.x + 0.012, on, own)
        for k in range(5):
            button(canvas, 0.0, -0.126 - 0.046 * k, 0.0072, design.metal)
        box = np.maximum(np.abs(p.x - 0.060) - 0.020, np.abs(p.y + 0.200) - 0.005)
        canvas.lay(0.55 * on * band(box, -0.001, 0.001), tone(own, -0.10))

    tailor.layer("Jacket", [NECK, lines.sleeve_to(WRIST)], own, gap=0.0055, loose=0.6,
                 sleeve="slim", sleeve_width=2.5, decorate=decorate)  # fmt: skip
    tailor.add(collars.high_collar(tailor.fit, own, 0.62, gap_deg=3.0, trim=None))


def military(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a uniform with cords or two rows of buttons, and epaulettes."""
    own = design.colour
    gold = design.metal
    band_colour = design.second if abs(lightness(design.second) - lightness(own)) > 0.2 else gold

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        if design.fold % 2:  # two rows of buttons on a bib
            bib = np.abs(p.x) - 0.046 - 0.10 * np.maximum(p.y + 0.25, 0)
            canvas.lay(
                on * soft(bib, 0.0006, -0.0006) * soft(p.y, -0.11, -0.115),
                mixed(own, band_colour, 0.12),
            )
            canvas.lay(on * band(bib, -0.0035, 0.0) * (p.y < -0.112), gold)
            for k in range(4):
                for side in (-1.0, 1.0):
                    button(canvas, side * 0.034, -0.140 - 0.042 * k, 0.0064, gold)
        else:  # cords across
            canvas.lay(on * band(np.abs(p.x), 0.0, 0.0035), gold)
            for k in range(5):
                y = -0.130 - 0.034 * k
                cord = np.abs(p.y - y + 0.06 * np.abs(p.x)) - 0.0022
                canvas.lay(on * soft(cord, 0.0006, -0.0006) * (np.abs(p.x) < 0.050), gold)
                button(canvas, 0.052, y - 0.003, 0.0050, gold)
                button(canvas, -0.052, y - 0.003, 0.0050, gold)

    tailor.layer("Jacket", [NECK, lines.sleeve_to(WRIST)], own, gap=0.0055, loose=0.4,
                 sleeve="slim", sleeve_width=2.5, decorate=decorate)  # fmt: skip

    def board(p: Places) -> Map:
        found: Map = np.minimum.reduce(
            [p.across - 0.066, 0.148 - p.across, 0.024 - np.abs(p.z + 0.010), p.y + 0.12]
        ).astype(np.float32)
        return found

    def on_board(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(band(edge, 0.0, 0.0045), gold)
        canvas.lay(soft(p.across, 0.120, 0.122), gold)
        canvas.darken(0.4 * soft(p.across, 0.122, 0.124) * (0.5 + 0.5 * np.sin(p.z * 1300)))

    tailor.layer("Epaulettes", [board], band_colour, gap=0.0055, decorate=on_board, fold=False)
    tailor.add(collars.high_collar(tailor.fit, own, 0.55, trim=gold))


def cloak(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a cape over a shirt."""
    inner(tailor, design)
    long = design.fold % 2 == 0
    trim = design.second if design.trim else None
    tailor.add(
        cape(tailor.fit, design.colour, design.second, trim, design.metal,
             bottom=-0.43 if long else -0.225, opening_deg=34.0 if long else 20.0,
             below=tailor.pieces)
    )  # fmt: skip
    if design.hood == "up":
        tailor.add(collars.hood_up(tailor.fit, design.colour, tone(design.colour, -0.12)))


def armor(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a breastplate and plates on the shoulders."""
    under = design.second
    tailor.layer("Undersuit", [NECK, lines.sleeve_to(WRIST)], under, gap=0.003, loose=0.15,
                 depth=0.7)  # fmt: skip
    tailor.add(collars.high_collar(tailor.fit, under, 0.5, trim=design.metal))
    steel, gold = design.colour, design.metal
    neck = lines.scoop(0.052, 0.050, 0.020)

    def plate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _steel(canvas, steel)
        canvas.lay(band(edge, 0.0, 0.0060), gold)
        canvas.darken(0.6 * band(edge, 0.0060, 0.0078))
        on = (p.front & ~p.arm).astype(np.float32)
        canvas.lay(0.6 * on * band(np.abs(p.x), 0.0, 0.0014) * (p.y < -0.14), tone(steel, -0.22))
        line = np.abs(p.y + 0.225 - 0.5 * np.abs(p.x))
        canvas.lay(0.5 * on * band(line, 0.0, 0.0013), tone(steel, -0.20))
        gem = np.hypot(p.x, p.y + 0.146) / 0.011
        canvas.lay(on * soft(gem, 1.25, 1.1), gold)
        canvas.lay(on * soft(gem, 0.85, 0.75), design.accent)
        canvas.lighten(on * soft(np.hypot(p.x + 0.003, p.y + 0.143), 0.004, 0.001), 0.7)

    tailor.layer("Breastplate", [neck, lines.armhole(0.106, 0.008)], steel, gap=0.0075, loose=0.5,
                 decorate=plate, fold=False)  # fmt: skip

    for k, (start, end, gap) in enumerate(((0.118, 0.192, 0.009), (0.082, 0.160, 0.0065))):

        def field(p: Places, start: float = start, end: float = end) -> Map:
            ring = p.y + 0.150 + 0.010 * np.cos((p.across - start) / (end - start) * np.pi)
            found: Map = np.minimum.reduce([p.across - start, end - p.across, ring])
            return found.astype(np.float32)

        def paint(canvas: Canvas, edge: Map) -> None:
            _steel(canvas, steel)
            canvas.lay(band(edge, 0.0, 0.0050), gold)
            canvas.darken(0.5 * band(edge, 0.0050, 0.0065))

        tailor.layer(f"Pauldron{k}", [field], steel, gap=gap, decorate=paint, fold=False)


def _steel(canvas: Canvas, colour: Rgb) -> None:
    """Lay bands of light and dark as polished metal mirrors them."""
    p = canvas.places
    v = np.where(p.arm, p.y * 1.4, p.y) * 26 + 4 * p.across
    canvas.lay(0.75 * soft(np.sin(v), 0.15, 0.75), tone(colour, 0.13))
    canvas.lay(0.65 * soft(np.sin(v), -0.35, -0.8), tone(colour, -0.17))


def maid(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a dark dress with a white apron."""
    own, white = design.colour, design.second

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        armhole_seam(canvas, own)
        canvas.lay(p.arm * band(edge, 0.0, 0.010), white)

    number = tailor.layer("Dress", [NECK, lines.sleeve_to(0.205)], own, gap=0.003, loose=0.25,
                          sleeve="puff", decorate=decorate)  # fmt: skip
    tailor.frill(number, 1, white, 0.012, lift=0.4)
    bib = lines.both(lines.below(-0.165, -0.24), lambda p: 0.066 - p.across)
    straps = lines.strap(0.070, 0.026, 0.06)

    def field(p: Places) -> Map:
        lower = np.minimum(-0.236 - p.y, 0.2 - p.across)
        upper = np.where(p.front, bib(p), -1.0)
        found: Map = np.maximum.reduce([upper, np.minimum(straps(p), 0.118 - p.across), lower])
        return found.astype(np.float32)

    def apron(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(0.5 * band(edge, 0.0045, 0.0058), tone(white, -0.14))
        belt = band(p.y, -0.268, -0.244) * ~p.arm
        canvas.darken(0.25 * belt)

    tailor.layer("Apron", [field, lines.sleeve_to(0.125)], white, gap=0.0035, loose=0.2,
                 decorate=apron, depth=0.5)  # fmt: skip
    # The frills along the straps stand out over the shoulders.
    edge = tailor.layer(
        "StrapEdge", [lambda p: (0.084 - p.across).astype(np.float32), lines.sleeve_from(0.070),
                      lambda p: (p.y + 0.19).astype(np.float32)],
        white, gap=0.0012, fold=False, covers=False,
    )  # fmt: skip
    tailor.frill(edge, 0, white, 0.034, lift=0.38, length=0.022, wave=0.006)
    tailor.add(collars.shirt_collar(tailor.fit, white, None, size=0.75, gap_deg=9.0))
