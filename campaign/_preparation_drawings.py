"""The drawings of the shared data folder: marks made by hand, and figures laid on ten grounds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaign._preparation_scores import MIDDLES, face_size, matte_scores, middles_of
from campaign._preparation_tools import FindFaces, FindMatte
from campaign._preparation_truth import Bytes, opaque
from panic3d.characters.illustrate.background import ground
from panic3d.characters.illustrate.style import Ground
from panic3d.characters.made import stream
from panic3d.errors import PictureError
from panic3d.files import file_sha256
from panic3d.image import Picture, read_portrait

MARKS = Path(__file__).with_name("portrait_marks.json")

GROUNDS: Mapping[str, Ground | None] = {
    "white": Ground(kind="white"),
    "blue": Ground(kind="flat", first=(0.35, 0.5, 0.75)),
    "gradient": Ground(kind="gradient", first=(0.95, 0.85, 0.75), second=(0.55, 0.6, 0.85)),
    "dark gradient": Ground(kind="gradient", first=(0.12, 0.1, 0.2), second=(0.4, 0.2, 0.3)),
    "stripes": Ground(kind="stripes", first=(0.95, 0.9, 0.9), second=(0.9, 0.6, 0.65)),
    "sky": Ground(kind="sky", first=(0.45, 0.65, 0.95), second=(0.75, 0.87, 1.0)),
    "foliage": Ground(
        kind="foliage", first=(0.35, 0.55, 0.3), second=(0.55, 0.7, 0.4), third=(0.2, 0.35, 0.2)
    ),
    "room": Ground(
        kind="room", first=(0.85, 0.78, 0.7), second=(0.6, 0.45, 0.35), third=(0.8, 0.9, 0.95)
    ),
    "bokeh": Ground(
        kind="bokeh", first=(0.25, 0.22, 0.35), second=(0.5, 0.4, 0.55), third=(0.9, 0.7, 0.5)
    ),
    "noise": None,
}
"""Two plain ones, two gradients, a pattern, painted and blurred ones as in photographs, noise."""
_MARGIN = 0.12
"""Of the figure's height, left, right and above; below it is cut, as it was."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MarkedFace:
    """A face that was marked by hand; pixels of its picture."""

    middles: Mapping[str, NDArray[np.float64]]
    irises: NDArray[np.float64]
    """(2, 2), the left one first."""
    landmarks: Mapping[int, NDArray[np.float64]]
    guessed: frozenset[str]

    @property
    def size(self) -> float:
        """The root of the area of the box of all marks, pixels."""
        return face_size(np.stack([*self.landmarks.values(), *self.middles.values()]))


def read_marks(
    folder: Path, marks: Path = MARKS
) -> Iterator[tuple[Path, Picture, tuple[MarkedFace, ...]]]:
    """Read every drawing that was marked.

    Raises:
        PictureError: one is missing, or is not the picture that was marked.
    """
    told: dict[str, Any] = json.loads(marks.read_text(encoding="utf-8"))["drawings"]
    for name, about in told.items():
        path = folder / name
        picture = read_portrait(path).picture
        size = (about["width"], about["height"])
        if picture.size != size or file_sha256(path) != about["sha256"]:
            raise PictureError(
                f"{path} is not the picture that was marked, of {size[0]} x {size[1]} pixels with "
                f"sha256 {about['sha256'][:12]}: mark it anew in {marks.name}"
            )
        yield path, picture, tuple(_marked(face) for face in about["faces"])


def _marked(told: Mapping[str, Any]) -> MarkedFace:
    return MarkedFace(
        middles={name: np.array(told["middles"][name], np.float64) for name in MIDDLES},
        irises=np.array(told["irises"], np.float64),
        landmarks={int(k): np.array(v, np.float64) for k, v in told["landmarks"].items()},
        guessed=frozenset(told["guessed"]),
    )


