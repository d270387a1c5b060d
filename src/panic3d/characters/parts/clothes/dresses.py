"""Recipes of dresses, bare shoulders, kimono and Chinese clothes."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.bust_paint import Canvas, Map, Places, band, soft
from panic3d.characters.parts.clothes import collars, lines
from panic3d.characters.parts.clothes.built import cloth_surface, shoulder_strap, strip_texture
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
    neckline,
    sleeve_field,
    sleeve_kind,
)
from panic3d.characters.parts.clothes.tailor import Tailor


def kimono(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a kimono over its white underlayer, with a sash."""
    own = design.colour

    def under(canvas: Canvas, edge: Map) -> None:
        hem(canvas, edge, design.second, 0.004)

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
        canvas.lay(on * band(collar, -0.01, 0.0155) * ~shown, tone(own, -0.02))
        canvas.lay(on * shown * band(np.abs(over), 0.0, 0.0080), tone(own, -0.02))
        seam(canvas, collar - 0.0155, (on & ~shown).astype(np.float32), own)
        seam(canvas, np.abs(over) - 0.0080, (on & shown).astype(np.float32), own)
        sash = soft(p.y, -0.262, -0.266) * on
        canvas.lay(sash, design.accent)
        canvas.lay(sash * band(p.y, -0.300, -0.292), design.metal)

    tailor.layer("Kimono", [neck, lines.sleeve_to(0.46)], own, gap=0.0055, loose=0.85,
                 sleeve="wide", decorate=decorate, depth=0.9)  # fmt: skip


def dress(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a dress with a bodice."""
    own = design.colour
    neck = neckline(design, 1.06)
    trim = design.second if abs(lightness(design.second) - lightness(own)) > 0.2 else design.accent

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        armhole_seam(canvas, own)
        on = (p.front & ~p.arm).astype(np.float32)
        for side in (-1.0, 1.0):  # princess seams
            seam(
                canvas,
                side * p.x - 0.052 - 0.25 * np.maximum(-0.20 - p.y, 0),
                on * (p.y < -0.15),
                own,
            )
        canvas.lay(band(edge, 0.0, 0.0050), trim)
        if design.frills:
            for k in range(3):
                button(canvas, 0.0, -0.165 - 0.032 * k, 0.0038, trim)

    sleeve = "puff" if design.sleeve == "puff" else sleeve_kind(design)
    number = tailor.layer("Dress", [neck, sleeve_field(design, 0.19)], own, gap=0.0032, loose=0.25,
                          sleeve=sleeve, decorate=decorate, depth=0.8)  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, trim, 0.014, lift=0.5)
        if design.sleeve != "long":
            tailor.frill(number, 1, trim, 0.018 if design.sleeve != "none" else 0.026, lift=0.4)


def off_shoulder(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a dress whose border runs around the shoulders."""
    own = design.colour
    trim = design.second

    def upper(p: Places) -> Map:
        # A level line around chest and arms when these hang down.
        level = -0.140 + 0.012 * np.clip(p.across / 0.11, 0, 1) ** 2
        found: Map = (level - p.low).astype(np.float32)
        return found

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        canvas.lay(band(upper(canvas.places), 0.0, 0.009), trim)
        hem(canvas, edge, own, 0.012)

    end = WRIST if design.sleeve == "long" else 0.225
    number = tailor.layer(
        "Dress", [upper, lines.sleeve_to(end)], own, gap=0.0035, loose=0.3, sleeve="loose",
        decorate=decorate,
    )  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, own if lightness(own) > 0.8 else trim, 0.030, lift=0.25,
                     length=0.026)  # fmt: skip


