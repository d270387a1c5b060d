"""Where a portrait's face is, by whatever says so, and how it lies in the render frame."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float64

from panic3d.errors import PictureError
from panic3d.geometry.face_hull import EYES
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.models.landmarks import LandmarkNetwork
from panic3d.pipeline.align import Alignment, align, align_as_paper, align_by_eyes_and_chin
from panic3d.pipeline.faces import RESCUE, FoundFace, choose_face, find_faces, read_face
from panic3d.pipeline.hand_marks import read_landmarks
from panic3d.pipeline.mean_face import CHIN, FRAME, mean_face
from panic3d.pipeline.preparation_networks import PreparationNetworks
from panic3d.pipeline.preparation_options import PrepareOptions

LOOK_SIDE = 4096
"""Larger pictures are looked at reduced: of a face of 5 % the network's crop is 1.4 pixels a
pixel."""
MARKED_OFF = 0.25
"""So far off, in sizes of the face, may the network's eyes and chin be from marks of the same
face."""
IN_PLACE_OFF = 0.5
"""The same for a face in an aligned picture, from the mean face's."""
_EYES_APART = 1.6
"""The same for the distance between the eyes, as a factor."""

LandmarkSource = Literal["network", "file", "mean face", "not needed"]


class Located(NamedTuple):
    """A portrait's face; everything is in the portrait's pixels."""

    faces: tuple[FoundFace, ...]
    """All that were found or given, the largest first; none where nothing was looked for."""
    number: int | None
    """Of the chosen one among `faces`, from 1; None if it is none of them."""
    face: FoundFace
    """The chosen one. Its rotation is the identity if it is not known."""
    source: LandmarkSource
    """Where its landmarks are from; ``mean face``: they were laid on three marks, or on the frame,
    and the network saw no face there; ``not needed``: they were, and nothing was looked for."""
    rotation_known: bool
    alignment: Alignment


def locate(picture: Picture, options: PrepareOptions, networks: PreparationNetworks) -> Located:
    """Find a portrait's face and align it, as the options say.

    Args:
        picture: straight alpha.
        options: only what concerns the face is looked at, and, for aligned pictures, whether
            landmarks are needed at all.
        networks: those that are needed are loaded.

    Raises:
        PictureError: there is no such face, or what was given is no face's.
        WeightsError: a network's weights are missing.
    """
    factor = -(-max(picture.size) // LOOK_SIDE)
    look = reduced(picture, factor)
    if options.aligned:
        return _in_place(picture.size, look, factor, options, networks)
    if options.eyes is not None and options.chin is not None:
        marks = np.array([*options.eyes, options.chin], np.float64)
        return _by_marks(picture.size, look, factor, marks, options, networks)
    if options.landmarks is not None:
        return _from_file(picture.size, look, factor, options, networks)
    found = find_faces(look, networks.face_finder, networks.landmarks)
    faces = tuple(_enlarged(face, factor) for face in found)
    face = choose_face(faces, options.face)
    try:
        alignment = _aligned(face, True, options.paper_alignment)
    except PictureError as error:
        x, y = face.landmarks.mean(0)
        raise PictureError(
            f"what looks like a face at {x:.0f}, {y:.0f} cannot be aligned: {error}. Or mark it "
            f"yourself: {RESCUE}"
        ) from error
    return Located(faces, options.face, face, "network", True, alignment)


def reduced(picture: Picture, factor: int) -> Picture:
    """Return a picture of which so many pixels along each axis have become one, their mean."""
    from PIL import Image

    if factor == 1:
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture.rgba))
    return Picture(np.array(image.convert("RGBa").reduce(factor).convert("RGBA")))


def same_face(
    landmarks: Float64[np.ndarray, "28 2"], expected: Float64[np.ndarray, "28 2"], off: float
) -> bool:
    """Say whether landmarks may be those of an expected face, by their eyes and chins.

    Args:
        landmarks: what was found.
        expected: about where it should be.
        off: how far eyes and chin may be off, in sizes of the expected face.
    """
    mine, theirs = (
        np.stack([p[EYES[0]].mean(0), p[EYES[1]].mean(0), p[CHIN]]) for p in (landmarks, expected)
    )
    size = float(np.sqrt(np.prod(np.ptp(expected, axis=0))))
    apart, wanted = (float(np.linalg.norm(p[1] - p[0])) for p in (mine, theirs))
    near = bool(np.linalg.norm(mine - theirs, axis=1).max() <= off * size)
    return near and wanted < _EYES_APART * apart and apart < _EYES_APART * wanted


