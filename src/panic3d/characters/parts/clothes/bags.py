"""What is carried on the back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import Rgb
from panic3d.characters.parts.clothes import lines
from panic3d.characters.parts.clothes.built import Fit, cloth_surface, loft, strip_texture
from panic3d.characters.parts.clothes.paint import tone
from panic3d.characters.parts.clothes.tailor import Tailor
from panic3d.characters.piece import Piece, Surface

Array = NDArray[np.float64]

_HEIGHT_M, _HALF_M, _DEPTH_M = 0.25, 0.092, 0.085


def backpack(tailor: Tailor, colour: Rgb, trim: Rgb, size: float = 1.0) -> None:
    """Put on a backpack: straps over the shoulders, a bag with a pocket.

    Args:
        tailor: the body with what it already wears.
        colour: of the bag.
        trim: of the straps and the seams.
        size: of the bag against the usual one.
    """
    strap = [*lines.strap_sides(0.064, 0.021, 0.06), lines.armhole(0.118, 0.0)]
    tailor.layer("BackpackStraps", strap, trim, gap=0.006, fold=False, covers=False)
    fit = tailor.fit
    height, half, depth = (v * fit.size * size for v in (_HEIGHT_M, _HALF_M, _DEPTH_M))
    top = fit.form.shape.shoulder_y + 0.045 * fit.size
    at = fit.outer
    behind = (np.abs(at[:, 1] - top + height / 2) < height / 2) & (np.abs(at[:, 0]) < half / 2)
    back = float(at[behind, 2].min())
    seam = ((0.04, 0.07, trim), (0.30, 0.32, trim), (0.93, 0.96, trim))
    bag = cloth_surface("Backpack", strip_texture(colour, seam, (0.10, 0.35)), colour)
    tailor.add([_box(fit, bag, (top, height), half, (back + 0.004, depth))])
    darker = tone(colour, -0.05)
    pocket = cloth_surface(
        "BackpackPocket", strip_texture(darker, ((0.10, 0.16, trim),), (0.10, 0.35)), darker
    )
    low = (top - 0.50 * height, 0.44 * height)
    tailor.add([_box(fit, pocket, low, 0.74 * half, (back - 0.96 * depth, 0.34 * depth))])


def _box(
    fit: Fit, surface: Surface, tall: tuple[float, float], half: float, deep: tuple[float, float]
) -> Piece:
    """Return a stuffed bag: rounded all round, flatter towards the back it hangs on.

    Args:
        fit: gives the skinning.
        surface: how it looks.
        tall: its top and its height.
        half: half its width.
        deep: z of its front side, and how far it reaches behind that.
    """
    rows, around = 15, 28
    u = np.linspace(0, 1, rows)
    # Close to a box, its edges rounded; the first and the last row are points.
    swell = np.clip(1 - np.abs(2 * u - 1) ** 5, 0, 1) ** 0.45
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    x = np.sign(s) * np.abs(s) ** 0.55
    z = np.sign(c) * np.abs(c) ** 0.55
    points = np.stack(
        [
            half * swell[:, None] * x,
            np.broadcast_to((tall[0] - u * tall[1])[:, None], (rows, around)),
            deep[0] - deep[1] / 2 + deep[1] / 2 * swell[:, None] * z,
        ],
        -1,
    )
    return loft(points, surface, fit, closed=True, torso_only=True)
