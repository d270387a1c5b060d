"""Pictures of test characters on disk: drawn once, read ever after."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from campaign._preparation_truth import Bytes, TrueLines, TruePicture, opaque
from panic3d.files import atomic_write
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.work.records import read_json, write_json


def kept_scene(folder: Path, number: int, draw: Callable[[int], TruePicture]) -> TruePicture:
    """Return a picture that was drawn before, or draw it."""
    stem = folder / f"scene-{number:04d}"
    told = read_json(stem.with_suffix(".json"))
    if not told:
        made = draw(number)
        planes = {"": made.picture.rgba[..., :3], "-matte": made.matte, "-ignored": made.ignored}
        for suffix, plane in planes.items():
            _keep(stem.with_name(f"{stem.name}{suffix}.png"), plane)
        similarity = made.to_frame
        told = {
            "name": made.name,
            "group": made.group,
            "points": made.points.tolist(),
            "visible": made.visible.tolist(),
            "rotation": made.rotation.tolist(),
            "to_frame": [similarity.scale, similarity.angle_deg, *similarity.shift],
        }
        write_json(stem.with_suffix(".json"), told)  # last: without it the others do not count
    scale, angle, x, y = told["to_frame"]
    return TruePicture(
        name=told["name"],
        group=told["group"],
        picture=Picture(opaque(_kept(stem.with_suffix(".png")))),
        matte=_kept(stem.with_name(f"{stem.name}-matte.png")),
        ignored=_kept(stem.with_name(f"{stem.name}-ignored.png")),
        points=np.array(told["points"], np.float64),
        visible=np.array(told["visible"], bool),
        rotation=np.array(told["rotation"], np.float64),
        to_frame=Similarity(scale=scale, angle_deg=angle, shift=(x, y)),
    )


def kept_faceless(folder: Path, number: int, draw: Callable[[int], Picture]) -> Picture:
    """Return a picture without a face that was drawn before, or draw it."""
    path = folder / f"faceless-{number:04d}.png"
    if not path.is_file():
        _keep(path, draw(number).rgba[..., :3])
    return Picture(opaque(_kept(path)))


def kept_front(folder: Path, number: int, draw: Callable[[int], TrueLines]) -> TrueLines:
    """Return an aligned drawing that was drawn before, or draw it."""
    stem = folder / f"front-{number:04d}"
    parts = ("picture", "line_free", "render")
    told = read_json(stem.with_suffix(".json"))
    if not told:
        made = draw(number)
        for part in parts:
            picture: Picture = getattr(made, part)
            _keep(stem.with_name(f"{stem.name}-{part}.png"), picture.rgba[..., :3])
        told = {"name": made.name, "points": made.points.tolist()}
        write_json(stem.with_suffix(".json"), told)
    pictures: dict[str, Any] = {
        part: Picture(opaque(_kept(stem.with_name(f"{stem.name}-{part}.png")))) for part in parts
    }
    return TrueLines(name=told["name"], points=np.array(told["points"], np.float64), **pictures)


def _keep(path: Path, plane: Bytes) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(plane)).save(buffer, "PNG", compress_level=3)
    with atomic_write(path, durable=False) as file:
        file.write(buffer.getbuffer())


def _kept(path: Path) -> Bytes:
    with Image.open(path) as image:
        return np.array(image)
