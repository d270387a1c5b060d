"""Landmarks that come from elsewhere: JSON files, of other detectors or marked by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from panic3d.errors import PictureError
from panic3d.geometry.face_hull import LANDMARKS
from panic3d.pipeline.faces import FoundFace

MAX_BYTES = 4 << 20
"""A file of landmarks has 2 kB a face."""
MAX_FACES = 256
_MIDDLES = 0.5
"""What is added where whole numbers are the middles of pixels."""

_FORMS = (
    "28 points [x, y] or [x, y, confidence]; what anime-face-detector returns, a list of "
    '{"keypoints": 28 points, "bbox": [left, top, right, bottom, score]}; or '
    '{"landmarks": 28 points}, as prepare.json has them'
)


def read_landmarks(path: Path, size: tuple[int, int]) -> list[FoundFace]:
    """Read a file of landmarks; the largest face comes first.

    Bare points and those of ``keypoints`` are anime-face-detector's, whose pixels have their
    middles at whole numbers. Those of ``landmarks`` are ours: the picture begins at 0.

    Args:
        path: of a JSON file: 28 points of two or three numbers, a list of such, or dictionaries
            with them under ``keypoints`` (and a ``bbox``) or ``landmarks``.
        size: width and height of the picture they are of.

    Returns:
        Faces whose rotation is not known: the identity.

    Raises:
        PictureError: the file cannot be read, holds something else, or the landmarks lie outside
            the picture.
    """
    faces = [_face(path, each) for each in _entries(path, _parsed(path))]
    for face in faces:
        inside = ((face.landmarks >= 0) & (face.landmarks <= np.array(size))).all(1)
        if inside.sum() < LANDMARKS / 2:
            low, high = (face.landmarks.min(0).round().tolist(), face.landmarks.max(0).round())
            raise PictureError(
                f"{path} has landmarks from {low} to {high.tolist()}, most of them outside the "
                f"picture of {size[0]} x {size[1]} pixels: find them on this very picture, at its "
                "own size"
            )
    return sorted(faces, key=lambda face: -face.size)


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(
            f"{path} cannot be read ({error.strerror or error}): check the path of the landmarks"
        ) from error
    if len(data) > MAX_BYTES:
        raise PictureError(
            f"{path} has more than {MAX_BYTES >> 20} MiB, expected landmarks in JSON: {_FORMS}"
        )
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PictureError(
            f"{path} is no JSON ({str(error)[:100]}), expected landmarks: {_FORMS}"
        ) from error


def _entries(path: Path, content: Any) -> list[Any]:
    """Return what is said of each face."""
    if isinstance(content, dict) or _numbers(content) is not None:
        return [content]
    if not isinstance(content, list) or not content:
        raise _foreign(path, "no face")
    if len(content) > MAX_FACES:
        raise _foreign(path, f"{len(content)} entries")
    return content


def _face(path: Path, entry: Any) -> FoundFace:
    box: Any = None
    middles = _MIDDLES
    points = entry
    if isinstance(entry, dict):
        names = [name for name in ("keypoints", "landmarks") if name in entry]
        if len(names) != 1:
            raise _foreign(path, f"a dictionary with {', '.join(map(ascii, list(entry)[:5]))}")
        points, box = entry[names[0]], entry.get("bbox")
        middles = _MIDDLES if names[0] == "keypoints" else 0.0
    found = _numbers(points)
    if found is None:
        raise _foreign(path, "something else than 28 points of finite numbers")
    landmarks = found[:, :2] + middles
    # Heights of heat maps may come out a little beyond 1.
    confidence = found[:, 2].clip(0, 1) if found.shape[1] == 3 else np.ones(LANDMARKS)
    around = np.concatenate([landmarks.min(0), landmarks.max(0)])
    score = 1.0
    if box is not None:
        try:
            numbers = np.array(box, np.float64)
        except (ValueError, TypeError, OverflowError) as error:
            raise _foreign(path, "a bbox that is none") from error
        if numbers.shape not in ((4,), (5,)) or not np.isfinite(numbers).all():
            raise _foreign(path, "a bbox that is not four or five finite numbers")
        around = numbers[:4] + middles
        score = float(numbers[4]) if len(numbers) == 5 else 1.0
    return FoundFace(around, score, landmarks, confidence, np.eye(3))


def _numbers(points: Any) -> Float64[np.ndarray, "28 c"] | None:
    """Return 28 points of two or three numbers each, None if it is something else."""
    if not isinstance(points, list) or len(points) != LANDMARKS:
        return None
    try:
        found = np.array(points, np.float64)
    except (ValueError, TypeError, OverflowError):
        return None
    good = found.shape in ((LANDMARKS, 2), (LANDMARKS, 3)) and np.isfinite(found).all()
    return found if good and np.abs(found).max() < 1e7 else None


def _foreign(path: Path, found: str) -> PictureError:
    return PictureError(f"{path} holds {found}, expected landmarks: {_FORMS}")
