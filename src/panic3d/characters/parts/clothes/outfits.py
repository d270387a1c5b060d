"""How each kind of outfit is made: one function a kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panic3d.characters.colour import Rgb, mixed, shifted
from panic3d.characters.parts.bust_paint import Canvas, Map, band, soft
from panic3d.characters.parts.clothes import collars, lines, ties
from panic3d.characters.parts.clothes.capes import cape
from panic3d.characters.parts.clothes.design import ClothesDesign
from panic3d.characters.parts.clothes.lines import Field
from panic3d.characters.parts.clothes.paint import (
    button,
    cloth_axes,
    lay_pattern,
    lightness,
    seam,
)
from panic3d.characters.parts.clothes.tailor import Decoration, Tailor

_WRIST = 0.52
_NECK = lines.high_neck(-0.089, -0.057)
"""Where cloth ends that goes up to a collar."""


def wear(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on all of a design."""
    _RECIPES[design.kind](tailor, design)
    _neckwear(tailor, design)


def _neckwear(tailor: Tailor, design: ClothesDesign) -> None:
    fit, accent = tailor.fit, design.accent
    contrast = shifted(accent, 0.25 if lightness(accent) < 0.7 else -0.3)
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
        tailor.add(collars.scarf(fit, accent, second, tails=design.fold % 3 != 0))
    elif around == "necklace":
        tailor.add(collars.necklace(fit, design.metal, 0.010, 0.0016))
    elif around == "pendant":
        tailor.add(collars.necklace(fit, design.metal, 0.012))
        tailor.add(ties.pendant(fit, accent, 0.012))
    elif around == "fur":
        pale = (0.95, 0.94, 0.93) if lightness(design.colour) < 0.8 else (0.50, 0.42, 0.38)
        tailor.add(collars.fur_trim(fit, pale))


def _sleeve_field(design: ClothesDesign, short: float = 0.215) -> Field:
    if design.sleeve == "none":
        return lines.armhole(0.112)
    if design.sleeve in ("long", "wide"):
        return lines.sleeve_to(_WRIST)
    return lines.sleeve_to(0.205 if design.sleeve == "puff" else short)


def _sleeve_kind(design: ClothesDesign) -> str:
    return {"puff": "puff", "wide": "wide", "short": "loose", "long": "slim"}.get(
        design.sleeve, "slim"
    )


def _neckline(design: ClothesDesign, scale: float = 1.0) -> Field:
    if design.neckline == "v":
        return lines.vee(0.050 * scale, 0.075 * scale, 0.014)
    if design.neckline == "square":
        return lines.square(0.058 * scale, 0.050 * scale, 0.022)
    if design.neckline == "boat":
        return lines.scoop(0.078, 0.030, 0.014)
    return lines.scoop(0.049 * scale, 0.038 * scale, 0.012)


def _rib(canvas: Canvas, edge: Map, colour: Rgb, width: float) -> None:
    """Lay a knitted band along a border."""
    weft, warp = cloth_axes()
    on = soft(edge, width + 0.0008, width - 0.0008)
    canvas.lay(on, colour)
    along = np.where(canvas.places.arm, weft, canvas.places.x + 0.6 * canvas.places.y)
    canvas.darken(0.20 * on * (0.5 + 0.5 * np.sin(2 * np.pi * along / 0.0052)))
    seam(canvas, edge - width, np.ones_like(edge), colour)


def _hem(canvas: Canvas, edge: Map, colour: Rgb, width: float = 0.008) -> None:
    """Draw the line of stitches along a border."""
    canvas.lay(0.30 * band(edge, width - 0.0006, width + 0.0006), shifted(colour, -0.16))


def _armhole_seam(canvas: Canvas, colour: Rgb) -> None:
    p = canvas.places
    line = 0.120 - 0.012 * np.exp(-(((p.y + 0.118) / 0.026) ** 2))
    seam(canvas, p.across - line, (p.across < 0.14).astype(np.float32), colour)


