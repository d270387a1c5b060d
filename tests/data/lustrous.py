"""A `lustrous` tree in the layout of the authors' archive, filled with what a test needs."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SPIN = [f"{42 + k if k < 6 else 30 + k:04d}" for k in range(12)]

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def alignment(**changes: object) -> dict[str, object]:
    """Fields of one alignment as the paper's tools have them."""
    fields: dict[str, object] = {
        "source": "genshin-impact/genshin/Albedo/0000",
        "transformation": np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]),
        "area_of_interest": ((130, 120), (260, 280)),
        "_alignment": {"source": {"keypoints": np.zeros((1, 28, 3)), "_detection_used": 0}},
    }
    return fields | changes


def alignment_id(key: str) -> str:
    return f"daredemoE/fandom_align/{key}/front"


def write_list(root: Path, keys: Sequence[str], end: str = "\n") -> Path:
    path = root / "subsets/daredemoE_test.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(keys) + end).encode())
    return path


def write_alignments(root: Path, entries: Mapping[str, object]) -> Path:
    path = root / "renders/daredemoE/fandom_align_alignment.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps({alignment_id(key): entries[key] for key in entries}, 4))
    return path


def write_picture(path: Path, pixels: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, compress_level=1)


def render_path(root: Path, folder: str, key: str, view: str) -> Path:
    return root / f"renders/daredemoE/{folder}/{key}/{view}.png"


def write_placeholders(root: Path, key: str) -> None:
    """All files of a pair, none of which is meant to be opened."""
    views = [("ortho", "front"), ("ortho", "back"), *(("rgb60", view) for view in SPIN)]
    for folder, view in [*views, ("fandom_align", "front"), ("fandom_align_seg", "front")]:
        path = render_path(root, folder, key, view)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    model = root / f"raw/dssc/{key}.vrm"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_bytes(b"x")
