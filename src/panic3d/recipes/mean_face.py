"""The mean face that portraits are aligned to, from the engine's own characters.

``python -m panic3d.recipes.mean_face`` writes the file of the package anew; two minutes on a core.
It has to be run again when faces of the engine have changed, and whatever was trained on aligned
pictures belongs to the file of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float64

import panic3d
from panic3d.characters.made import MadeCharacter
from panic3d.characters.procedural import FAMILIES, make_procedural
from panic3d.characters.splits import assets_of
from panic3d.errors import PictureError
from panic3d.files import atomic_write
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.geometry.similarity import Similarity, fit_similarity
from panic3d.pipeline.mean_face import (
    BONE,
    FRAME,
    LANDMARK_ERROR_PX,
    MEAN_FACE_FILE,
    MIRRORED,
    MeanFace,
    mean_face_json,
)

COUNT = 300
"""Characters. The means of either half of them differ by 1.2 pixels of 512 at most."""

_ROUNDS = 10
_MIRRORED = list(MIRRORED)
_LEAST_SPREAD_PX = 0.5


def characters(count: int = COUNT, first_seed: int = 0) -> Iterator[MadeCharacter]:
    """Make procedural characters of what belongs to the training split."""
    assets = assets_of("train", FAMILIES)
    return (make_procedural(first_seed + k, assets) for k in range(count))


def landmarks_m(made: MadeCharacter) -> Float64[np.ndarray, "28 3"]:
    """Return a character's landmarks in the world frame, as it usually looks, straight ahead."""
    figure = posed(made.character, Pose(expressions=made.expression))
    return made.landmark_points(figure) - head_origin(made.character)


def mean_of(faces: Iterable[Float64[np.ndarray, "28 3"]]) -> MeanFace:
    """Return the mean of faces, whatever their sizes.

    Their shapes are averaged as they lie on each other in the front view (Procrustes), both halves
    alike. Size and place are the median face's, so that half of the characters are shrunk and half
    enlarged when they are aligned, and those with huge faces move nobody else's frame.

    Args:
        faces: landmarks in the world frame, metres.

    Raises:
        PictureError: there are fewer than two.
    """
    known = np.stack(list(faces))
    if len(known) < 2:
        raise PictureError(f"a mean of {len(known)} faces is asked for, expected two or more")
    mean = known.mean(0)
    for _ in range(_ROUNDS):
        laid = np.stack([_laid(points, _fit(points, mean)) for points in known])
        shape = laid.mean(0)
        mean = (shape + shape[_MIRRORED] * [-1.0, 1.0, 1.0]) / 2
    spread_m = np.sqrt(((laid - mean)[..., :2] ** 2).sum(-1).mean(0) / 2)
    spread_m = (spread_m + spread_m[_MIRRORED]) / 2
    tolerance_m = np.hypot(spread_m, LANDMARK_ERROR_PX * HEAD_BOX_M / FRAME)
    # As portraits are aligned. Weights as these in the rounds before would feed on themselves: what
    # weighs much lies close, and what lies close would weigh more.
    for _ in range(_ROUNDS):
        fits = [_fit(points, mean, tolerance_m**-2) for points in known]
        bone = np.median([fit(BONE[:2]) for fit in fits], axis=0)
        scale = float(np.median([fit.scale for fit in fits]))
        mean = BONE + (mean - [0.0, bone[1], BONE[2]]) / scale
    scales = np.percentile([fit.scale for fit in fits], [5, 50, 95])
    about = {
        "what": "28 landmarks in the world frame, metres; spread in pixels of 512",
        "characters": len(known),
        "scale_to_mean_5_50_95": [round(float(v), 3) for v in scales],
    }
    spread_px = np.maximum(spread_m * FRAME / HEAD_BOX_M, _LEAST_SPREAD_PX)
    return MeanFace(points_m=mean, spread_px=spread_px, about=about)


def _fit(
    points: Float64[np.ndarray, "28 3"],
    mean: Float64[np.ndarray, "28 3"],
    weights: Float64[np.ndarray, "28"] | None = None,
) -> Similarity:
    """Fit a face to another in the front view, in metres and y up."""
    return fit_similarity(points[:, :2], mean[:, :2], weights)


def _laid(points: Float64[np.ndarray, "28 3"], fit: Similarity) -> Float64[np.ndarray, "28 3"]:
    return np.concatenate([fit(points[:, :2]), fit.scale * points[:, 2:]], 1)


def remake(path: Path = MEAN_FACE_FILE, count: int = COUNT, first_seed: int = 0) -> MeanFace:
    """Make the mean face anew and write it."""
    found = mean_of(landmarks_m(made) for made in characters(count, first_seed))
    about = {
        **found.about,
        "made_by": f"panic3d.recipes.mean_face.remake(count={count}, first_seed={first_seed})",
        "panic3d_version": panic3d.__version__,
        "assets": {kind: list(names) for kind, names in assets_of("train", FAMILIES).items()},
    }
    face = MeanFace(points_m=found.points_m, spread_px=found.spread_px, about=about)
    with atomic_write(path) as file:
        file.write(mean_face_json(face).encode())
    return face


if __name__ == "__main__":
    remake()
