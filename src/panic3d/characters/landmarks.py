"""The 28 facial landmarks in a picture: projected from the model, or picked from what is drawn.

Order as the face detector's, image-left first (see `MadeCharacter.landmarks`). Pixels are measured
from the picture's upper left corner, x to the right, y down; the middle of the first pixel is
(0.5, 0.5).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64
from numpy.typing import NDArray
from scipy import ndimage

from panic3d.characters.made import LANDMARKS, MadeCharacter
from panic3d.characters.marks import EIGHT, eye_points, sides, stroke_points
from panic3d.characters.parts.face.skin import JAW_ABOVE_MOUTH_M, JAW_ABOVE_NOSE_M
from panic3d.characters.piece import Label
from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import PosedCharacter, head_origin
from panic3d.render.raster import Geometry, Rasteriser, Scene, view_matrix

TOLERANCE_M = 0.004
"""A surface has to lie so far in front of a landmark to hide it."""

JAW, BROWS = slice(0, 5), slice(5, 11)
EYES = (slice(11, 17), slice(17, 23))
NOSE, MOUTH = 23, slice(24, 28)

_LEVEL = (0, 4)
"""Landmarks at the ears' height; the face reaches from the chin to the brows."""
_HIDING: tuple[Label, ...] = ("skin", "ear", "hair", "scalp", "accessory", "cloth")


class Landmarks(NamedTuple):
    """Where a face's landmarks are in a picture."""

    points: Float64[np.ndarray, "28 2"]
    """x, y in pixels."""
    visible: Bool[np.ndarray, "28"]
    """Inside the picture, and nothing in front."""
    face_size_px: float
    """Chin to the middle of the brows, at least; about the side of a face detector's box."""


