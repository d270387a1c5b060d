"""Alignments of the paper's illustrations: where each lies in the frame of the renders.

The file is a pickle of the authors' archive: a dictionary from an id such as
``daredemoE/fandom_align/genshin/albedo/front`` to fields. It is read by an allow-list; nothing of
it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8

from panic3d.errors import DatasetError
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.pickles import read_plain
from panic3d.weights.convert.values import shown

FRAME = 512
"""Side of the aligned frame, pixels."""

MAX_ALIGNMENTS = 100_000
_REACH = 1e5  # no honest number of pixels is beyond


class Area(NamedTuple):
    """The rectangle of the aligned frame in which both illustration and model show the head."""

    row: float
    """Of the upper left corner, pixels of 512."""
    column: float
    height: float
    width: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """One illustration's place."""

    source: str
    """``site/group/name/view`` of the illustration on its wiki."""
    transformation: Float64[np.ndarray, "3 3"]
    """(row, column, 1) of the source picture to the aligned frame."""
    area: Area


def is_name(text: object) -> bool:
    """Say whether a text can be one step of a path of the tree, and leads nowhere else.

    Names that begin with "_" are logs; agencies that begin with "." are stored as "dot…".
    """
    return (
        isinstance(text, str)
        and 0 < len(text) <= 200
        and not text.startswith((".", "_"))
        and text.isprintable()
        and not set(text) & set('/\\:*?"<>|')
    )


def read_alignments(path: Path) -> dict[str, Alignment | str]:
    """Read the alignments of a set.

    Returns:
        Id to alignment, or to what is wrong with that one.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is missing, cut short or damaged.
        DatasetError: it holds no alignments, or an id or source that leads out of the tree.
    """
    found = read_plain(path)
    if not isinstance(found, dict) or not 0 < len(found) <= MAX_ALIGNMENTS:
        raise DatasetError(
            f"{path} holds {_kind(found)}, expected a dictionary of alignments: use the file of "
            "the authors' archive"
        )
    read: dict[str, Alignment | str] = {}
    for key, fields in found.items():
        if not isinstance(key, str) or not all(map(is_name, key.split("/"))):
            raise DatasetError(
                f"{path} has the id {shown(key)}, which is no path inside the tree: use the file "
                "of the authors' archive"
            )
        source = fields.get("source") if isinstance(fields, dict) else None
        if isinstance(source, str) and not all(map(is_name, source.split("/"))):
            raise DatasetError(
                f"{path}: the source of {shown(key)} is {shown(source)}, which is no path inside "
                "the tree: use the file of the authors' archive"
            )
        read[key] = _alignment(fields)
    return read


def _alignment(fields: object) -> Alignment | str:
    """Check one entry; a text says what is wrong with it."""
    if not isinstance(fields, dict):
        return f"its alignment is {_kind(fields)}, expected a dictionary"
    source = fields.get("source")
    if not isinstance(source, str) or source.count("/") != 3:
        return f"the source of its alignment is {shown(source)}, expected site/group/name/view"
    matrix = _numbers(fields.get("transformation"), (3, 3))
    if matrix is None:
        return "its alignment has no transformation of 3 x 3 finite numbers"
    if abs(np.linalg.det(matrix[:2, :2])) < 1e-9 or not np.allclose(matrix[2], (0, 0, 1)):
        return "the transformation of its alignment cannot be inverted or is not affine"
    area = _area(fields)
    if isinstance(area, str):
        return area
    return Alignment(source=source, transformation=matrix, area=area)


def _area(fields: Mapping[Any, Any]) -> Area | str:
    area = fields.get("area_of_interest")
    rows = [area] if isinstance(area, Array) else area
    parts: list[float] = []
    if isinstance(rows, list | tuple) and 1 <= len(rows) <= 2:
        for row in rows:
            numbers = _numbers(row, (2, 2) if len(rows) == 1 else (2,))
            parts += [] if numbers is None else numbers.ravel().tolist()
    if len(parts) != 4:
        return "its area_of_interest is not ((row, column), (height, width))"
    found = Area(*parts)
    if found.height < 1 or found.width < 1:
        return f"its area_of_interest is {found.height:g} x {found.width:g} pixels, at least 1 x 1"
    return found


def _numbers(value: object, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."] | None:
    """Finite numbers of a shape, from an array or from nested lists; None if it holds others."""
    if isinstance(value, Array):
        if value.shape != shape:
            return None
        numbers = value.numbers().astype(np.float64)
    else:
        items: object = value
        for size in shape:
            if not isinstance(items, list | tuple) or len(items) != size:
                return None
            items = items[0]
        rows = value if len(shape) == 2 else [value]
        assert isinstance(rows, list | tuple)
        flat: list[float] = []
        for row in rows:
            if not isinstance(row, list | tuple) or len(row) != shape[-1]:
                return None
            if not all(type(item) in (int, float) and abs(item) < _REACH for item in row):
                return None
            flat += map(float, row)
        numbers = np.array(flat, np.float64).reshape(shape)
    return numbers if bool((np.abs(numbers) < _REACH).all()) else None  # NaN is not below


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return f"a dictionary of {len(value)} entries"
    return f"a {type(value).__name__}"


def warped(
    rgba: UInt8[np.ndarray, "h w 4"], transformation: Float64[np.ndarray, "3 3"]
) -> UInt8[np.ndarray, "512 512 4"]:
    """Bring an illustration into the aligned frame, as the paper's tools do.

    Colour is laid on white first and warped then; outside the picture it is white, and alpha 0.
    Pixels are points at whole coordinates, what lies between them is interpolated linearly.

    Args:
        rgba: the illustration, straight alpha.
        transformation: (row, column, 1) of the illustration to the aligned frame.
    """
    from scipy.ndimage import affine_transform

    from panic3d.image import Picture

    source = np.linalg.inv(transformation)
    planes = np.concatenate([Picture(rgba).on((255, 255, 255)).rgba[..., :3], rgba[..., 3:]], -1)
    found = np.empty((FRAME, FRAME, 4), np.uint8)
    for channel, outside in enumerate((255.0, 255.0, 255.0, 0.0)):
        plane = affine_transform(
            planes[..., channel].astype(np.float32),
            source[:2, :2],
            source[:2, 2],
            output_shape=(FRAME, FRAME),
            order=1,
            cval=outside,
        )
        found[..., channel] = np.rint(plane).clip(0, 255)
    return found