def strapless(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a dress that ends above the chest."""
    own = design.colour
    upper = lines.below(-0.158, -0.165, 0.016, 0.050)
    trim = design.second if design.trim else design.accent

    def decorate(canvas: Canvas, edge: Map) -> None:
        p = canvas.places
        canvas.lay(band(upper(p), 0.0, 0.0065), trim)
        on = (p.front & ~p.arm).astype(np.float32)
        for side in (-1.0, 1.0):
            seam(canvas, side * p.x - 0.050, on, own)
        # Laced: crossed cords between two rows of eyelets.
        for k in range(4):
            y = -0.186 - 0.026 * k
            for side in (-1.0, 1.0):
                cord = p.y - y + 0.013 + side * p.x * (0.013 / 0.011)
                inside = on * band(p.y, y - 0.026, y) * band(np.abs(p.x), -0.01, 0.0115)
                canvas.lay(inside * band(cord, -0.0026, 0.0026), trim)
                button(canvas, side * 0.012, y, 0.0032, trim)

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
        "Sleeves", [lines.sleeve_from(0.184), lines.sleeve_to(WRIST)], own, gap=0.003,
        sleeve="loose", sleeve_width=0.9, decorate=decorate,
    )  # fmt: skip
    if design.frills:
        tailor.frill(number, 0, trim, 0.012, lift=0.4)


def tank_top(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a tank top or, with thin straps, a camisole."""
    own = design.colour
    thin = design.kind == "camisole"
    if thin:
        field = lines.both(lines.below(-0.150, -0.160, 0.014, 0.052), lines.armhole(0.125, 0.0))
    else:
        field = lines.both(lines.scoop(0.058, 0.066, 0.045), lines.armhole(0.096, 0.016))

    def decorate(canvas: Canvas, edge: Map) -> None:
        lay_pattern(canvas, design.pattern, design.pattern_colour)
        canvas.lay(band(edge, 0.0, 0.0055 if not thin else 0.0035), rim)

    rim = design.second if design.fold % 2 else tone(own, -0.06)
    number = tailor.layer("Top", [field], own, gap=0.0028, loose=0.3, decorate=decorate, depth=0.8)
    if thin:
        straps = cloth_surface("Strap", strip_texture(rim, dark=(0.3, 0.3)), rim)
        shoulder = tailor.fit.form.shape.shoulder_x
        low = -0.150 * tailor.fit.form.shape.shoulder_y / -0.118
        for side in (-1.0, 1.0):
            tailor.add([shoulder_strap(tailor.fit, side * 0.60 * shoulder, low,
                                       0.0085 * tailor.fit.size, straps, 0.006)])  # fmt: skip
        if design.frills:
            tailor.frill(number, 0, design.second, 0.011, lift=0.5, length=0.014)


def halter(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a leotard that closes at the neck."""
    own = design.colour
    trim = design.second if design.trim else design.accent
    front = lines.halter(0.118, 0.030)

    def field(p: Places) -> Map:
        back = np.minimum(-0.185 - p.y, 0.13 - p.across)
        collar = np.minimum(-0.078 - p.y + 0.35 * p.z, 1.0)
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
        for side in (-1.0, 1.0):  # seams of the middle panel, drawn in to the waist
            line = side * p.x - 0.040 - 0.10 * (p.y + 0.17)
            seam(canvas, line, on * (p.y < -0.165), own)

    tailor.layer("Leotard", [field], own, gap=0.0025, decorate=decorate, depth=0.5)
    tailor.add(collars.high_collar(tailor.fit, trim, 0.20))
    if design.detached:
        _detached(tailor, design, trim)


def china(tailor: Tailor, design: ClothesDesign) -> None:
    """Put on a Chinese dress or shirt, closed aslant with knots."""
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

    sleeve = sleeve_field(design, 0.175)
    tailor.layer("Dress", [NECK, sleeve], own, gap=0.0030, loose=0.15 if design.sleeve != "long"
                 else 0.6, sleeve=sleeve_kind(design), decorate=decorate, depth=0.6)  # fmt: skip
    tailor.add(collars.high_collar(tailor.fit, own, 0.42, trim=gold, gap_deg=5.0))
