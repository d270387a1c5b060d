"""What is seen in and around an eye: white, iris, lashes, the fold above, the brow.

Everything is laid out for the left eye as seen from the front, lifted onto the head and mirrored.
Each function gives vertices for one state of the face, always in the same number and order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.parts.face.contours import eye_contour
from panic3d.characters.parts.face.design import BrowDesign, EyeDesign, FaceState
from panic3d.characters.parts.face.skin import RIM
from panic3d.characters.parts.face.strips import directions, resampled, strip
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

WHITE_DEPTH_M = 0.0050
IRIS_DEPTH_M = 0.0036
LASH_LIFT_M = 0.0007
_ALONG = 29


class Sheet(NamedTuple):
    """Vertices of a part of the left eye."""

    points: Doubles
    """(v, 3) metres."""
    faces: Ints
    uvs: Doubles


def _contour(shape: HeadShape, design: EyeDesign, state: FaceState) -> tuple[Doubles, Doubles]:
    found = eye_contour(shape, design, state.close_left, state.smile_left, state, RIM)
    return found.upper, found.lower


def _ball(shape: HeadShape, x: Doubles, y: Doubles) -> Doubles:
    """Return (n, 3) on a calm surface through the eye: the section's, flattened."""
    angle = shape.front_angle_deg(x, y)
    z = shape.section(y, angle)[..., 2]
    # Half of the curvature: a plane through the eye's middle takes the rest.
    step = 0.004
    ex, ey = shape.eye_x, shape.eye_y
    around = np.array(
        [[ex, ey], [ex + step, ey], [ex - step, ey], [ex, ey + step], [ex, ey - step]]
    )
    zs = shape.section(around[:, 1], shape.front_angle_deg(around[:, 0], around[:, 1]))[:, 2]
    plane = (
        zs[0] + (zs[1] - zs[2]) / (2 * step) * (x - ex) + (zs[3] - zs[4]) / (2 * step) * (y - ey)
    )
    z = 0.65 * z + 0.35 * np.minimum(plane, z + 0.004)
    return np.stack([x, y, z - shape.eye_hollow * 0.85], -1)


def white(shape: HeadShape) -> Sheet:
    """Return the sheet behind the opening."""
    n = 13
    w, h = 0.57 * shape.eye_width, 0.70 * shape.eye_height
    gx, gy = np.meshgrid(np.linspace(-1, 1, n), np.linspace(-1, 1, n))
    x = shape.eye_x + gx * w
    tilt = shape.eye_tilt * gx * w
    y = shape.eye_y + gy * h + tilt
    points = _ball(shape, x.ravel(), y.ravel())
    # Towards the temple the face turns away: deeper, so that it stays inside.
    points[:, 2] -= WHITE_DEPTH_M + 0.004 * np.clip(gx.ravel(), 0, 1) ** 2
    index = np.arange(n * n, dtype=np.int32).reshape(n, n)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).astype(np.int32)
    uvs = np.stack([(gx.ravel() + 1) / 2, (1 - gy.ravel()) / 2], -1)
    return Sheet(points, faces, uvs)


def iris_centre(shape: HeadShape, design: EyeDesign, state: FaceState) -> tuple[float, float]:
    """Return where the left iris is, seen from the front."""
    height = shape.eye_height
    x = shape.eye_x - 0.02 * shape.eye_width
    y = shape.eye_y - (design.upper_share - 0.5) * height
    y += (2 * design.upper_share - 1) * 0.5 * height + 0.02 * height
    width = design.iris_width * shape.eye_width
    gaze = (design.gaze[0] + state.look[0], design.gaze[1] + state.look[1])
    return x + gaze[0] * width, y + gaze[1] * width


def iris(shape: HeadShape, design: EyeDesign, state: FaceState) -> Sheet:
    """Return the iris, a disc on the white; its texture is the same way up in both eyes."""
    x, y = iris_centre(shape, design, state)
    rings, around = 4, 28
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    radius = np.linspace(0, 1, rings + 1)[1:]
    ux = np.concatenate([[0.0], (radius[:, None] * np.cos(angle)).ravel()])
    uy = np.concatenate([[0.0], (radius[:, None] * np.sin(angle)).ravel()])
    px = x + ux * design.iris_width * shape.eye_width / 2
    py = y + uy * design.iris_height * shape.eye_height / 2
    points = _ball(shape, px, py)
    points[:, 2] -= IRIS_DEPTH_M + 0.0006 * (ux**2 + uy**2)
    faces = [[0, 1 + k, 1 + (k + 1) % around] for k in range(around)]
    for r in range(rings - 1):
        for k in range(around):
            a, b = 1 + r * around + k, 1 + r * around + (k + 1) % around
            faces += [[a, a + around, b + around], [a, b + around, b]]
    uvs = np.stack([(ux + 1) / 2, (1 - uy) / 2], -1)
    return Sheet(points, np.array(faces, np.int32), uvs)


def _lifted(shape: HeadShape, points: Doubles, lift: Doubles | float) -> Doubles:
    found = shape.face(points[:, 0], points[:, 1])
    found[:, 2] += lift
    return found


