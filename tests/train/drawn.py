"""Faces drawn by rule, whose everything is known: what the small networks learn in tests."""

import numpy as np
from PIL import Image, ImageDraw

from panic3d.geometry.posing import rotation
from panic3d.train.portraits import DrawnPortrait, encoded

SIDE = 96
# Shares of the head's radius from its middle, in the order of the 28 landmarks.
_EYE = [(-0.15, 0), (0, -0.15), (0.15, 0), (-0.1, 0.1), (0, 0.15), (0.1, 0.1)]
PLACES = np.array(
    [(-0.7, 0.2), (-0.5, 0.7), (0, 0.95), (0.5, 0.7), (0.7, 0.2)]
    + [(-0.6, -0.3), (-0.4, -0.4), (-0.2, -0.3), (0.2, -0.3), (0.4, -0.4), (0.6, -0.3)]
    + [(-0.35 + x, y) for x, y in _EYE]
    + [(0.35 + x, y) for x, y in _EYE]
    + [(0, 0.3), (-0.2, 0.55), (0, 0.5), (0.2, 0.55), (0, 0.6)]
)


def face(kind="cutout", seed=0, side=SIDE, lines=True):
    """Draw a face: a disc, two eyes, a mouth; turned in the picture's plane."""
    rng = np.random.default_rng(seed)
    radius = side * rng.uniform(0.26, 0.34)
    middle = side / 2 + rng.uniform(-0.06, 0.06, 2) * side
    tilt = rng.uniform(-15, 15)
    turn = rotation(0.0, 0.0, -tilt)
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    points = PLACES * radius @ np.array([[c, s], [-s, c]]) + middle
    skin = tuple(int(v) for v in rng.integers(170, 255, 3))
    ground = (255, 255, 255) if kind == "aligned" else (40, 60, 90)

    def drawing(outline):
        big = Image.new("RGB", (4 * side, 4 * side), ground)
        draw = ImageDraw.Draw(big)
        disc = [4 * (middle[0] - radius), 4 * (middle[1] - radius)]
        disc += [4 * (middle[0] + radius), 4 * (middle[1] + radius)]
        draw.ellipse(disc, fill=skin, outline=(20, 10, 10) if outline else skin, width=6)
        for part in (slice(11, 17), slice(17, 23)):
            draw.polygon(
                [(4 * x, 4 * y) for x, y in points[part][[0, 1, 2, 5, 4, 3]]], (10, 20, 90)
            )
        draw.polygon([(4 * x, 4 * y) for x, y in points[24:28]], fill=(180, 20, 40))
        return np.asarray(big.resize((side, side), Image.Resampling.BOX))

    mask = Image.new("L", (4 * side, 4 * side))
    disc = [4 * (v + d) for d in (-radius, radius) for v in middle]
    ImageDraw.Draw(mask).ellipse(disc, fill=255)
    matte = np.asarray(mask.resize((side, side), Image.Resampling.BOX))
    free = drawing(False)
    more = {}
    if kind == "aligned":
        more = {"line_free": encoded(free, 95), "render": encoded(free, 95)}
        more["line_mask"] = encoded((np.abs(drawing(True) - free.astype(int)).max(-1) > 30) * matte)
    return DrawnPortrait(
        kind=kind,
        picture=encoded(drawing(lines and kind == "aligned"), 95),
        matte=encoded(matte),
        points=points.astype(np.float32),
        visible=np.ones(28, bool),
        rotation=turn.astype(np.float32),
        **more,
    )


def nobody(seed=0, side=SIDE):
    """Draw stripes."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((side, side, 3), np.uint8)
    picture[:] = rng.integers(0, 255, (1, side, 3)) // 2 + 60
    return DrawnPortrait(
        kind="faceless", picture=encoded(picture), matte=encoded(np.zeros((side, side), np.uint8))
    )


def stock(count=4):
    """Make some of every kind."""
    found = []
    for seed in range(count):
        found += [face("cutout", seed), face("scene", seed), face("aligned", seed), nobody(seed)]
    return found
