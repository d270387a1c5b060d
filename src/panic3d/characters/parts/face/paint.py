"""What is painted on the face: complexion, blush, nose, marks; irises; the inside of the mouth."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from panic3d.characters.canvas import Canvas
from panic3d.characters.colour import Rgb, mixed, ramp, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.face.design import EyeDesign, FaceDesign
from panic3d.characters.parts.face.skin import FRONT_SHARE
from panic3d.characters.shape import HeadShape

Texture = UInt8[np.ndarray, "h w 4"]
Doubles = NDArray[np.float64]

WHITE: Rgb = (1.0, 1.0, 1.0)
_SIZE = (640, 512)


def skin_texture(shape: HeadShape, design: FaceDesign, palette: Palette) -> Texture:
    """Paint the head's skin; see `skin.skin_uvs` for the layout. Lengths are metres, y upwards."""
    half = 2.1 * 0.115 / 2
    right = -half + 2 * half / FRONT_SHARE
    low, high = shape.chin_y - 0.01, shape.crown_y + 0.01
    canvas = Canvas(*_SIZE, palette.skin, (-half, high, right, low))
    shade = palette.skin_shade
    front = slice(0, round(_SIZE[0] * FRONT_SHARE))
    # Towards the sides the face turns away from the light; so does what lies under the chin.
    rows = np.clip(canvas.y.astype(np.float64), shape.chin_y, shape.crown_y)
    across = np.abs(canvas.x[None, front]) / np.maximum(shape.half_width(rows)[:, None], 1e-4)
    dark = 0.30 + 0.55 * np.clip((shape.eye_y - 0.035 - rows) / 0.05, 0, 1)[:, None]
    edge = np.clip((across - 0.68) / 0.32, 0, 1) ** 2 * dark
    canvas.lay(shade, edge.astype(np.float32), slice(None), front)
    back = slice(front.stop, _SIZE[0])
    size = (_SIZE[1], _SIZE[0] - front.stop)
    canvas.lay(shade, np.broadcast_to(dark, size).astype(np.float32), slice(None), back)
    _complexion(canvas, shape, design, palette)
    for mark in design.skin.marks:
        _MARKS[mark](canvas, shape, palette)
    return canvas.texture()


def _complexion(canvas: Canvas, shape: HeadShape, design: FaceDesign, palette: Palette) -> None:
    skin, blush = design.skin, palette.blush
    ex, ey, ew, eh = shape.eye_x, shape.eye_y, shape.eye_width, shape.eye_height
    cheek_y = ey - 0.62 * eh - 0.009
    for side in (-1.0, 1.0):
        x = side * (ex + 0.10 * ew)
        # The hollow above the eye, a little warmth beside the nose.
        canvas.glow(palette.skin_shade, side * ex, ey + 0.50 * eh, 0.42 * ew, 0.22 * eh, 0.34)
        canvas.glow(palette.skin_shade, side * (ex - 0.62 * ew), ey + 0.1 * eh, 0.004, 0.010, 0.35)
        if skin.eyeshadow > 0:
            tint = mixed(palette.accent, palette.blush, 0.4)
            canvas.glow(
                tint, side * (ex + 0.1 * ew), ey + 0.52 * eh, 0.52 * ew, 0.24 * eh, skin.eyeshadow
            )
        if skin.bags:
            dark = mixed(palette.skin_shade, palette.line, 0.25)
            canvas.glow(dark, side * ex, ey - 0.60 * eh, 0.34 * ew, 0.0022, 0.55)
        canvas.glow(blush, x, cheek_y, 0.0135, 0.0075, skin.blush)
        if skin.blush_stickers:
            canvas.disc(
                mixed(blush, palette.skin, 0.15), x + side * 0.004, cheek_y, 0.0105, 0.0068, 0.9
            )
        if skin.blush_lines:
            dark = shifted(blush, -0.10, 1.2)
            for k in (-1, 0, 1):
                at = x + k * 0.0052
                canvas.stroke(
                    dark,
                    [(at + 0.0022, cheek_y + 0.0036), (at - 0.0022, cheek_y - 0.0036)],
                    0.0011,
                    0.85,
                    taper=True,
                )
        if skin.freckles:
            dark = mixed(shifted(palette.skin, -0.16, 1.8, -8.0), palette.skin, 0.25)
            for dx, dy, r in (
                (-9, 1.2, 0.8),
                (-5.5, -1.6, 0.9),
                (-2, 1.4, 0.7),
                (1.6, -1.0, 0.9),
                (5, 1.5, 0.8),
                (8.2, -0.8, 0.7),
                (-7, -4, 0.6),
                (3.5, -4, 0.7),
            ):
                canvas.disc(
                    dark, x + side * dx * 1e-3, cheek_y + dy * 1e-3, r * 1e-3, r * 1e-3, 0.7
                )
    _nose(canvas, shape, skin.nose, palette)
    lips = design.mouth.lips
    mx, my = shape.mouth_width, shape.mouth_y
    if lips > 0:
        canvas.glow(palette.lip, 0.0, my + 0.0022, 0.36 * mx, 0.0022, 0.9 * lips)
        canvas.glow(palette.lip, 0.0, my - 0.0030, 0.32 * mx, 0.0028, lips)
        canvas.glow(WHITE, 0.0022, my - 0.0034, 0.0030, 0.0010, 0.5 * lips)
    canvas.glow(palette.skin_shade, 0.0, my - 0.0078, 0.24 * mx, 0.0013, 0.75)
    canvas.glow(palette.skin_shade, 0.0, shape.chin_y - 0.002, 0.020, 0.0045, 0.5)


