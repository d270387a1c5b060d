"""Draw ``portrait.png``: a made-up character in plain shapes, free for any use (CC0)."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw

SIZE, FINE = 512, 4  # drawn four times as large, then reduced
INK = (58, 38, 60, 255)
SKIN, SHADE = (255, 226, 208, 255), (240, 192, 178, 255)
HAIR, HAIR_DARK, HAIR_LIGHT = (92, 150, 190, 255), (62, 112, 158, 255), (150, 200, 226, 255)

Points = list[tuple[float, float]]


def bezier(points: Points, steps: int = 24) -> Points:
    """Return points along a Bezier curve."""
    n = len(points) - 1
    return [
        (
            sum(math.comb(n, k) * (1 - t) ** (n - k) * t**k * p[0] for k, p in enumerate(points)),
            sum(math.comb(n, k) * (1 - t) ** (n - k) * t**k * p[1] for k, p in enumerate(points)),
        )
        for t in (s / steps for s in range(steps + 1))
    ]


def outline(*curves: Points) -> Points:
    """Join curves to one closed outline."""
    return [point for curve in curves for point in bezier(curve)]


class Canvas:
    """A drawing in picture coordinates."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIZE * FINE, SIZE * FINE), (0, 0, 0, 0))
        self.draw = ImageDraw.Draw(self.image)

    def shape(self, points: Points, fill: tuple[int, ...], ink: float = 2.0) -> None:
        """Fill an outline and draw its line."""
        fine = [(x * FINE, y * FINE) for x, y in points]
        self.draw.polygon(fine, fill=fill)
        if ink:
            self.draw.line([*fine, fine[0]], fill=INK, width=round(ink * FINE), joint="curve")

    def line(self, points: Points, ink: float, colour: tuple[int, ...] = INK) -> None:
        """Draw a line."""
        fine = [(x * FINE, y * FINE) for x, y in points]
        self.draw.line(fine, fill=colour, width=round(ink * FINE), joint="curve")

    def oval(self, x: float, y: float, rx: float, ry: float, fill: tuple[int, ...]) -> None:
        """Fill an ellipse."""
        box = [(x - rx) * FINE, (y - ry) * FINE, (x + rx) * FINE, (y + ry) * FINE]
        self.draw.ellipse(box, fill=fill)


def mirrored(points: Points) -> Points:
    """Return points mirrored about the middle of the picture."""
    return [(SIZE - x, y) for x, y in points]


def draw() -> Image.Image:
    """Return the picture, transparent around the character."""
    c = Canvas()
    back = outline(
        [(256, 92), (128, 88), (104, 210), (122, 300), (112, 404)],
        [(112, 404), (150, 420), (180, 408)],
        [(180, 408), (256, 380), (332, 408)],
        [(332, 408), (362, 420), (400, 404)],
        [(400, 404), (390, 300), (408, 210), (384, 88), (256, 92)],
    )
    c.shape(back, HAIR_DARK)
    c.shape(outline([(226, 350), (228, 420), (190, 446)], [(190, 446), (256, 470), (322, 446)],
                    [(322, 446), (284, 420), (286, 350)]), SHADE)  # fmt: skip
    c.shape(outline([(190, 440), (130, 452), (108, 512)], [(108, 512), (256, 516), (404, 512)],
                    [(404, 512), (382, 452), (322, 440)], [(322, 440), (256, 492), (190, 440)]),
            (246, 246, 250, 255))  # fmt: skip
    face = outline(
        [(152, 240), (150, 310), (190, 356), (256, 384)],
        [(256, 384), (322, 356), (362, 310), (360, 240)],
        [(360, 240), (350, 130), (162, 130), (152, 240)],
    )
    c.shape(face, SKIN)
    for flip in (False, True):
        turn = mirrored if flip else list
        sign = -1 if flip else 1
        x = SIZE - 208 if flip else 208
        c.oval(x, 284, 25, 30, (255, 255, 255, 255))
        c.oval(x + 2 * sign, 286, 18, 27, (70, 88, 160, 255))
        c.oval(x + 2 * sign, 294, 14, 17, (122, 160, 224, 255))
        c.oval(x + 2 * sign, 284, 8, 12, (30, 28, 60, 255))
        c.oval(x - 5, 273, 6, 8, (255, 255, 255, 255))
        c.line(turn(bezier([(180, 272), (196, 246), (232, 252), (236, 272)])), 5)
        c.line(turn(bezier([(190, 312), (206, 318), (224, 314)])), 1.5)
        c.line(turn(bezier([(180, 240), (204, 226), (234, 236)])), 3, HAIR_DARK)
        c.oval(SIZE - 186 if flip else 186, 326, 18, 8, (255, 196, 190, 255))
    c.line([(255, 322), (258, 328)], 2)
    c.line(bezier([(238, 346), (256, 356), (274, 346)]), 2.5)
    for fringe in (
        [(256, 110), (150, 120), (136, 250), (152, 300)],
        [(256, 110), (200, 150), (190, 220), (204, 254)],
        [(256, 110), (240, 160), (236, 220), (250, 246)],
        [(256, 110), (290, 160), (300, 220), (288, 250)],
        [(256, 110), (350, 130), (362, 220), (336, 262)],
        [(256, 110), (372, 110), (380, 250), (362, 300)],
    ):
        tip = fringe[-1]
        wide = [(x + 46 * (1 - k / 3), y) for k, (x, y) in enumerate(fringe)]
        wide[-1] = tip
        thin = [(x - 46 * (1 - k / 3), y) for k, (x, y) in enumerate(fringe)]
        c.shape([*bezier(thin), *bezier(wide)[::-1]], HAIR)
    crown = outline(
        [(146, 200), (140, 84), (372, 84), (366, 200)],
        [(366, 200), (330, 150), (256, 176)],
        [(256, 176), (182, 150), (146, 200)],
    )
    c.shape(crown, HAIR)
    c.line(bezier([(176, 150), (256, 108), (336, 150)]), 7, HAIR_LIGHT)
    return c.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(Path(__file__).with_name("portrait.png"), optimize=True)