def judge_marks(
    picture: Picture, marked: Sequence[MarkedFace], find: FindFaces
) -> list[dict[str, Any]]:
    """Compare what is found in a drawing with its marks.

    Args:
        picture: the drawing.
        marked: its faces, the largest first.
        find: finds faces.

    Returns:
        For each face whether it is found, and then how far the marks are off as shares of the
        marked face's size: error, the mean of both eyes, mouth and chin where they are no guess,
        error_all with guesses, error_iris with irises in place of eyes, one of each mark, and
        landmarks, those that were marked. rank: its place among the faces that are found, the
        largest first; others: faces that are none.
    """
    faces = list(find(picture))
    rows: list[dict[str, Any]] = []
    taken = set()
    for face in marked:
        middle = np.mean([face.middles[name] for name in MIDDLES], axis=0)
        away = [
            float(np.linalg.norm(np.mean(list(middles_of(f.landmarks).values()), axis=0) - middle))
            for f in faces
        ]
        best = int(np.argmin(away)) if away else -1
        if best < 0 or away[best] > 0.5 * face.size:
            rows.append({"found": False})
            continue
        taken.add(best)
        rows.append({"found": True, "rank": best + 1} | _errors(face, faces[best].landmarks))
    for row in rows:
        row["others"] = len(faces) - len(taken)
    return rows


def _errors(face: MarkedFace, landmarks: NDArray[np.float64]) -> dict[str, float]:
    found = middles_of(landmarks)
    off = {name: _far(found[name], face.middles[name]) / face.size for name in MIDDLES}
    sure = [off[name] for name in MIDDLES if name not in face.guessed]
    irises = [
        _far(found[name], iris) / face.size
        for name, iris in zip(MIDDLES, face.irises, strict=False)
    ]
    each = [
        _far(landmarks[k], point) / face.size
        for k, point in face.landmarks.items()
        if str(k) not in face.guessed
    ]
    return {
        "error": float(np.mean(sure)),
        "error_all": float(np.mean(list(off.values()))),
        "error_iris": float(np.mean([*irises, *sure[2:]])),
        "landmarks": float(np.mean(each)),
        **off,
    }


def _far(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(one - other))


# Figures with alpha


def has_alpha(picture: Picture) -> bool:
    """Say whether a drawing has a matte of its own."""
    return bool((picture.rgba[..., 3] < 128).mean() > 0.005)


def laid_on_grounds(picture: Picture) -> Iterator[tuple[str, Picture, Bytes]]:
    """Lay a figure on every ground, with some room around it; the matte comes with each."""
    width, height = picture.size
    margin = round(_MARGIN * height)
    rgba = np.zeros((height + margin, width + 2 * margin, 4), np.uint8)
    rgba[margin:, margin : margin + width] = picture.rgba
    share = rgba[..., 3:].astype(np.float32) / 255
    for name, style in GROUNDS.items():
        behind = _painted(name, style, max(rgba.shape[:2]))[: rgba.shape[0], : rgba.shape[1]]
        colours = np.rint(rgba[..., :3] * share + behind * (1 - share)).astype(np.uint8)
        yield name, Picture(opaque(colours)), rgba[..., 3]


def judge_figure(
    picture: Picture, find: FindMatte, faces: FindFaces | None = None
) -> dict[str, dict[str, float]]:
    """Compare the mattes that are found of a figure on each ground with its own alpha.

    Args:
        picture: the figure.
        find: finds mattes.
        faces: finds the faces that it is told of.
    """
    found = {}
    for name, laid, alpha in laid_on_grounds(picture):
        matte = find(laid, [] if faces is None else faces(laid))
        found[name] = matte_scores(matte.alpha, alpha)
    return found


def _painted(name: str, style: Ground | None, side: int) -> NDArray[np.float32]:
    rng = stream(0, "grounds of figures", name)
    if style is None:
        return rng.integers(0, 256, (side, side, 3)).astype(np.float32)
    return np.clip(ground(style, side, rng), 0, 1).astype(np.float32) * 255