def _placket(canvas: Canvas, colour: Rgb, buttons: Rgb, top: float = -0.112) -> None:
    p = canvas.places
    on = (p.front & ~p.arm).astype(np.float32)
    seam(canvas, p.x - 0.0095, on, colour)
    seam(canvas, p.x + 0.0095, on, colour)
    for k in range(6):
        button(canvas, 0.0, top - 0.040 * k, 0.0036, buttons)


def _pattern(design: ClothesDesign) -> Decoration:
    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)

    return decorate


def _t_shirt(tailor: Tailor, design: ClothesDesign, colour: Rgb | None = None) -> None:
    own = design.colour if colour is None else colour
    main = colour is None
    neck = _neckline(design) if main else lines.scoop(0.047, 0.034, 0.012)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        if main:
            lay_pattern(canvas, design.pattern, design.pattern_colour)
            if design.pattern == "print":
                _print(canvas, design.pattern_colour, design.fold)
        _armhole_seam(canvas, own)
        trim = design.second if design.trim and main else shifted(own, -0.03)
        _rib(canvas, neck(p), trim, 0.0085)
        if design.trim and main:
            canvas.lay(band(edge, 0.0, 0.010) * p.arm, trim)
        _hem(canvas, edge, own, 0.012)

    sleeve = _sleeve_field(design) if main else lines.sleeve_to(0.20)
    kind = _sleeve_kind(design) if main else "slim"
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


def _shirt(
    tailor: Tailor,
    design: ClothesDesign,
    colour: Rgb | None = None,
    *,
    collar: bool = True,
    short: bool | None = None,
    loose: float = 0.45,
) -> None:
    own = design.colour if colour is None else colour
    main = colour is None
    pale = shifted(own, 0.06 if lightness(own) < 0.85 else -0.10)
    sleeve = _sleeve_field(design) if main or short is None else (
        lines.sleeve_to(0.215 if short else _WRIST)
    )  # fmt: skip

    def decorate(canvas: Canvas, edge: Map) -> None:
        if main:
            lay_pattern(canvas, design.pattern, design.pattern_colour)
        _armhole_seam(canvas, own)
        _placket(canvas, own, pale)
        _hem(canvas, edge, own, 0.010)

    tailor.layer(
        "Shirt", [_NECK, sleeve], own, gap=0.0035, loose=loose,
        sleeve="loose" if (design.sleeve == "short" if short is None else short) else "slim",
        decorate=decorate,
    )  # fmt: skip
    if collar:
        trim = design.second if main and design.fold % 4 == 0 else None
        gap = 7.0 if design.neck else 13.0
        tailor.add(collars.shirt_collar(tailor.fit, own, trim, gap_deg=gap))


