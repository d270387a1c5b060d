"""Finding faces in a picture, their 28 landmarks and how their heads are turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from panic3d.errors import PictureError
from panic3d.geometry.posing import rotation
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.models.face_finder import (
    THRESHOLD,
    FaceBoxes,
    FaceFinder,
    boxes_of,
    without_doubles,
)
from panic3d.models.landmarks import LandmarkNetwork
from panic3d.models.unet import side_unit
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.align import upright
from panic3d.pipeline.head import exactly
from panic3d.pipeline.mean_face import MIRRORED
from panic3d.pipeline.warp import warp

CROP = 1.8
"""Side of the square in which landmarks are looked for, in longer sides of their box."""
FINER = (1, 2)
"""Pictures are looked at in the finder's size and at twice that, where small faces show."""
TURNED_YAW_DEG = 35.0
"""Beyond, half of the face is hardly seen."""
CANDIDATE = 0.2
"""The finder's least score of what is looked at for landmarks."""
SURE = 0.62
"""How sure one must be of a face, see `FoundFace.sure`."""
_CANDIDATES = 12
"""At most; each costs two looks."""
_SAME_FACE = 0.4
"""Intersection over union from which the boxes of two faces' landmarks are one face."""
RESCUE = "--eyes x,y,x,y --chin x,y"
"""How to do without: the middles of both eyes and the tip of the chin, in pixels."""

WHITE = (255, 255, 255)
_MIRROR = np.diag([-1.0, 1.0, 1.0])


