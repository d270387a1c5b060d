"""What recipes share: usual borders, hems, seams, knitting."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.bust_paint import Canvas, Map, band, soft
from panic3d.characters.parts.clothes import lines
from panic3d.characters.parts.clothes.design import ClothesDesign
from panic3d.characters.parts.clothes.lines import Field
from panic3d.characters.parts.clothes.paint import (
    button,
    cloth_axes,
    seam,
    tone,
)
from panic3d.characters.parts.clothes.tailor import Tailor

WRIST = 0.52
"""Where long sleeves end, metres from the middle plane."""
NECK = lines.either(lines.high_neck(-0.080, -0.049), lines.sleeve_from(0.041))
"""Where cloth ends that goes up to a collar."""


def sleeve_field(design: ClothesDesign, short: float = 0.215) -> Field:
    """Return where the sleeves of a design end."""
    if design.sleeve == "none":
        return lines.armhole(0.112)
    if design.sleeve in ("long", "wide"):
        return lines.sleeve_to(WRIST)
    return lines.sleeve_to(0.205 if design.sleeve == "puff" else short)


def sleeve_kind(design: ClothesDesign) -> str:
    """Return how wide the sleeves of a design are."""
    return {"puff": "puff", "wide": "wide", "short": "loose", "long": "slim"}.get(
        design.sleeve, "slim"
    )


def neckline(design: ClothesDesign, scale: float = 1.0) -> Field:
    """Return the neckline of a design."""
    if design.neckline == "v":
        return lines.vee(0.050 * scale, 0.075 * scale, 0.014)
    if design.neckline == "square":
        return lines.square(0.058 * scale, 0.050 * scale, 0.022)
    if design.neckline == "boat":
        return lines.scoop(0.078, 0.030, 0.014)
    return lines.scoop(0.049 * scale, 0.038 * scale, 0.012)


def rib(canvas: Canvas, edge: Map, colour: Rgb, width: float) -> None:
    """Lay a knitted band along a border."""
    weft, _ = cloth_axes()
    on = soft(edge, width + 0.0008, width - 0.0008)
    canvas.lay(on, colour)
    along = np.where(canvas.places.arm, weft, canvas.places.x + 0.6 * canvas.places.y)
    canvas.darken(0.20 * on * (0.5 + 0.5 * np.sin(2 * np.pi * along / 0.0052)))
    seam(canvas, edge - width, np.ones_like(edge), colour)


def hem(canvas: Canvas, edge: Map, colour: Rgb, width: float = 0.008) -> None:
    """Draw the line of stitches along a border."""
    canvas.lay(0.30 * band(edge, width - 0.0006, width + 0.0006), tone(colour, -0.16))


def armhole_seam(canvas: Canvas, colour: Rgb) -> None:
    """Draw the seam between sleeve and body."""
    p = canvas.places
    line = 0.113 - 0.010 * np.exp(-(((p.y + 0.118) / 0.026) ** 2))
    seam(canvas, p.across - line, (p.across < 0.14).astype(np.float32), colour)


def placket(canvas: Canvas, colour: Rgb, buttons: Rgb, top: float = -0.112) -> None:
    """Draw the front edge of a shirt and its buttons."""
    p = canvas.places
    on = (p.front & ~p.arm).astype(np.float32)
    seam(canvas, p.x - 0.0095, on, colour)
    seam(canvas, p.x + 0.0095, on, colour)
    for k in range(6):
        button(canvas, 0.0, top - 0.040 * k, 0.0036, buttons)


def knit(canvas: Canvas) -> None:
    """Draw stitches all over."""
    weft, warp = cloth_axes()
    wave = np.sin(2 * np.pi * weft / 0.0074) * np.sin(
        2 * np.pi * (warp / 0.009 + 0.25 * np.abs(np.sin(np.pi * weft / 0.0074)))
    )
    canvas.darken(0.07 * np.maximum(wave, 0))
    canvas.lighten(np.maximum(-wave, 0), 0.03)


def drop(tailor: Tailor) -> float:
    """Factor from heights of the usual body's chest to this one's."""
    return float(tailor.fit.form.shape.shoulder_y / -0.118)
