"""How far what was found in a picture is from the truth: faces, alignment, mattes, marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from panic3d.geometry.face_hull import EYES, LANDMARKS, MOUTH
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.align import Alignment, upright
from panic3d.pipeline.faces import FoundFace, head_angles
from panic3d.pipeline.mean_face import CHIN, FRAME, mean_face

Points = NDArray[np.float64]

SAME = 0.5
"""Intersection over union of boxes from which a found face is the true one."""
BOUNDARY_PX = 2.0
"""How far a matte's edge may be off."""
SOLID = 128
"""Alpha from which a pixel is the character's."""
IGNORED = 8
"""Of what is in front, from which nobody can say whose a pixel is."""

GROUPS = {
    "jaw": slice(0, 5),
    "brows": slice(5, 11),
    "eyes": slice(EYES[0].start, EYES[1].stop),
    "nose": slice(23, 24),
    "mouth": MOUTH,
}
MIDDLES = ("left_eye", "right_eye", "mouth", "chin")


# Faces


def face_size(points: Points) -> float:
    """Return the root of the area of the box around points."""
    return float(np.sqrt(np.prod(np.ptp(points, axis=0))))


def box_of(points: Points) -> Points:
    """Return left, top, right, bottom."""
    return np.concatenate([points.min(0), points.max(0)])


def overlap(one: Points, other: Points) -> float:
    """Return the intersection over union of two boxes."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(sides.clip(0)))
    whole = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - shared
    return shared / whole if whole > 0 else 0.0


def match(faces: Sequence[FoundFace], true: Points) -> int | None:
    """Return which of the faces is the true one, judged by the boxes of their landmarks."""
    shares = [overlap(box_of(face.landmarks), box_of(true)) for face in faces]
    best = int(np.argmax(shares)) if shares else 0
    return best if shares and shares[best] > SAME else None


def landmark_scores(found: Points, true: Points, visible: NDArray[np.bool_]) -> dict[str, float]:
    """Return mean distances as shares of the face's size: of all, visible ones, each group."""
    far = np.linalg.norm(found - true, axis=1) / face_size(true)
    scores = {"landmarks": float(far.mean())}
    if visible.any():
        scores["landmarks_visible"] = float(far[visible].mean())
    return scores | {f"landmarks_{name}": float(far[part].mean()) for name, part in GROUPS.items()}


def turn_scores(found: Points, true: Points) -> dict[str, float]:
    """Return how far two rotations of a head are apart, degrees: by angle, and in all."""
    scores = {}
    for name, ours, theirs in zip(
        ("yaw", "pitch", "roll"), head_angles(found), head_angles(true), strict=True
    ):
        scores[f"{name}_deg"] = abs((ours - theirs + 180) % 360 - 180)
    cosine = (float(np.trace(found.T @ true)) - 1) / 2
    scores["turn_deg"] = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return scores


def alignment_scores(found: Similarity, true: Similarity) -> dict[str, float]:
    """Compare two ways of a portrait into the render frame.

    Returns:
        scale: how much too large or small, a share; shift_px: how far the frame's middle is off,
        face_shift_px: the mean face's middle; tilt_deg: in the frame's plane.
    """
    between = true.inverse().then(found)
    middles = np.array([[FRAME / 2, FRAME / 2], mean_face().pixels().mean(0)])
    frame, face = np.linalg.norm(between(middles) - middles, axis=1).tolist()
    return {
        "scale": abs(between.scale - 1),
        "shift_px": frame,
        "face_shift_px": face,
        "tilt_deg": abs(between.angle_deg),
    }


def true_tilt_deg(alignment: Alignment, rotation: Points) -> float:
    """Return how far an alignment leaves a head of a known rotation from upright, degrees."""
    return abs((alignment.to_frame.angle_deg + upright(rotation)[1] + 180) % 360 - 180)


# Marks


def middle_of(left: Points, top: Points, right: Points, bottom: Points) -> Points:
    """Return the middle of an opening: between its corners along it, between top and bottom across.

    The mean of all its landmarks would lie lower, since most of them are on the lower side.
    """
    across = (right - left) / max(float(np.linalg.norm(right - left)), 1e-9)
    down = np.array([-across[1], across[0]])
    middle = (left + right) / 2
    found: Points = middle + down * float(down @ ((top + bottom) / 2 - middle))
    return found


def middles_of(landmarks: Points) -> dict[str, Points]:
    """Return the middles of both eyes and of the mouth, and the chin, of 28 landmarks."""
    return {
        "left_eye": middle_of(*landmarks[[11, 12, 13, 15]]),
        "right_eye": middle_of(*landmarks[[17, 18, 19, 21]]),
        "mouth": middle_of(*landmarks[[24, 25, 26, 27]]),
        "chin": landmarks[CHIN],
    }


# Mattes


def matte_scores(
    found: NDArray[np.uint8], true: NDArray[np.uint8], ignored: NDArray[np.uint8] | None = None
) -> dict[str, float]:
    """Compare two mattes.

    Args:
        found: alpha (h, w).
        true: the same.
        ignored: where nobody can say whether a pixel is the character's.

    Returns:
        iou: of what is solid; boundary: the F-score of its edges at `BOUNDARY_PX`; alpha: the
        mean difference, a share.
    """
    known = np.ones(true.shape, bool) if ignored is None else ignored <= IGNORED
    ours, theirs = found >= SOLID, true >= SOLID
    either = int((known & (ours | theirs)).sum())
    shared = int((known & ours & theirs).sum())
    off = np.abs(found.astype(int) - true.astype(int))[known]
    return {
        "iou": shared / either if either else 1.0,
        "boundary": boundary_score(ours, theirs, known),
        "alpha": float(off.mean()) / 255 if off.size else 0.0,
    }


def boundary_score(
    found: NDArray[np.bool_], true: NDArray[np.bool_], known: NDArray[np.bool_] | None = None
) -> float:
    """Return the F-score of two masks' edges: which of each has one of the other nearby.

    Where the picture ends is no edge. Edges in the unknown, or right beside it, do not count.
    """
    edges = [_edge(mask) for mask in (found, true)]
    counted = np.ones(true.shape, bool)
    if known is not None:
        counted = ndimage.binary_erosion(known, iterations=2, border_value=1)
    if not any((edge & counted).any() for edge in edges):
        return 1.0
    shares = []
    for edge, other in (edges, edges[::-1]):
        mine = edge & counted
        if not mine.any():
            shares.append(1.0)  # nothing that could be wrong; the other share says what is missing
        elif not other.any():
            shares.append(0.0)
        else:
            far = ndimage.distance_transform_edt(~other)
            shares.append(float((far[mine] <= BOUNDARY_PX).mean()))
    precision, recall = shares
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = mask & ~ndimage.binary_erosion(mask, border_value=1)
    return found


assert LANDMARKS == sum(len(range(*part.indices(LANDMARKS))) for part in GROUPS.values())