class FoundFace(NamedTuple):
    """A face in a picture; everything is in the picture's own pixels."""

    box: Float64[np.ndarray, "4"]
    """Left, top, right, bottom of what the face finder saw."""
    score: float
    """The face finder's, 0 to 1."""
    landmarks: Float64[np.ndarray, "28 2"]
    confidence: Float64[np.ndarray, "28"]
    """Of each landmark, 0 to 1."""
    camera_from_head: Float64[np.ndarray, "3 3"]
    """How the head is turned, its tilt included: x right, y up, z towards the viewer."""

    @property
    def sure(self) -> float:
        """How sure both networks are that this is a face, 0 to 1: their geometric mean.

        What only looks like a face from afar has no landmarks to be sure of.
        """
        return math.sqrt(self.score * float(self.confidence.mean()))

    @property
    def landmark_box(self) -> Float64[np.ndarray, "4"]:
        """Left, top, right, bottom of the landmarks."""
        box: Float64[np.ndarray, "4"] = np.concatenate(
            [self.landmarks.min(0), self.landmarks.max(0)]
        )
        return box

    @property
    def size(self) -> float:
        """The root of the area of the box around the landmarks, pixels."""
        return float(np.sqrt(np.prod(np.ptp(self.landmarks, axis=0))))

    @property
    def angles_deg(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll, as `panic3d.geometry.posing.Pose` has them."""
        return head_angles(self.camera_from_head)


def head_angles(camera_from_head: Float64[np.ndarray, "3 3"]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees: what `panic3d.pipeline.align.head_turn` takes."""
    turn = camera_from_head
    yaw = math.degrees(math.atan2(-turn[2, 0], turn[0, 0]))
    roll = math.degrees(-math.asin(float(np.clip(turn[1, 0], -1, 1))))
    pitch = math.degrees(math.atan2(turn[1, 2], turn[1, 1]))
    return yaw, pitch, roll


def find_faces(
    picture: Picture,
    finder: FaceFinder,
    network: LandmarkNetwork,
    least: float = SURE,
) -> list[FoundFace]:
    """Find all faces, the largest first.

    Args:
        picture: of any size; what is clear is taken for white.
        finder: says where faces are.
        network: finds landmarks and rotation.
        least: how sure one must be of a face, see `FoundFace.sure`.
    """
    boxes = find_boxes(picture, finder, CANDIDATE)
    found = [
        read_face(picture, box, network, float(score))
        for box, score in zip(boxes.boxes[:_CANDIDATES], boxes.scores[:_CANDIDATES], strict=True)
    ]
    kept: list[FoundFace] = []
    for face in sorted(found, key=lambda face: -face.sure):
        if face.sure < least:
            break
        if all(overlap(face.landmark_box, other.landmark_box) <= _SAME_FACE for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: -face.size)


def overlap(one: Float64[np.ndarray, "4"], other: Float64[np.ndarray, "4"]) -> float:
    """Return the intersection over union of two boxes: left, top, right, bottom."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(sides.clip(0)))
    areas = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return shared / max(areas - shared, 1e-9)


def choose_face(faces: Sequence[FoundFace], number: int = 1) -> FoundFace:
    """Return the face of a number, counted from the largest, which is 1.

    Raises:
        PictureError: there is none.
    """
    if not faces:
        raise PictureError(
            "no face is found in the picture: crop it to the head, or mark the middles of both "
            f"eyes and the tip of the chin: {RESCUE}"
        )
    if not 1 <= number <= len(faces):
        places = "; ".join(
            f"{k} at {', '.join(f'{v:.0f}' for v in face.landmarks.mean(0))}"
            for k, face in enumerate(faces, 1)
        )
        raise PictureError(
            f"there is no face {number}, the picture shows {places} (x, y): choose one of them, "
            f"or mark it: {RESCUE}"
        )
    return faces[number - 1]


def face_warnings(face: FoundFace) -> list[str]:
    """Say what about a face will make the result worse; sentences about the picture."""
    yaw, _, _ = face.angles_deg
    if abs(yaw) <= TURNED_YAW_DEG:
        return []
    side = "right" if yaw > 0 else "left"
    return [
        f"the head is turned {abs(yaw):.0f} degrees to the picture's {side}, more than "
        f"{TURNED_YAW_DEG:.0f}: the half of the face that is turned away will be guessed, and "
        "the head's shape will be off; a picture seen from the front gives a better head"
    ]


def find_boxes(picture: Picture, finder: FaceFinder, threshold: float = THRESHOLD) -> FaceBoxes:
    """Find the boxes of faces' landmarks, the surest first, in pixels of the picture."""
    boxes, scores = [], []
    white = picture.on(WHITE)
    for finer in FINER:
        scale = finder.config.image_size * finer / max(picture.size)
        seen = fitted(white, scale, side_unit(finder.config.channels))
        like = next(finder.parameters())
        with torch.no_grad(), exactly(like):
            found = boxes_of(finder(seen.to(like))[0], threshold)
        boxes.append(found.boxes / scale)
        scores.append(found.scores)
    return without_doubles(FaceBoxes(np.concatenate(boxes), np.concatenate(scores)))


def fitted(picture: Picture, scale: float, unit: int) -> Float[Tensor, "1 3 h w"]:
    """Return a picture's colours at another scale, filled up with white to whole units."""
    from PIL import Image

    size = [max(round(side * scale), 1) for side in picture.size]
    image = Image.fromarray(np.ascontiguousarray(picture.rgba[..., :3]))
    image = image.resize((size[0], size[1]), Image.Resampling.BILINEAR)
    filled = Image.new("RGB", (-(-size[0] // unit) * unit, -(-size[1] // unit) * unit), WHITE)
    filled.paste(image)
    rgb = torch.from_numpy(np.array(filled)).permute(2, 0, 1)[None]
    return rgb.float() / 255


def read_face(
    picture: Picture,
    box: Float64[np.ndarray, "4"],
    network: LandmarkNetwork,
    score: float = 1.0,
    looks: int = 2,
) -> FoundFace:
    """Find the landmarks of a face and how its head is turned.

    Args:
        picture: what is clear is taken for white.
        box: about that of its landmarks.
        network: looks at a crop, and at its mirror image.
        score: handed on.
        looks: how often; each look but the first is at a crop around the landmarks that were
            found, upright.
    """
    middle, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
    tilt_deg = 0.0
    landmarks = np.zeros((28, 2))
    confidence, turn = np.zeros(28), np.eye(3)
    size = network.config.image_size
    for _ in range(looks):
        crop = _crop(middle, side, tilt_deg, size)
        landmarks, confidence, turn = _look(picture, crop, network)
        low, high = crop(landmarks).min(0), crop(landmarks).max(0)
        middle = crop.inverse()((low + high) / 2)
        side = max(float((high - low).max()) / crop.scale, 1.0)
        tilt_deg = upright(turn)[1]
    return FoundFace(box, score, landmarks, confidence, turn)


def _crop(middle: Float64[np.ndarray, "2"], side: float, tilt_deg: float, size: int) -> Similarity:
    """Return the similarity to a crop in which a head tilted clockwise stands upright."""
    linear = Similarity(scale=size / (CROP * max(side, 1.0)), angle_deg=-tilt_deg)
    x, y = size / 2 - linear(middle)
    return Similarity(scale=linear.scale, angle_deg=linear.angle_deg, shift=(float(x), float(y)))


def _look(
    picture: Picture, crop: Similarity, network: LandmarkNetwork
) -> tuple[Float64[np.ndarray, "28 2"], Float64[np.ndarray, "28"], Float64[np.ndarray, "3 3"]]:
    size = network.config.image_size
    seen = warp(picture, crop, (size, size)).picture.on(WHITE)
    like = next(network.parameters())
    one = tensor_of(seen).to(like)
    with torch.no_grad(), exactly(like):
        found = network(torch.cat([one, one.flip(-1)]))
    points, sure, turns = (
        value.double().cpu().numpy() for value in (found.points, found.confidence, found.rotation)
    )
    order = np.array(MIRRORED)
    other = points[1, order] * [-1.0, 1.0] + [1.0, 0.0]
    both = (points[0] + other) / 2
    mean = (turns[0] + _MIRROR @ turns[1] @ _MIRROR) / 2
    turn = rotation(0.0, 0.0, crop.angle_deg) @ nearest_rotation(mean)
    return crop.inverse()(both * size), (sure[0] + sure[1, order]) / 2, turn


def nearest_rotation(matrix: Float64[np.ndarray, "3 3"]) -> Float64[np.ndarray, "3 3"]:
    """Return the rotation of least squares from a matrix."""
    left, _, right = np.linalg.svd(matrix)
    sign = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    found: Float64[np.ndarray, "3 3"] = left @ sign @ right
    return found