def upper_lash(shape: HeadShape, design: EyeDesign, state: FaceState) -> Sheet:
    """Return the line along the upper lid, with its wing and single lashes."""
    upper, _ = _contour(shape, design, state)
    curve = resampled(upper, _ALONG - 5)
    width = shape.eye_width
    end = curve[-1]
    # The wing runs on from the outer corner.
    t = np.linspace(0, 1, 6)[1:, None]
    shut = max(state.close_left, state.smile_left)
    rise = design.wing_rise * (1 - 1.4 * shut)
    wing = end + t * width * np.array([design.wing, rise]) + t**2 * width * np.array([0.0, rise])
    curve = np.concatenate([curve, wing])
    s = np.linspace(0, 1, len(curve))
    body = np.clip(s / 0.30, 0, 1) ** 0.8 * np.clip((1.0 - s) / 0.24, 0, 1) ** 0.9
    thick = design.lash * width * (0.22 + 0.78 * body) * (s < 1) * (0.55 + 0.45 * (1 - shut))
    thick *= np.clip(s / 0.04, 0.15, 1)
    normal = directions(curve)
    low = curve - normal * (0.0006 + 0.12 * thick[:, None])
    high = curve + normal * thick[:, None]
    band = strip(low, high, 3)
    lift = np.repeat([LASH_LIFT_M, LASH_LIFT_M + 0.0010, LASH_LIFT_M], len(curve))
    # Seen from the side, the outer part stands off.
    lift = lift + np.tile(0.0022 * np.clip((s - 0.55) / 0.45, 0, 1) ** 2, 3)
    points, faces, uvs = [_lifted(shape, band.points, lift)], [band.faces], [band.uvs]
    start = len(band.points)
    for k in range(design.spikes):
        at = 0.70 + 0.24 * (k + 0.5) / max(design.spikes, 1)
        i = round(at * (len(curve) - 1))
        i = min(max(i, 1), len(curve) - 2)
        length = design.spike_length * width * (0.75 + 0.25 * k / max(design.spikes - 1, 1))
        lean = 0.85 + 0.35 * k
        way = normal[i] * (1 - 1.2 * shut) + lean * (curve[i + 1] - curve[i - 1]) / np.linalg.norm(
            curve[i + 1] - curve[i - 1]
        )
        way = way / np.linalg.norm(way)
        side = np.array([way[1], -way[0]]) * 0.022 * width
        root = curve[i] + normal[i] * thick[i] * 0.55
        corners = np.stack([root - side, root + side, root + way * length])
        corners_lift = np.array([LASH_LIFT_M, LASH_LIFT_M, LASH_LIFT_M + 0.003])
        points.append(_lifted(shape, corners, corners_lift + 0.0006))
        faces.append(np.array([[0, 1, 2]], np.int32) + start)
        uvs.append(np.array([[at, 0.5], [at, 0.5], [at, 0.1]]))
        start += 3
    return Sheet(np.concatenate(points), np.concatenate(faces), np.concatenate(uvs))


def lower_lash(shape: HeadShape, design: EyeDesign, state: FaceState) -> Sheet:
    """Return the thin line below the outer half of the eye."""
    _, lower = _contour(shape, design, state)
    curve = resampled(lower, _ALONG)[6:]
    s = np.linspace(0, 1, len(curve))
    thick = design.lower_lash * shape.eye_width * np.sin(np.pi * np.clip(s, 0, 1) ** 1.2) ** 0.7
    normal = directions(curve)
    band = strip(curve - normal * thick[:, None], curve + normal * (0.25 * thick[:, None]), 2)
    return Sheet(_lifted(shape, band.points, LASH_LIFT_M), band.faces, band.uvs)


def crease(shape: HeadShape, design: EyeDesign, state: FaceState) -> Sheet:
    """Return the thin line of the fold above the upper lid."""
    upper, _ = _contour(shape, design, state)
    curve = resampled(upper, _ALONG)[4:-1]
    s = np.linspace(0, 1, len(curve))
    shut = max(state.close_left, 0.8 * state.smile_left)
    offset = design.crease * shape.eye_width * (0.55 + 0.45 * np.sin(np.pi * s)) * (1 + 0.6 * shut)
    normal = directions(curve)
    middle = curve + normal * (offset + design.lash * shape.eye_width * 0.6)[:, None]
    thick = 0.0006 * np.sin(np.pi * s) ** 0.6
    band = strip(middle - normal * thick[:, None], middle + normal * thick[:, None], 2)
    return Sheet(_lifted(shape, band.points, LASH_LIFT_M * 0.6), band.faces, band.uvs)


def brow(shape: HeadShape, design: BrowDesign, eyes: EyeDesign, state: FaceState) -> Sheet:
    """Return the eyebrow."""
    n = 15
    s = np.linspace(0, 1, n)
    width = shape.eye_width
    length = 0.34 if design.dots else design.length
    del eyes
    top = shape.eye_y + 0.5 * shape.eye_height + design.height * width + state.brow_raise * width
    x = shape.eye_x + design.shift * width + (s - 0.5) * length * width - 0.02 * width
    x = x - 0.06 * width * max(state.brow_knit, 0.0)
    tilt = (design.tilt + 0.30 * state.brow_knit) * length * width
    y = top + tilt * (s - 0.5) * 2 * 0.7 + design.arch * width * (np.sin(np.pi * s**0.8) - 0.6)
    if design.dots:
        thick = 0.5 * 0.16 * width * np.sqrt(np.clip(1 - (2 * s - 1) ** 2, 0, 1))
    else:
        thick = 0.5 * design.thickness * width * (1 - design.taper * s) * np.clip(s / 0.10, 0.55, 1)
        thick *= np.clip((1 - s) / 0.06, 0.1, 1)
        thick = np.maximum(thick, 0.0045 * width)  # a finer end would not be seen
    curve = np.stack([x, y], -1)
    normal = directions(curve)
    band = strip(curve - normal * thick[:, None], curve + normal * thick[:, None], 3)
    lift = np.repeat([0.0009, 0.0016, 0.0009], n)
    return Sheet(_lifted(shape, band.points, lift), band.faces, band.uvs)
