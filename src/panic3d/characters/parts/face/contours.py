"""The curves of a face as seen from the front: openings of the eyes, line of the mouth, brows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.marks import LEVEL_M
from panic3d.characters.parts.face.design import EyeDesign, FaceState, MouthDesign
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]


class Contour(NamedTuple):
    """A closed curve in the plane of the picture, metres."""

    points: Doubles
    """(n, 2): the upper half from the inner (or image-left) corner to the other, then the lower."""

    @property
    def upper(self) -> Doubles:
        """(n / 2 + 1, 2): from corner to corner."""
        return self.points[: len(self.points) // 2 + 1]

    @property
    def lower(self) -> Doubles:
        """(n / 2 + 1, 2): from corner to corner, in the same direction as `upper`."""
        n = len(self.points)
        return np.concatenate([self.points[:1], self.points[: n // 2 - 1 : -1]])

    def mirrored(self) -> Contour:
        """Return the mirror image across x = 0, its points in the patch's order.

        Both eyes' patches run clockwise as seen from the front; a mirror image would run the other
        way, so it is read from its other corner.
        """
        n = len(self.points)
        flipped = self.points * np.array([-1.0, 1.0])
        order = (n // 2 - np.arange(n)) % n
        return Contour(flipped[order])


def _bump(s: Doubles, peak: float, arch: float) -> Doubles:
    """Return a curve that is 0 at 0 and 1, and 1 at the peak; a higher arch is flatter on top."""
    gamma = np.log(0.5) / np.log(peak)
    w = s**gamma
    return 1 - np.abs(2 * w - 1) ** arch


def eye_contour(
    shape: HeadShape,
    design: EyeDesign,
    close: float,
    smile: float,
    state: FaceState,
    count: int,
) -> Contour:
    """Return the opening of the left eye, from the inner corner over the top.

    Args:
        shape: place and size.
        design: its form.
        close: 1 shut by the upper lid.
        smile: 1 shut by the cheek.
        state: the rest of what the lids do.
        count: of points, even.
    """
    width, height = shape.eye_width, shape.eye_height
    top, bottom = design.upper_share * height, (1 - design.upper_share) * height
    tilt = shape.eye_tilt * width

    # Samples fall on the lids' extremes, which are landmarks, and on the middles beside them.
    highest, lowest = lid_extremes(shape, design)
    even = np.linspace(0, 1, count // 2 + 1)
    even = 0.55 * (1 - np.cos(np.pi * even)) / 2 + 0.45 * even  # denser at the corners
    s = _through(even, (highest,))
    t = _through(even, (lowest / 2, lowest, (1 + lowest) / 2))
    upper = _lid(s, top, design.peak, design.arch)
    shut = 0.97 * -_lid(s, bottom, design.lower_peak, design.lower_arch) + 0.03 * upper
    upper = upper * (1 + 0.28 * state.wide)
    upper = upper + close * (shut - upper) + smile * (_arched(s, design, height) + 0.0004 - upper)
    lower = -_lid(t, bottom, design.lower_peak, design.lower_arch) * (1 - 0.55 * state.lower)
    lower = lower + smile * (_arched(t, design, height) - lower)
    line = shape.eye_y - (design.upper_share - 0.5) * height
    left = shape.eye_x - 0.5 * width
    over = np.stack([left + s * width, line + upper + (s - 0.5) * tilt], -1)
    under = np.stack([left + t * width, line + lower + (t - 0.5) * tilt], -1)
    return Contour(np.concatenate([over, under[-2:0:-1]]))


def lid_extremes(shape: HeadShape, design: EyeDesign) -> tuple[float, float]:
    """Return where the upper lid is highest and the lower lowest: 0 inner corner, 1 outer."""
    s = np.linspace(0, 1, 2001)
    height, tilt = shape.eye_height, shape.eye_tilt * shape.eye_width
    over = _lid(s, design.upper_share * height, design.peak, design.arch) + s * tilt
    under = _lid(s, (1 - design.upper_share) * height, design.lower_peak, design.lower_arch)
    under = under - s * tilt
    highest, lowest = (float(s[y > y.max() - LEVEL_M].mean()) for y in (over, under))
    return highest, lowest


def _lid(s: Doubles, height: float, peak: float, arch: float) -> Doubles:
    return height * _bump(s, peak, arch)


def _through(even: Doubles, wanted: tuple[float, ...]) -> Doubles:
    """Return rising samples from 0 to 1 of which the nearest are moved to the wanted places."""
    found = even.copy()
    for place in wanted:
        found[1 + int(np.argmin(np.abs(even[1:-1] - place)))] = place
    return np.sort(found)


def _arched(s: Doubles, design: EyeDesign, height: float) -> Doubles:
    """Return where both lids of an eye shut by a smile meet."""
    return height * (0.55 * design.upper_share * _bump(s, 0.5, 2.2) - 0.10)


def mouth_line(shape: HeadShape, design: MouthDesign, state: FaceState, s: Doubles) -> Doubles:
    """Return the line (n, 2) of the closed mouth at shares of its width, image-left to right."""
    width = shape.mouth_width * (1 + state.width)
    curve = design.curve + state.corners
    wave = design.wave + state.wave
    u = 2 * s - 1
    y = curve * width * (np.abs(u) ** 2.2 - 0.35)
    # Two arcs: corners and middle up, the rest down.
    y = y + wave * width * 0.28 * (np.cos(2 * np.pi * u) - 0.6) * (1 - np.abs(u) ** 6)
    return np.stack([u * width / 2, shape.mouth_y + y], -1)


def mouth_contour(shape: HeadShape, design: MouthDesign, state: FaceState, count: int) -> Contour:
    """Return the opening of the mouth, from the image-left corner over the top."""
    half = count // 2
    s = 0.5 * (1 - np.cos(np.linspace(0, np.pi, half + 1))) * 0.5 + 0.5 * np.linspace(
        0, 1, half + 1
    )
    line = mouth_line(shape, design, state, s)
    gap = state.open * shape.mouth_width
    lift = 0.16 * gap * _bump(s, 0.5, 2.6)
    drop = 0.84 * gap * _bump(s, 0.5, 2.0 + 0.8 * max(state.width, -0.3))
    over, under = line.copy(), line.copy()
    over[:, 1] += lift + 0.00012
    under[:, 1] -= drop + 0.00012
    return Contour(np.concatenate([over, under[-2:0:-1]]))
