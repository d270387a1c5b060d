"""Every stage of a preparation as a picture, and all that is no picture as JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, UInt8

import panic3d
from panic3d.errors import ConfigError
from panic3d.files import atomic_write
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.face_drawing import draw_faces
from panic3d.pipeline.faces import FoundFace, head_angles
from panic3d.pipeline.prepare import Prepared

REPORT = "prepare.json"
"""The file of all that is no picture."""
PICTURES = (
    "landmarks.png",
    "matte.png",
    "aligned.png",
    "inside.png",
    "line_mask.png",
    "line_free.png",
)


def check_free(folder: Path, *inputs: Path | None) -> None:
    """Refuse to write the stages over a file that they are made from.

    Raises:
        ConfigError: one of the inputs is where a stage would be written.
    """
    written = {(folder / name).resolve() for name in (*PICTURES, REPORT)}
    for path in inputs:
        if path is not None and path.resolve() in written:
            raise ConfigError(f"{path} would be written over: choose another --out than {folder}")


def write_stages(
    prepared: Prepared, folder: Path, about: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write a preparation: its pictures, as far as it went, and a report.

    Args:
        prepared: a portrait.
        folder: made if missing. What an earlier run left there of later stages is not touched.
        about: further entries of the report.

    Returns:
        The files, in the order of the stages; the report comes last.

    Raises:
        Panic3dError: a file cannot be written.
    """
    return write_files(stage_files(prepared, about), folder)


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files into a folder, each whole or not at all.

    Raises:
        Panic3dError: one cannot be written.
    """
    for name, content in files.items():
        with atomic_write(folder / name) as file:
            file.write(content)
    return [folder / name for name in files]


def stage_files(prepared: Prepared, about: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    """Return the files of a preparation by name; see `write_stages`."""
    pictures: dict[str, UInt8[np.ndarray, "h w *c"]] = {}
    pictures["landmarks.png"] = draw_faces(prepared.portrait.picture, prepared.located).rgba
    if prepared.matte is not None:
        pictures["matte.png"] = prepared.matte.alpha
    if prepared.aligned is not None:
        pictures["aligned.png"] = prepared.aligned.picture.rgba
        pictures["inside.png"] = prepared.aligned.inside
    if prepared.lines is not None:
        pictures["line_mask.png"] = _levels(prepared.lines.lines)
        pictures["line_free.png"] = prepared.lines.picture.rgba
    report = {**report_of(prepared), **(about or {}), "files": list(pictures)}
    text = json.dumps(report, indent=1, allow_nan=False)
    # Points and rows of matrices on one line each.
    text = re.sub(r"\[\n[-\d.e,\s]+\]", lambda found: " ".join(found[0].split()), text)
    files = {name: png_bytes(picture) for name, picture in pictures.items()}
    return {**files, REPORT: text.encode() + b"\n"}


def report_of(prepared: Prepared) -> dict[str, Any]:
    """Return all that is no picture, as JSON can hold it.

    Places are x, y in pixels from the portrait's upper left corner, matrices act on (x, y, 1).
    """
    options, located, portrait = prepared.options, prepared.located, prepared.portrait
    alignment, face = located.alignment, located.face
    width, height = portrait.picture.size
    to_frame, to_portrait = alignment.to_frame, alignment.to_portrait
    report: dict[str, Any] = {
        "panic3d": panic3d.__version__,
        "portrait": {"width": width, "height": height, "notes": list(portrait.notes)},
        "options": {
            name: str(value) if isinstance(value, Path) else value
            for name, value in vars(options).items()
        },
        "faces": [
            {"number": k, **_face(each, located.source == "network")}
            for k, each in enumerate(located.faces, 1)
        ],
        "face": located.number,
        "landmarks_from": located.source,
        "landmarks": _rounded(face.landmarks),
        "confidence": _rounded(face.confidence),
        "face_size_px": round(face.size, 3),
        "rotation": _rotation(face.camera_from_head) if located.rotation_known else None,
        "alignment": {
            "frame_from_portrait": _rows(to_frame),
            "portrait_from_frame": _rows(to_portrait),
            "scale": to_frame.scale,
            "angle_deg": to_frame.angle_deg,
            "shift": list(to_frame.shift),
            "error": round(alignment.error, 6),
            "outliers": list(alignment.outliers),
            "rotation": _rotation(alignment.camera_from_head) if located.rotation_known else None,
        },
        "matte": None,
        "warnings": list(prepared.warnings),
        "seconds": {name: round(value, 3) for name, value in prepared.seconds.items()},
        "weights": [used._asdict() for used in prepared.weights],
    }
    if prepared.matte is not None:
        share = float(prepared.matte.alpha.mean() / 255)
        report["matte"] = {"from": prepared.matte.source, "share": round(share, 4)}
    if prepared.aligned is not None:
        report["inside"] = round(float(prepared.aligned.inside.mean() / 255), 4)
    if prepared.lines is not None:
        report["lines"] = round(float(prepared.lines.lines.mean()), 4)
    return report


def _face(face: FoundFace, with_rotation: bool) -> dict[str, Any]:
    return {
        "box": _rounded(face.box),
        "score": round(face.score, 4),
        "size_px": round(face.size, 3),
        "rotation": _rotation(face.camera_from_head) if with_rotation else None,
    }


def _rotation(camera_from_head: Float64[np.ndarray, "3 3"]) -> dict[str, Any]:
    names = ("yaw_deg", "pitch_deg", "roll_deg")
    angles = (round(angle, 3) for angle in head_angles(camera_from_head))
    return {
        **dict(zip(names, angles, strict=True)),
        "camera_from_head": [[round(float(v), 6) for v in row] for row in camera_from_head],
    }


def _rows(similarity: Similarity) -> list[list[float]]:
    found: list[list[float]] = similarity.matrix.tolist()
    return found


def _rounded(values: Float64[np.ndarray, "..."]) -> Any:
    return np.round(values, 3).tolist()


def _levels(mask: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    return np.where(mask, 255, 0).astype(np.uint8)


def png_bytes(picture: UInt8[np.ndarray, "h w *c"]) -> bytes:
    """Return a picture as a PNG file, to the bit what it was."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()