def _serafuku(tailor: Tailor, design: ClothesDesign) -> None:
    neck = lines.vee(0.052, 0.100, 0.016)
    white = (0.97, 0.97, 0.98) if lightness(design.second) < 0.8 else design.accent

    def insert(canvas: Canvas, edge: Map) -> None:
        _hem(canvas, edge, design.second, 0.006)
        canvas.lay(band(edge, 0.0030, 0.0048), white)

    tailor.layer(
        "Insert", [lines.high_neck(-0.118, -0.085), lines.sleeve_to(0.09)], design.colour,
        gap=0.0022, decorate=None, fold=False,
    )  # fmt: skip

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, design.colour)
        cuff = 0.016 if design.sleeve == "short" else 0.03
        on = (p.arm & (edge < cuff)).astype(np.float32)
        canvas.lay(on, design.second)
        canvas.lay(p.arm * band(edge, 0.45 * cuff, 0.62 * cuff), white)

    tailor.layer(
        "Shirt", [neck, _sleeve_field(design)], design.colour, gap=0.0030, loose=0.55,
        sleeve=_sleeve_kind(design), decorate=decorate,
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
        tailor.add(ties.neckerchief(tailor.fit, design.accent, -0.186 * _drop(tailor)))
    else:
        y = -0.178 * _drop(tailor)
        z = float(tailor.fit.front_z(np.zeros(1), np.full(1, y))[0])
        tailor.add(ties.bow(tailor.fit, design.accent, 1.05, tails=0.07, droop=0.3,
                            at=np.array([0.0, y, z])))  # fmt: skip


def _drop(tailor: Tailor) -> float:
    """Factor from heights of the usual body's chest to this one's."""
    return float(tailor.fit.form.shape.shoulder_y / -0.118)


def _blazer(tailor: Tailor, design: ClothesDesign) -> None:
    _shirt(tailor, design, design.second, short=False, loose=0.3)
    own = design.colour
    neck = lines.vee(0.058, 0.165, 0.012)
    edge_colour = design.accent if design.trim else shifted(own, -0.07)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        seam(canvas, p.x - 0.004, on * (p.y < -0.24), own)
        for k in range(3):
            button(canvas, -0.010, -0.262 - 0.04 * k, 0.0062, design.metal)
        # A breast pocket with a crest on the left.
        box = np.maximum(np.abs(p.x - 0.062) - 0.020, np.abs(p.y + 0.205) - 0.022)
        canvas.lay(0.5 * on * band(box, -0.0012, 0.0012), shifted(own, -0.12))
        crest = np.maximum(np.abs(p.x - 0.062) / 0.010, np.abs(p.y + 0.203) / 0.012)
        canvas.lay(on * soft(crest, 1.06, 0.94), design.metal)
        canvas.lay(on * soft(crest, 0.62, 0.5), design.accent)
        _hem(canvas, edge, own, 0.006)

    tailor.layer("Jacket", [neck, lines.sleeve_to(_WRIST)], own, gap=0.0045, loose=0.5,
                 sleeve="slim", sleeve_width=2.0, decorate=decorate)  # fmt: skip
    lapel = _lapel(neck, 0.034, -0.235)

    def on_lapel(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        if design.trim:
            canvas.lay(band(edge, 0.0, 0.0042), edge_colour)
        # The notch between collar and lapel.
        notch = p.y + 0.122 + 0.25 * (p.across - 0.03)
        canvas.lay(0.8 * (p.front & ~p.arm) * band(notch, -0.0010, 0.0010), shifted(own, -0.15))

    tailor.layer("Lapel", [lapel], shifted(own, 0.015), gap=0.0028, decorate=on_lapel, depth=0.3)


def _lapel(neck: Field, width: float, tip: float) -> Field:
    """A band along a V neckline, widest in the middle, with a notch."""

    def field(p: lines.Places) -> Map:
        inner = neck(p)
        down = np.clip((-0.085 - p.y) / (-0.085 - tip), 0.0, 1.0)
        wide = width * (0.62 + 0.62 * np.maximum(np.sin(np.pi * np.clip(down * 1.02, 0, 1)), 0) ** 0.9)
        wide = wide * np.clip((1.02 - down) / 0.25, 0.0, 1.0)
        # The notch.
        at = (p.y + 0.122 + 0.25 * (p.across - 0.03)) / 0.006
        wide = np.where(p.front, wide - 0.010 * np.exp(-((at - 0.4) ** 2)), 0.026)
        found: Map = np.minimum(inner, wide - inner).astype(np.float32)
        return found

    return field


def _vest(tailor: Tailor, design: ClothesDesign) -> None:
    _shirt(tailor, design, design.second, short=design.sleeve == "short", loose=0.35)
    own = design.colour
    neck = lines.vee(0.054, 0.105, 0.014)
    stripe = design.accent if design.trim else shifted(own, -0.05)

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        _knit(canvas)
        _rib(canvas, edge, own, 0.0095)
        if design.trim:
            canvas.lay(band(edge, 0.0115, 0.0150), stripe)

    tailor.layer("Vest", [neck, lines.armhole(0.122, 0.010)], own, gap=0.0042, loose=0.45,
                 decorate=decorate, depth=0.6)  # fmt: skip


def _knit(canvas: Canvas) -> None:
    weft, warp = cloth_axes()
    wave = np.sin(2 * np.pi * weft / 0.0074) * np.sin(
        2 * np.pi * (warp / 0.009 + 0.25 * np.abs(np.sin(np.pi * weft / 0.0074)))
    )
    canvas.darken(0.07 * np.maximum(wave, 0))
    canvas.lighten(np.maximum(-wave, 0), 0.03)


def _sweater(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    roll = design.kind == "turtleneck"
    neck = _NECK if roll else lines.scoop(0.048, 0.030, 0.010)

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour, 1.3)
        _knit(canvas)
        if not roll:
            _rib(canvas, neck(canvas.places), shifted(own, -0.02), 0.012)
        _hem(canvas, edge, own, 0.02)

    tight = roll and design.sleeve == "none"
    tailor.layer(
        "Sweater", [neck, _sleeve_field(design)], own, gap=0.003 if tight else 0.0055,
        loose=0.15 if tight else 0.6, sleeve="slim" if tight else "loose", decorate=decorate,
    )  # fmt: skip
    if roll:
        tailor.add(collars.turtleneck(tailor.fit, own))


def _hoodie(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    neck = lines.scoop(0.052, 0.046, 0.014)
    tailor.layer("Undershirt", [lines.scoop(0.047, 0.030, 0.012), lines.sleeve_to(0.10)],
                 design.second, gap=0.002, fold=False)  # fmt: skip

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        if design.fold % 2:  # a zip
            canvas.lay(on * soft(np.abs(p.x), 0.0030, 0.0018), design.metal)
            seam(canvas, np.abs(p.x) - 0.009, on, own)
        else:
            pocket = np.maximum(np.abs(p.x) - 0.075 + 0.4 * (p.y + 0.31), np.abs(p.y + 0.31) - 0.04)
            canvas.lay(0.6 * on * band(pocket, -0.001, 0.001), shifted(own, -0.14))

    tailor.layer("Hoodie", [neck, lines.sleeve_to(_WRIST)], own, gap=0.006, loose=0.8,
                 sleeve="loose", decorate=decorate, depth=1.15)  # fmt: skip
    _hood(tailor, design)
    tailor.add(ties.strings(tailor.fit, design.second if lightness(design.second) > 0.6
                            else (0.95, 0.95, 0.95)))  # fmt: skip


def _hood(tailor: Tailor, design: ClothesDesign) -> None:
    lining = shifted(design.colour, -0.12) if design.fold % 2 else design.second
    if design.hood == "down":
        tailor.add(collars.hood_down(tailor.fit, design.colour, lining))
    elif design.hood == "up":
        tailor.add(collars.hood_up(tailor.fit, design.colour, lining))


def _inner(tailor: Tailor, design: ClothesDesign) -> None:
    if design.inner == "shirt":
        _shirt(tailor, design, design.second, short=False, loose=0.3)
    elif design.inner == "turtleneck":
        tailor.layer("Sweater", [_NECK, lines.sleeve_to(0.30)], design.second, gap=0.003, loose=0.3)
        tailor.add(collars.turtleneck(tailor.fit, design.second))
    else:
        _t_shirt(tailor, design, design.second)


def _jacket(tailor: Tailor, design: ClothesDesign) -> None:
    _inner(tailor, design)
    own = design.colour
    front = lines.opened(0.040, 0.062)
    neck = lines.scoop(0.055, 0.030, 0.012)
    stripe = design.accent if design.trim else shifted(own, -0.05)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, own)
        off = front(p)
        on = (p.front & ~p.arm).astype(np.float32)
        canvas.lay(on * band(off, 0.0, 0.0035), design.metal)
        seam(canvas, off - 0.010, on, own)
        if design.trim:
            canvas.lay(p.arm * band(np.abs(p.y + 0.095), 0.0, 0.0045), stripe)
            canvas.lay(p.arm * band(np.abs(p.y + 0.108), 0.0, 0.0025), stripe)

    tailor.layer("Jacket", [front, neck, lines.sleeve_to(_WRIST)], own, gap=0.006, loose=0.75,
                 sleeve="loose", decorate=decorate, depth=1.1)  # fmt: skip
    if design.hood:
        _hood(tailor, design)
    elif design.inner != "shirt":
        tailor.add(collars.shirt_collar(tailor.fit, own, stripe if design.trim else None,
                                        size=1.05, gap_deg=38.0))  # fmt: skip


def _kimono(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour

    def under(canvas: Canvas, edge: Map) -> None:
        _hem(canvas, edge, design.second, 0.004)

    tailor.layer("Juban", [lines.vee(0.048, 0.084, 0.004), lines.sleeve_to(0.10)], design.second,
                 gap=0.0025, decorate=under, fold=False)  # fmt: skip
    neck = lines.vee(0.054, 0.105, 0.012)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        lay_pattern(canvas, design.pattern, design.pattern_colour, 1.2)
        on = ~p.arm
        collar = neck(p)
        # The left panel lies over the right one: its band runs on below the crossing.
        slope = 0.054 / 0.105
        over = (-(p.x) - slope * (p.y + 0.186)) / np.sqrt(1 + slope**2)
        shown = p.front & (p.y < -0.170) & (p.x < 0.004)
        canvas.lay(on * band(collar, -0.01, 0.0155) * ~shown, shifted(own, -0.02))
        canvas.lay(on * shown * band(np.abs(over), 0.0, 0.0080), shifted(own, -0.02))
        seam(canvas, collar - 0.0155, (on & ~shown).astype(np.float32), own)
        seam(canvas, np.abs(over) - 0.0080, (on & shown).astype(np.float32), own)
        sash = soft(p.y, -0.262, -0.266) * on
        canvas.lay(sash, design.accent)
        canvas.lay(sash * band(p.y, -0.300, -0.292), design.metal)

    tailor.layer("Kimono", [neck, lines.sleeve_to(0.46)], own, gap=0.0055, loose=0.85,
                 sleeve="wide", decorate=decorate, depth=0.9)  # fmt: skip


def _dress(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    neck = _neckline(design, 1.06)
    trim = design.second if abs(lightness(design.second) - lightness(own)) > 0.2 else design.accent

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        _armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        for side in (-1.0, 1.0):  # princess seams
            seam(canvas, side * p.x - 0.052 - 0.25 * np.maximum(-0.20 - p.y, 0), on * (p.y < -0.15), own)
        canvas.lay(band(edge, 0.0, 0.0050), trim)
        if design.frills:
            for k in range(3):
                button(canvas, 0.0, -0.165 - 0.032 * k, 0.0038, trim)

    sleeve = "puff" if design.sleeve == "puff" else _sleeve_kind(design)
    number = tailor.layer("Dress", [neck, _sleeve_field(design, 0.19)], own, gap=0.0032, loose=0.25,
                          sleeve=sleeve, decorate=decorate, depth=0.8)  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, trim, 0.014, lift=0.5)
        if design.sleeve != "long":
            tailor.frill(number, 1, trim, 0.018 if design.sleeve != "none" else 0.026, lift=0.4)


def _off_shoulder(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    trim = design.second

    def upper(p: lines.Places) -> Map:
        # Around the shoulders: the border runs over the arms below the joint.
        level = np.where(p.front, -0.132, -0.118) - 0.0 * p.y
        torso = level - p.y
        arm = (p.across - 0.135) * 0.9 + (level - p.y) * 0.55
        share = np.clip((p.across - 0.085) / 0.05, 0.0, 1.0)
        side = np.clip((p.across - 0.09) / 0.03, 0, 1)
        even = -0.125 - p.y
        torso = torso + side * (even - torso)
        found: Map = ((1 - share) * torso + share * arm).astype(np.float32)
        return found

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        canvas.lay(band(upper(canvas.places), 0.0, 0.009), trim)
        _hem(canvas, edge, own, 0.012)

    end = _WRIST if design.sleeve == "long" else 0.225
    number = tailor.layer(
        "Dress", [upper, lines.sleeve_to(end)], own, gap=0.0035, loose=0.3, sleeve="loose",
        decorate=decorate,
    )  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, own if lightness(own) > 0.8 else trim, 0.030, lift=0.25,
                     length=0.026)  # fmt: skip


def _strapless(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    upper = lines.below(-0.158, -0.165, 0.016, 0.050)
    trim = design.second if design.trim else design.accent

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(band(upper(p), 0.0, 0.0065), trim)
        on = (p.front & ~p.arm).astype(np.float32)
        for side in (-1.0, 1.0):
            seam(canvas, side * p.x - 0.050, on, own)
        canvas.lay(0.5 * on * soft(np.abs(p.x), 0.024, 0.012) * soft(p.y, -0.18, -0.25), trim)

    number = tailor.layer("Dress", [upper, lines.sleeve_to(0.128)], own, gap=0.0032, loose=0.2,
                          decorate=decorate, depth=0.8)  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, trim, 0.014, lift=0.55, length=0.015)
    if design.detached:
        _detached(tailor, design, trim)


def _detached(tailor: Tailor, design: ClothesDesign, trim: Rgb) -> None:
    own = design.colour

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(p.arm * band(p.x, 0.0, 0.196), trim)
        canvas.lay(p.arm * band(p.x, 0.204, 0.208), trim)

    number = tailor.layer(
        "Sleeves", [lines.sleeve_from(0.184), lines.sleeve_to(_WRIST)], own, gap=0.003,
        sleeve="loose", sleeve_width=0.9, decorate=decorate,
    )  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, trim, 0.012, lift=0.4)


def _tank_top(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    thin = design.kind == "camisole"
    if thin:
        body = lines.both(lines.below(-0.150, -0.160, 0.014, 0.052), lines.armhole(0.125, 0.0))
        field = lines.either(body, lines.both(lines.strap(0.070, 0.0105, -0.10), lines.armhole(0.12)))
    else:
        field = lines.both(lines.scoop(0.058, 0.066, 0.045), lines.armhole(0.096, 0.016))

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        rim = design.second if design.fold % 2 else shifted(own, -0.06)
        canvas.lay(band(edge, 0.0, 0.0055 if not thin else 0.0035), rim)
        if thin:
            canvas.lay(band(edge, 0.0, 0.02) * (p.y > -0.13), rim)

    number = tailor.layer("Top", [field], own, gap=0.0028, loose=0.3, decorate=decorate, depth=0.8)
    if thin and design.frills:
        lace = lines.both(lines.below(-0.150, -0.160, 0.014, 0.052), lines.armhole(0.122, 0.0))
        ghost = tailor.layer("Lace", [lace, lambda p: p.y + 0.172], design.second, gap=0.001,
                             fold=False, covers=False)  # fmt: skip
        tailor.frill(ghost, 0, design.second, 0.011, lift=0.5, length=0.014)
    del number


def _halter(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    trim = design.second if design.trim else design.accent
    front = lines.halter(0.118, 0.030)

    def field(p: lines.Places) -> Map:
        back = np.minimum(-0.185 - p.y, 0.13 - p.across)
        collar = np.minimum(-0.052 - p.y + 0.35 * p.z, 1.0)
        side = np.clip((p.across - 0.085) / 0.03, 0, 1)
        ahead = np.minimum(front(p), collar)
        low = np.minimum(-0.172 - p.y, 0.13 - p.across)
        ahead = np.maximum(ahead * (1 - side) + side * low, low - 0.0)
        behind = (1 - side) * back + side * low
        found: Map = np.where(p.front, ahead, behind).astype(np.float32)
        return found

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(band(edge, 0.0, 0.0058), trim)
        on = (p.front & ~p.arm).astype(np.float32)
        if design.fold % 2:
            gem = np.abs(p.x) / 0.010 + np.abs(p.y + 0.135) / 0.016
            canvas.lay(on * soft(gem, 1.25, 1.1), trim)
            canvas.lay(on * soft(gem, 0.9, 0.8), design.accent)
        else:
            for side in (-1.0, 1.0):
                line = side * p.x - 0.012 - 0.42 * np.maximum(-0.115 - p.y, 0)
                canvas.lay(on * band(line, -0.0022, 0.0022), trim)
        canvas.lay(on * soft(p.y, -0.200, -0.250) * soft(np.abs(p.x), 0.03, 0.02) * 0.6, design.second)

    tailor.layer("Leotard", [field], own, gap=0.0025, decorate=decorate, depth=0.5)
    tailor.add(collars.high_collar(tailor.fit, trim, 0.20))
    if design.detached:
        _detached(tailor, design, trim)


def _gakuran(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        seam(canvas, p.x + 0.012, on, own)
        for k in range(5):
            button(canvas, 0.0, -0.126 - 0.046 * k, 0.0072, design.metal)
        box = np.maximum(np.abs(p.x - 0.060) - 0.020, np.abs(p.y + 0.200) - 0.005)
        canvas.lay(0.55 * on * band(box, -0.001, 0.001), shifted(own, -0.10))

    tailor.layer("Jacket", [_NECK, lines.sleeve_to(_WRIST)], own, gap=0.0055, loose=0.6,
                 sleeve="slim", sleeve_width=2.5, decorate=decorate)  # fmt: skip
    tailor.add(collars.high_collar(tailor.fit, own, 0.62, gap_deg=3.0, trim=None))


def _military(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    gold = design.metal
    band_colour = design.second if abs(lightness(design.second) - lightness(own)) > 0.2 else gold

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        if design.fold % 2:  # two rows of buttons on a bib
            bib = np.abs(p.x) - 0.046 - 0.10 * np.maximum(p.y + 0.25, 0)
            canvas.lay(on * soft(bib, 0.0006, -0.0006) * soft(p.y, -0.11, -0.115), mixed(own, band_colour, 0.12))
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

    tailor.layer("Jacket", [_NECK, lines.sleeve_to(_WRIST)], own, gap=0.0055, loose=0.4,
                 sleeve="slim", sleeve_width=2.5, decorate=decorate)  # fmt: skip

    def board(p: lines.Places) -> Map:
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


def _cloak(tailor: Tailor, design: ClothesDesign) -> None:
    _inner(tailor, design)
    long = design.fold % 2 == 0
    trim = design.second if design.trim else None
    tailor.add(
        cape(tailor.fit, design.colour, design.second, trim, design.metal,
             bottom=-0.43 if long else -0.225, opening_deg=34.0 if long else 20.0)
    )  # fmt: skip
    if design.hood == "up":
        tailor.add(collars.hood_up(tailor.fit, design.colour, shifted(design.colour, -0.12)))


def _armor(tailor: Tailor, design: ClothesDesign) -> None:
    under = design.second
    tailor.layer("Undersuit", [_NECK, lines.sleeve_to(_WRIST)], under, gap=0.003, loose=0.15,
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
        canvas.lay(0.6 * on * band(np.abs(p.x), 0.0, 0.0014) * (p.y < -0.14), shifted(steel, -0.22))
        line = np.abs(p.y + 0.225 - 0.5 * np.abs(p.x))
        canvas.lay(0.5 * on * band(line, 0.0, 0.0013), shifted(steel, -0.20))
        gem = np.hypot(p.x, p.y + 0.146) / 0.011
        canvas.lay(on * soft(gem, 1.25, 1.1), gold)
        canvas.lay(on * soft(gem, 0.85, 0.75), design.accent)
        canvas.lighten(on * soft(np.hypot(p.x + 0.003, p.y + 0.143), 0.004, 0.001), 0.7)

    tailor.layer("Breastplate", [neck, lines.armhole(0.106, 0.008)], steel, gap=0.0075, loose=0.5,
                 decorate=plate, fold=False)  # fmt: skip

    for k, (start, end, gap) in enumerate(((0.118, 0.192, 0.009), (0.082, 0.160, 0.0065))):

        def field(p: lines.Places, start: float = start, end: float = end) -> Map:
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
    canvas.lay(0.75 * soft(np.sin(v), 0.15, 0.75), shifted(colour, 0.13))
    canvas.lay(0.65 * soft(np.sin(v), -0.35, -0.8), shifted(colour, -0.17))


def _maid(tailor: Tailor, design: ClothesDesign) -> None:
    own, white = design.colour, design.second
    neck = lines.scoop(0.048, 0.030, 0.012)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        _armhole_seam(canvas, own)
        canvas.lay(p.arm * band(edge, 0.0, 0.010), white)

    number = tailor.layer("Dress", [_NECK, lines.sleeve_to(0.205)], own, gap=0.003, loose=0.25,
                          sleeve="puff", decorate=decorate)  # fmt: skip
    tailor.frill(number, 1, white, 0.012, lift=0.4)
    bib = lines.both(lines.below(-0.165, -0.24), lambda p: 0.066 - p.across)
    straps = lines.strap(0.070, 0.026, 0.06)

    def field(p: lines.Places) -> Map:
        lower = np.minimum(-0.236 - p.y, 0.2 - p.across)
        upper = np.where(p.front, bib(p), -1.0)
        found: Map = np.maximum.reduce([upper, np.minimum(straps(p), 0.118 - p.across), lower])
        return found.astype(np.float32)

    def apron(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(0.5 * band(edge, 0.0045, 0.0058), shifted(white, -0.14))
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
    del neck


def _suspenders(tailor: Tailor, design: ClothesDesign) -> None:
    _shirt(tailor, design, design.second, short=design.sleeve == "short")
    straps = lines.strap(0.066, 0.020, 0.10)

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(0.5 * band(edge, 0.0020, 0.0030), shifted(design.colour, -0.14))
        clip = np.abs(p.y + 0.205) - 0.007
        canvas.lay(p.front * soft(clip.astype(np.float32), 0.0006, -0.0006), design.metal)

    tailor.layer("Suspenders", [straps, lines.armhole(0.118, 0.0)], design.colour, gap=0.0030,
                 decorate=decorate, fold=False)  # fmt: skip


def _overalls(tailor: Tailor, design: ClothesDesign) -> None:
    own = design.colour
    neck = lines.scoop(0.048, 0.032, 0.012)

    def below(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        _armhole_seam(canvas, design.second)
        _rib(canvas, neck(canvas.places), shifted(design.second, -0.04), 0.009)

    sleeve = _sleeve_field(design)
    tailor.layer("Shirt", [neck, sleeve], design.second, gap=0.0035, loose=0.5,
                 sleeve=_sleeve_kind(design), decorate=below)  # fmt: skip
    straps = lines.both(lines.strap(0.062, 0.026, 0.05), lines.armhole(0.118, 0.0))

    def field(p: lines.Places) -> Map:
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


def _china(tailor: Tailor, design: ClothesDesign) -> None:
    own, gold = design.colour, design.second

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        lay_pattern(canvas, design.pattern, design.pattern_colour, 1.25)
        on = (p.front & ~p.arm).astype(np.float32)
        # The closing runs from the throat aslant to the right armpit.
        x = -p.x
        line = p.y + 0.100 + 0.9 * np.maximum(x, 0) ** 1.25 * 1.2
        where = on * (x > 0.0) * soft(x, 0.105, 0.100)
        canvas.lay(where * band(line, -0.0024, 0.0024), gold)
        for at in (0.012, 0.045, 0.080):
            y = -0.100 - 1.08 * at**1.25
            button(canvas, -at, y, 0.0046, gold)
        canvas.lay(band(edge, 0.0, 0.0045) * (p.across > 0.08), gold)

    sleeve = _sleeve_field(design, 0.175)
    tailor.layer("Dress", [_NECK, sleeve], own, gap=0.0030, loose=0.15 if design.sleeve != "long"
                 else 0.6, sleeve=_sleeve_kind(design), decorate=decorate, depth=0.6)  # fmt: skip
    tailor.add(collars.high_collar(tailor.fit, own, 0.42, trim=gold, gap_deg=5.0))


def _plain_shirt(tailor: Tailor, design: ClothesDesign) -> None:
    _shirt(tailor, design)


def _plain_t_shirt(tailor: Tailor, design: ClothesDesign) -> None:
    _t_shirt(tailor, design)


_RECIPES: dict[str, Callable[[Tailor, ClothesDesign], None]] = {
    "t_shirt": _plain_t_shirt,
    "shirt": _plain_shirt,
    "serafuku": _serafuku,
    "blazer": _blazer,
    "vest": _vest,
    "sweater": _sweater,
    "turtleneck": _sweater,
    "hoodie": _hoodie,
    "jacket": _jacket,
    "kimono": _kimono,
    "dress": _dress,
    "off_shoulder": _off_shoulder,
    "strapless": _strapless,
    "tank_top": _tank_top,
    "camisole": _tank_top,
    "halter": _halter,
    "gakuran": _gakuran,
    "military": _military,
    "cloak": _cloak,
    "armor": _armor,
    "maid": _maid,
    "suspenders": _suspenders,
    "overalls": _overalls,
    "china": _china,
}