def _nose(canvas: Canvas, shape: HeadShape, kind: str, palette: Palette) -> None:
    y = shape.nose_y
    dark = shifted(palette.skin_shade, -0.10, 1.25)
    if kind == "shade":
        canvas.glow(palette.skin_shade, 0.0032, y - 0.0010, 0.0028, 0.0050, 0.65)
        canvas.glow(dark, 0.0, y - 0.0052, 0.0032, 0.0013, 0.75)
        canvas.glow(WHITE, -0.0008, y + 0.0016, 0.0012, 0.0019, 0.65)
    elif kind == "dot":
        canvas.disc(dark, 0.0, y - 0.0048, 0.0013, 0.0011, 0.9)
    elif kind == "line":
        canvas.stroke(
            dark,
            [(0.0022, y + 0.0060), (0.0036, y - 0.0020), (0.0006, y - 0.0044)],
            0.0010,
            0.9,
            True,
        )
        canvas.glow(palette.skin_shade, 0.0042, y, 0.0026, 0.0050, 0.35)
    canvas.glow(palette.blush, 0.0, y - 0.001, 0.006, 0.005, 0.12)


def _mole_mouth(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    canvas.disc(
        mixed(palette.line, (0.25, 0.12, 0.1), 0.5), 0.013, shape.mouth_y - 0.011, 0.0012, 0.0012
    )


def _scar_eye(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    dark = mixed(shifted(palette.skin, -0.17, 2.0, -32.0), palette.skin, 0.15)
    x, y = -shape.eye_x, shape.eye_y
    canvas.stroke(dark, [(x - 0.006, y + 0.044), (x, y), (x + 0.005, y - 0.040)], 0.0027, 1.0, True)


def _scar_cheek(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    dark = mixed(shifted(palette.skin, -0.17, 2.0, -32.0), palette.skin, 0.15)
    x, y = shape.eye_x + 0.004, shape.eye_y - 0.040
    canvas.stroke(dark, [(x - 0.014, y + 0.003), (x + 0.013, y - 0.004)], 0.0021, 1.0, True)
    for k in (-0.5, 0.0, 0.5):
        at = x + k * 0.016
        canvas.stroke(dark, [(at + 0.001, y + 0.004), (at - 0.001, y - 0.0045)], 0.0013, 0.9, True)


def _scar_nose(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    dark = mixed(shifted(palette.skin, -0.15, 2.0, -32.0), palette.skin, 0.15)
    y = shape.nose_y + 0.012
    canvas.stroke(
        dark, [(-0.021, y + 0.001), (0.0, y - 0.002), (0.021, y + 0.001)], 0.0021, 1.0, True
    )


def _bandaid(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    x, y = shape.eye_x + 0.004, shape.eye_y - 0.038
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))

    def box(w: float, h: float) -> list[tuple[float, float]]:
        corners = [(-w, -h), (w, -h), (w, h), (-w, h)]
        return [(x + c * a - s * b, y + s * a + c * b) for a, b in corners]

    del palette
    canvas.polygon((0.80, 0.58, 0.44), box(0.0122, 0.0046))
    canvas.polygon((0.96, 0.79, 0.62), box(0.0115, 0.0039))
    canvas.polygon((0.99, 0.91, 0.80), box(0.0042, 0.0039))


def _whiskers(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    for side in (-1, 1):
        for k in (-1, 0, 1):
            x, y = side * 0.040, shape.nose_y - 0.006 + k * 0.0065
            canvas.stroke(
                mixed(palette.line, palette.skin, 0.2),
                [(x, y), (x + side * 0.026, y + k * 0.0035)],
                0.0017,
                1.0,
                True,
            )


def _tattoo(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    ink = shifted(palette.accent, -0.06)
    for side in (-1, 1):
        x, y = side * (shape.eye_x + 0.010), shape.eye_y - 0.030
        canvas.polygon(ink, [(x - 0.0052, y), (x + 0.0052, y), (x, y - 0.026)])
        canvas.polygon(
            ink,
            [
                (x + side * 0.0085, y),
                (x + side * 0.0135, y + 0.001),
                (x + side * 0.0085, y - 0.014),
            ],
        )


def _tear(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    ink = mixed(palette.accent, palette.eye_left, 0.5)
    x, y = shape.eye_x + 0.004, shape.eye_y - 0.036
    canvas.polygon(ink, [(x - 0.0034, y - 0.003), (x, y + 0.009), (x + 0.0034, y - 0.003)])
    canvas.disc(ink, x, y - 0.0036, 0.0035, 0.0035)


def _star(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    x, y = shape.eye_x + 0.007, shape.eye_y - 0.036
    angle = np.pi / 2 + np.arange(10) * np.pi / 5
    radius = np.where(np.arange(10) % 2 == 0, 0.0078, 0.0034)
    path = list(
        zip(
            (x + radius * np.cos(angle)).tolist(),
            (y + radius * np.sin(angle)).tolist(),
            strict=True,
        )
    )
    canvas.polygon(palette.accent, path)


def _heart(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    x, y = -shape.eye_x - 0.006, shape.eye_y - 0.037
    t = np.linspace(0, 2 * np.pi, 28)
    px = x + 0.0066 * np.sin(t) ** 3
    py = y + 0.00042 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    canvas.polygon(
        shifted(palette.blush, -0.15, 1.9), list(zip(px.tolist(), py.tolist(), strict=True))
    )


def _forehead(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    y = shape.eye_y + 0.052
    canvas.polygon(palette.accent, [(-0.0055, y), (0.0, y + 0.011), (0.0055, y), (0.0, y - 0.011)])
    canvas.polygon(
        mixed(palette.accent, WHITE, 0.6),
        [(-0.0022, y), (0.0, y + 0.005), (0.0022, y), (0.0, y - 0.005)],
    )


def _paint_lines(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    red = mixed(palette.accent, (0.78, 0.16, 0.16), 0.6)
    for side in (-1, 1):
        for k in (0, 1):
            x, y = side * (shape.eye_x + 0.008), shape.eye_y - 0.033 - k * 0.0075
            canvas.stroke(
                red, [(x - side * 0.012, y - 0.001), (x + side * 0.016, y + 0.002)], 0.0036
            )


def _mole_eye(canvas: Canvas, shape: HeadShape, palette: Palette) -> None:
    x, y = shape.eye_x + 0.28 * shape.eye_width, shape.eye_y - 0.5 * shape.eye_height - 0.0095
    canvas.disc(mixed(palette.line, (0.25, 0.12, 0.1), 0.5), x, y, 0.00125, 0.00125)


_MARKS = {
    "mole_under_eye": _mole_eye,
    "mole_under_mouth": _mole_mouth,
    "scar_across_eye": _scar_eye,
    "scar_on_cheek": _scar_cheek,
    "scar_on_nose": _scar_nose,
    "bandaid_on_face": _bandaid,
    "whisker_markings": _whiskers,
    "facial_tattoo": _tattoo,
    "teardrop_facial_mark": _tear,
    "star_facial_mark": _star,
    "heart_facial_mark": _heart,
    "forehead_mark": _forehead,
    "facepaint": _paint_lines,
}
MARKS = tuple(_MARKS)
"""What can be painted on a face."""


# Eyes


def white_texture(palette: Palette) -> Texture:
    """Paint the white: shaded by the upper lid, warm in the corners."""
    canvas = Canvas(96, 96, (0.975, 0.972, 0.985))
    rows = np.broadcast_to(np.clip((0.50 - canvas.y) / 0.30, 0, 1)[:, None], (96, 96))
    shade = mixed((0.72, 0.70, 0.82), palette.skin_shade, 0.35)
    canvas.lay(shade, rows.astype(np.float32) * np.float32(0.95), slice(None), slice(None))
    return canvas.texture()


PUPILS = (
    "round",
    "slit",
    "none",
    "heart",
    "star",
    "cross",
    "ring",
    "white",
    "flower",
    "diamond",
    "spiral",
)
IRISES = ("shaded", "banded", "rayed", "split", "flat", "glow")
HIGHLIGHTS = ("double", "single", "wide", "triple", "soft", "none")


def iris_texture(colour: Rgb, design: EyeDesign, size: int = 192) -> Texture:
    """Paint an iris: a dark rim and top, a bright lower half, the pupil, lights."""
    canvas = Canvas(size, size, colour, (-1.0, -1.0, 1.0, 1.0))
    x = canvas.x[None, :].astype(np.float64)
    y = canvas.y[:, None].astype(np.float64)
    r = np.hypot(x, y)
    dark, deep = shifted(colour, -0.20, 0.95, -8.0), shifted(colour, -0.34, 0.75, -14.0)
    bright, pale = shifted(colour, 0.12, 1.12, 8.0), shifted(colour, 0.26, 0.8, 18.0)
    whole = slice(None)
    if design.iris == "flat":
        stops = [(-1.0, dark), (-0.2, colour), (1.0, shifted(colour, 0.05))]
    elif design.iris == "split":
        stops = [(-1.0, deep), (0.02, dark), (0.10, bright), (1.0, pale)]
    else:
        stops = [(-1.0, deep), (-0.45, dark), (0.05, colour), (0.55, bright), (1.0, pale)]
    level = np.broadcast_to(y, (size, size)) + 0.12 * (np.broadcast_to(x, (size, size)) ** 2)
    canvas.pixels[:] = ramp(stops, level)
    if design.iris == "rayed":
        angle = np.arctan2(y, x)
        rays = 0.5 + 0.5 * np.cos(angle * 22) * np.cos(angle * 9 + 1.0)
        canvas.lay(
            pale,
            (0.38 * rays * np.clip(1.3 - np.abs(r - 0.6) * 3, 0, 1)).astype("f4"),
            whole,
            whole,
        )
    if design.iris == "banded":
        ring = np.clip(1 - np.abs(r - 0.62) / 0.07, 0, 1)
        canvas.lay(pale, (0.55 * ring).astype("f4"), whole, whole)
    if design.iris in ("shaded", "glow", "rayed"):
        # Light that comes out below.
        strength = 0.95 if design.iris == "glow" else 0.65
        canvas.glow(pale, 0.0, 0.62, 0.42, 0.26, strength)
    rim = np.clip((r - 0.84) / 0.10, 0, 1)
    canvas.lay(deep, (0.9 * rim).astype("f4"), whole, whole)
    _pupil(canvas, design.pupil, deep, colour, bright)
    # The upper lid's shadow.
    lid = np.clip((-0.42 - y) / 0.34, 0, 1) * np.ones_like(x)
    canvas.lay(mixed(deep, (0.05, 0.03, 0.08), 0.5), (0.62 * lid).astype("f4"), whole, whole)
    _lights(canvas, design.highlight)
    return canvas.texture()


def _pupil(canvas: Canvas, kind: str, deep: Rgb, colour: Rgb, bright: Rgb) -> None:
    black = mixed(deep, (0.03, 0.02, 0.05), 0.65)
    t = np.linspace(0, 2 * np.pi, 48)
    if kind == "round":
        canvas.disc(black, 0.0, -0.04, 0.33, 0.40, 0.96, soft=0.22)
    elif kind == "slit":
        canvas.disc(black, 0.0, 0.0, 0.13, 0.62, 1.0, soft=0.12)
    elif kind == "ring":
        canvas.disc(mixed(black, colour, 0.35), 0.0, -0.02, 0.46, 0.52, 0.9)
        canvas.disc(colour, 0.0, -0.02, 0.34, 0.40, 0.95)
        canvas.disc(black, 0.0, -0.02, 0.18, 0.22)
    elif kind == "white":
        canvas.disc((0.97, 0.96, 1.0), 0.0, -0.02, 0.30, 0.36, 0.95)
    elif kind == "heart":
        x = 0.030 * 16 * np.sin(t) ** 3
        y = -0.030 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
        canvas.polygon(mixed(bright, (1.0, 0.45, 0.65), 0.7), _pairs(x, y))
    elif kind == "star":
        k = np.arange(10)
        radius = np.where(k % 2 == 0, 0.52, 0.22)
        angle = -np.pi / 2 + k * np.pi / 5
        canvas.polygon(
            mixed(bright, (1.0, 0.95, 0.6), 0.6),
            _pairs(radius * np.cos(angle), radius * np.sin(angle)),
        )
    elif kind == "cross":
        canvas.polygon(
            (0.97, 0.95, 1.0), [(-0.10, -0.5), (0.10, -0.5), (0.10, 0.5), (-0.10, 0.5)], 0.95
        )
        canvas.polygon(
            (0.97, 0.95, 1.0), [(-0.42, -0.10), (0.42, -0.10), (0.42, 0.10), (-0.42, 0.10)], 0.95
        )
    elif kind == "diamond":
        canvas.polygon(black, [(0.0, -0.52), (0.26, 0.0), (0.0, 0.52), (-0.26, 0.0)])
    elif kind == "flower":
        radius = 0.30 + 0.15 * np.cos(5 * t)
        canvas.polygon(mixed(bright, WHITE, 0.35), _pairs(radius * np.cos(t), radius * np.sin(t)))
        canvas.disc(black, 0.0, 0.0, 0.13, 0.14)
    elif kind == "spiral":
        s = np.linspace(0.0, 1.0, 60)
        radius, angle = 0.06 + 0.56 * s, 4.6 * np.pi * s
        canvas.stroke(black, _pairs(radius * np.cos(angle), radius * np.sin(angle)), 0.10)


def _lights(canvas: Canvas, kind: str) -> None:
    if kind in ("double", "single", "triple"):
        canvas.disc(WHITE, -0.33, -0.40, 0.25, 0.29, 1.0, turn_deg=-20.0)
    if kind in ("double", "triple"):
        canvas.disc(WHITE, 0.36, 0.44, 0.13, 0.14, 0.9)
    if kind == "triple":
        canvas.disc(WHITE, 0.30, -0.34, 0.09, 0.10, 0.9)
    if kind == "wide":
        canvas.disc(WHITE, -0.08, -0.44, 0.44, 0.19, 0.95, turn_deg=-8.0)
        canvas.disc(WHITE, 0.30, 0.52, 0.17, 0.09, 0.7)
    if kind == "soft":
        canvas.glow(WHITE, -0.28, -0.36, 0.26, 0.26, 0.85)
        canvas.glow(WHITE, 0.25, 0.52, 0.26, 0.14, 0.6)


def _pairs(x: Doubles, y: Doubles) -> list[tuple[float, float]]:
    return list(zip(x.tolist(), y.tolist(), strict=True))


def mouth_texture(palette: Palette) -> Texture:
    """Paint the inside of the mouth: upper teeth, dark, tongue. y runs from lip to lip."""
    canvas = Canvas(96, 96, (0.42, 0.12, 0.16), (-1.0, 0.0, 1.0, 1.0))
    rows = np.broadcast_to(np.clip((0.75 - canvas.y) / 0.5, 0, 1)[:, None], (96, 96))
    canvas.lay((0.30, 0.07, 0.11), rows.astype("f4"), slice(None), slice(None))
    canvas.disc((0.86, 0.42, 0.45), 0.0, 0.92, 0.66, 0.36, 1.0, soft=0.1)
    canvas.glow((0.95, 0.58, 0.58), 0.0, 0.86, 0.30, 0.12, 0.7)
    teeth = np.clip((0.235 - canvas.y) / 0.03 - 0.0, 0, 1)[:, None]
    inner = np.clip((0.86 - np.abs(canvas.x)) / 0.05, 0, 1)[None, :]
    canvas.lay((0.985, 0.98, 0.975), (teeth * inner).astype("f4"), slice(None), slice(None))
    del palette
    return canvas.texture()


def lash_texture(palette: Palette) -> Texture:
    """Paint lashes: the line's colour, warmer towards the inner corner."""
    canvas = Canvas(64, 16, palette.line)
    warm = mixed(shifted(palette.line, 0.10, 1.4), (0.45, 0.2, 0.18), 0.35)
    share = np.broadcast_to(np.clip((0.35 - canvas.x) / 0.35, 0, 1)[None, :] * 0.7, (16, 64))
    canvas.lay(warm, share.astype("f4"), slice(None), slice(None))
    return canvas.texture()


def lip_line(palette: Palette) -> Rgb:
    """Return the colour of the mouth's line."""
    return mixed(palette.line, shifted(palette.lip, -0.22, 1.2), 0.55)


def shade_factor(palette: Palette) -> tuple[float, float, float]:
    """Return what skin is multiplied by in the dark."""
    pairs = zip(palette.skin_shade, palette.skin, strict=True)
    red, green, blue = (min(dark / max(light, 1e-3), 1.0) for dark, light in pairs)
    return red, green, blue