def _from_file(
    size: tuple[int, int],
    look: Picture,
    factor: int,
    options: PrepareOptions,
    networks: PreparationNetworks,
) -> Located:
    """Take landmarks as they are; the network says how the head is turned, if it sees the face."""
    assert options.landmarks is not None
    faces = tuple(read_landmarks(options.landmarks, size))
    face = choose_face(faces, options.face)
    known = False
    if not options.paper_alignment:
        seen = _seen(look, factor, face.landmarks, networks.landmarks)
        if same_face(seen.landmarks, face.landmarks, MARKED_OFF):
            face, known = face._replace(camera_from_head=seen.camera_from_head), True
    alignment = _aligned(face, known, options.paper_alignment)
    return Located(faces, options.face, face, "file", known, alignment)


def _by_marks(
    size: tuple[int, int],
    look: Picture,
    factor: int,
    marks: Float64[np.ndarray, "3 2"],
    options: PrepareOptions,
    networks: PreparationNetworks,
) -> Located:
    """Take eyes and chin as they are; rotation and landmarks are the network's, if it agrees."""
    width, height = size
    far = (marks < [-width / 2, -height / 2]) | (marks > [1.5 * width, 1.5 * height])
    if far.any():
        raise PictureError(
            f"eyes and chin are marked at {marks.tolist()}, outside the picture of {width} x "
            f"{height} pixels: count pixels from its upper left corner, right and down"
        )
    alignment, landmarks = align_by_eyes_and_chin(marks[:2], marks[2])
    face = _FLAT._replace(box=_box(landmarks), landmarks=landmarks)
    seen = _seen(look, factor, landmarks, networks.landmarks)
    known = same_face(seen.landmarks, landmarks, MARKED_OFF)
    if known:
        face = seen
        alignment, _ = align_by_eyes_and_chin(marks[:2], marks[2], seen.camera_from_head)
    if options.paper_alignment:
        alignment = _aligned(face, known, True)
    return Located((), None, face, "network" if known else "mean face", known, alignment)


def _in_place(
    size: tuple[int, int],
    look: Picture,
    factor: int,
    options: PrepareOptions,
    networks: PreparationNetworks,
) -> Located:
    """Take the picture for the render frame; landmarks are needed for the features' hull alone."""
    width, height = size
    if width != height:
        raise PictureError(
            f"the portrait has {width} x {height} pixels, an aligned one is square: crop it to the "
            "head, or leave --aligned out"
        )
    landmarks = mean_face().pixels() * (width / FRAME)
    face, known = _FLAT._replace(box=_box(landmarks), landmarks=landmarks), False
    source: LandmarkSource = "not needed"
    if options.line_removal:
        seen = _seen(look, factor, landmarks, networks.landmarks)
        known = same_face(seen.landmarks, landmarks, IN_PLACE_OFF)
        face, source = (seen, "network") if known else (face, "mean face")
    alignment = Alignment(Similarity(scale=FRAME / width), face.camera_from_head, 0.0, ())
    return Located((), None, face, source, known, alignment)


_FLAT = FoundFace(np.zeros(4), 1.0, np.zeros((28, 2)), np.zeros(28), np.eye(3))


def _box(landmarks: Float64[np.ndarray, "28 2"]) -> Float64[np.ndarray, "4"]:
    return np.concatenate([landmarks.min(0), landmarks.max(0)])


def _seen(
    look: Picture, factor: int, landmarks: Float64[np.ndarray, "28 2"], network: LandmarkNetwork
) -> FoundFace:
    """Look for landmarks where others are, which are in the portrait's pixels."""
    return _enlarged(read_face(look, _box(landmarks) / factor, network), factor)


def _enlarged(face: FoundFace, factor: int) -> FoundFace:
    return face._replace(box=face.box * factor, landmarks=face.landmarks * factor)


def _aligned(face: FoundFace, rotation_known: bool, as_paper: bool) -> Alignment:
    turn = face.camera_from_head if rotation_known else None
    if not as_paper:
        return align(face.landmarks, turn, face.confidence)
    found = align_as_paper(
        face.landmarks
    )  # it does not turn the picture, so heads stay as they are
    return found if turn is None else found._replace(camera_from_head=turn)