def project_points(
    points: Float64[np.ndarray, "n 3"], camera: Camera, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pixels (n, 2) and depths (n,) in metres of points in the camera's world frame."""
    matrix = view_matrix(camera)
    seen = points @ matrix[:3, :3].T + matrix[:3, 3]
    depth = -seen[:, 2]
    if isinstance(camera, Orthographic):
        across = seen[:, :2] / camera.width_m
    else:
        across = seen[:, :2] * camera.focal / np.maximum(depth, 1e-6)[:, None]
    pixels = (across * np.array([1.0, -1.0]) + 0.5) * size
    return pixels, depth


def project(
    made: MadeCharacter,
    posed: PosedCharacter,
    camera: Camera,
    size: int,
    geometry: Geometry,
    origin: Float64[np.ndarray, "3"] | None = None,
) -> Landmarks:
    """Project the landmarks into a view.

    Args:
        made: the character.
        posed: it in its pose.
        camera: from where it is seen.
        size: width and height of the picture, pixels.
        geometry: of that view, of any size.
        origin: of the camera's world in the model's space; by default the middle of the head.
    """
    middle = head_origin(made.character) if origin is None else origin
    pixels, depth = project_points(made.landmark_points(posed) - middle, camera, size)
    labels = np.array([*made.part_labels, ""])
    count = geometry.depth.shape[0]
    column, row = (np.floor(pixels * (count / size)).astype(int)).T
    inside = (column >= 0) & (column < count) & (row >= 0) & (row < count)
    column, row = column.clip(0, count - 1), row.clip(0, count - 1)
    part = geometry.part[row, column]
    nearer = geometry.depth[row, column] < depth - TOLERANCE_M
    hidden = (part >= 0) & nearer & np.isin(labels[part], _HIDING)
    return Landmarks(pixels, inside & ~hidden, face_size(pixels))


def face_size(points: Float64[np.ndarray, "28 2"]) -> float:
    """Return the longer of a face's height, chin to brows, and its width, jaw to jaw."""
    height = float(np.linalg.norm(points[2] - points[BROWS].mean(0)))
    width = float(np.linalg.norm(points[_LEVEL[0]] - points[_LEVEL[1]]))
    return max(height, width)


# Picked from what is drawn


class Ids(NamedTuple):
    """A face drawn from the front as numbers of its parts, hair and lashes taken off."""

    eye: Bool[np.ndarray, "h w"]
    """The openings of the eyes: holes of the skin through which eyes are seen; where eyes lie on
    skin without holes, what is seen of them."""
    brow: Bool[np.ndarray, "h w"]
    mouth: Bool[np.ndarray, "h w"]
    """The opening of the mouth, or the line between closed lips."""
    skin: Bool[np.ndarray, "h w"]
    depth: Float32[np.ndarray, "h w"]
    """Metres from the camera's plane, of skin and eyes."""


_OPENING: tuple[Label, ...] = ("eye_white", "iris")
_LIPS: tuple[Label, ...] = ("mouth", "lip")
_FACE_DEPTH_M = 0.065
"""From the tip of the nose to behind the outer corners of the eyes."""


def face_ids(
    made: MadeCharacter,
    rasteriser: Rasteriser,
    scene: Scene,
    camera: Camera,
    size: int,
    box_m: float = HEAD_BOX_M,
) -> Ids:
    """Draw the parts of a bare face, each pixel named by the part that is seen there.

    Args:
        made: the character.
        rasteriser: draws.
        scene: the character, loaded in fixed mode around the middle of its head.
        camera: in front.
        size: width and height, pixels.
        box_m: side of the box that is kept.
    """
    labels = np.array([*(label != "skin" for label in made.part_labels), False])
    everything = scene.draws

    def drawn(*wanted: Label) -> tuple[Geometry, NDArray[np.bool_]]:
        """Draw some parts; say where any of them but skin is seen."""
        scene.draws = [draw for draw in everything if made.part_labels[draw.number] in wanted]
        geometry = rasteriser.geometry(scene, camera, size, box_m)
        return geometry, labels[geometry.part]

    try:
        skin, _ = drawn("skin")
        eye = drawn("skin", *_OPENING)[1]
        brow = drawn("skin", "brow")[1]
        mouth = drawn("skin", *_LIPS)[1]
    finally:
        scene.draws = everything
    outside = skin.facing > 0
    # Through the openings one might see the neck, far behind.
    near = outside & (skin.depth < skin.depth[outside].min() + _FACE_DEPTH_M)
    return Ids(
        eye=_openings(~near, eye),
        brow=brow,
        mouth=mouth,
        skin=outside,
        depth=skin.depth,
    )


def _openings(open_: NDArray[np.bool_], eye: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the holes that show most of an eye, whatever else of it can be seen."""
    number, count = ndimage.label(open_, EIGHT)
    shown = np.bincount(number[eye & open_], minlength=count + 1)
    shown[0] = shown[number[0, 0]] = 0  # what is beside the head is no hole
    if 2 * shown.sum() < eye.sum():
        return eye
    found: NDArray[np.bool_] = (shown > 0.2 * shown.max())[number] & (number > 0)
    return found


def pick_from_ids(ids: Ids, metre: float) -> Float64[np.ndarray, "28 2"]:
    """Pick the landmarks in a picture of parts: extremes of what is seen, nothing of the mesh.

    Args:
        ids: of a face seen from the front, eyes and mouth as they are at rest.
        metre: pixels of one.

    Returns:
        x, y in pixels, as `project` gives them; not a number where there is nothing to pick.
    """
    found = np.full((LANDMARKS, 2), np.nan)
    middle = ids.skin.shape[1] / 2
    for k, region in enumerate(_halves(ids.eye, middle)):
        start = EYES[k].start
        if region.any():
            found[start : start + 6] = eye_points(_largest(region), metre)
    for k, region in enumerate(_halves(ids.brow, middle)):
        if region.any():
            found[5 + 3 * k : 8 + 3 * k] = stroke_points(region)
    if ids.mouth.any():
        left, right = sides(ids.mouth)
        rows = np.flatnonzero(ids.mouth[:, int((left[0] + right[0]) / 2)])
        x = (left[0] + right[0]) / 2
        if len(rows):
            found[MOUTH] = left, (x, rows[0]), right, (x, rows[-1] + 1)
    eyes = found[EYES[0].start : EYES[1].stop]
    if not np.isnan(eyes).any() and not np.isnan(found[MOUTH]).any():
        found[NOSE] = _nose(ids, eyes, found[MOUTH], middle)
        found[JAW] = _jaw(ids, found[NOSE], found[MOUTH], middle, metre)
    return found


def _halves(region: NDArray[np.bool_], middle: float) -> tuple[NDArray[np.bool_], ...]:
    left = region.copy()
    left[:, int(middle) :] = False
    return left, region & ~left


def _largest(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    number, _ = ndimage.label(region, EIGHT)
    area = np.bincount(number.ravel())
    area[0] = 0
    found: NDArray[np.bool_] = number == int(np.argmax(area))
    return found


def _nose(
    ids: Ids, eyes: NDArray[np.float64], mouth: NDArray[np.float64], middle: float
) -> tuple[float, float]:
    """Return the nearest point of the skin between eyes and mouth, near the middle."""
    rows = slice(int(eyes[:, 1].mean()), int(mouth[:, 1].mean()))
    half = int((mouth[2, 0] - mouth[0, 0]) / 2) + 2
    columns = slice(int(middle) - half, int(middle) + half)
    near = np.where(ids.skin[rows, columns], ids.depth[rows, columns], np.inf)
    row, column = np.unravel_index(int(np.argmin(near)), near.shape)
    return columns.start + column + 0.5, rows.start + row + 0.5


_LEAP_M = 0.008
"""What falls back so far from one pixel to the next, below the face, is its end."""
_STEEP_M = 0.0015
"""Where no edge is seen, it falls back so far within this height."""


def _jaw(
    ids: Ids,
    nose: NDArray[np.float64],
    mouth: NDArray[np.float64],
    middle: float,
    metre: float,
) -> list[tuple[float, float]]:
    """Return the face's outline at the heights of nose and mouth, and the tip of the chin.

    Neck and shoulders lie behind the face: its outline is where depth leaps.
    """
    size = ids.skin.shape[0]
    behind = float(ids.depth[int(nose[1]), int(nose[0])]) + 0.13
    face = (ids.skin | ids.eye) & (ids.depth < behind)
    # Down the middle until depth leaps.
    column = ids.depth[:, int(middle)]
    first, centre = int(mouth[3, 1]), int(middle)
    there = ids.skin[:, centre]
    while first + 1 < size and not there[first]:  # out of the mouth
        first += 1
    last = first
    while last + 1 < size and there[last + 1]:
        last += 1
    row = last
    for step in (1, round(_STEEP_M * metre)):  # some chins have no edge, but fall back steeply
        leaps = np.flatnonzero(
            column[first + step : last + 1] > column[first : last + 1 - step] + _LEAP_M
        )
        if len(leaps):
            row = first + int(leaps[0])
            break
    found = []
    for y in (nose[1] - JAW_ABOVE_NOSE_M * metre, mouth[0, 1] - JAW_ABOVE_MOUTH_M * metre):
        columns = np.flatnonzero(face[int(y)])
        found.append(((float(columns[0]), y), (columns[-1] + 1.0, y)))
    (upper_left, upper_right), (lower_left, lower_right) = found
    return [upper_left, lower_left, (middle, row + 1.0), lower_right, upper_right]
