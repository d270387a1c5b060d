"""What a character of a benchmark is known again by: exact digests, and numbers with a tolerance.

Attributes and topology are the same on every machine. Vertices agree to 1e-5 m and pictures to
45 dB, since processors and drivers round in ways of their own; of these a little is kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import Image

from panic3d.characters.made import MadeCharacter
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.geometry.posing import PosedCharacter
from panic3d.work.records import Json

VERTEX_TOLERANCE_M = 1e-5
PICTURE_PSNR_DB = 45.0
SURFACE_SHARE = 0.005
"""By which the area that is seen may differ: what is just seen, or just not."""
THUMB = 8
"""Side of a picture's thumbnail: each pixel the mean of a field of the picture."""
_TWICE = ("0036", "0039", "0042", "0045")
"""Views from where the orthographic ones look, too."""
_GREY = 128.0
"""Below what is transparent."""
_DIGITS = 16
"""Of a digest that are kept."""


def probe_of(
    made: MadeCharacter,
    figure: PosedCharacter,
    surface: Triangles,
    views: Mapping[str, UInt8[np.ndarray, "s s 4"]],
    illustration: UInt8[np.ndarray, "s s 4"],
    wild: UInt8[np.ndarray, "h w 3"],
) -> Json:
    """Measure a character.

    Args:
        made: the character.
        figure: it in its pose.
        surface: what is seen of it.
        views: all sixteen.
        illustration: the aligned one.
        wild: the wild picture, before compression.
    """
    shown = [picture for name, picture in views.items() if name not in _TWICE]
    pictures = [*shown, illustration, wild]
    points = np.concatenate([part.positions for part in figure.parts]).astype(np.float64)
    return {
        "attributes": _attributes(made),
        "topology": _topology(made),
        "triangles": sum(len(p.faces) for m in made.character.meshes for p in m.primitives),
        "vertices_m": [
            round(float(v), 6) for v in (*points.mean(0), *points.std(0), *np.ptp(points, 0))
        ],
        "surface_cm2": round(_area_m2(surface) * 1e4, 2),
        "wild_px": [wild.shape[1], wild.shape[0]],
        "pictures": _encoded(np.concatenate([thumbnail(p) for p in pictures], 1)),
    }


def differences(found: Mapping[str, Any], frozen: Mapping[str, Any]) -> list[str]:
    """Say in what a character is not the frozen one; nothing if it is."""
    said = []
    for name in ("attributes", "topology", "triangles", "wild_px"):
        if found.get(name) != frozen.get(name):
            said.append(f"{name} {found.get(name)}, frozen {frozen.get(name)}")
    mine, theirs = (np.array(one.get("vertices_m", ()), np.float64) for one in (found, frozen))
    if mine.shape != theirs.shape or not np.abs(mine - theirs).max(initial=0) <= VERTEX_TOLERANCE_M:
        off = np.abs(mine - theirs).max(initial=0) if mine.shape == theirs.shape else math.inf
        said.append(f"vertices off by {off:.2g} m")
    area, known = (float(one.get("surface_cm2", math.nan)) for one in (found, frozen))
    if not abs(area - known) <= SURFACE_SHARE * known:
        said.append(f"true surface of {area:g} cm², frozen {known:g}")
    decibel = _worst_psnr(found.get("pictures"), frozen.get("pictures"))
    if not decibel >= PICTURE_PSNR_DB:
        said.append(f"pictures at {decibel:.1f} dB")
    return said


def thumbnail(picture: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "8 8 3"]:
    """Return means over fields of a picture, on grey where it is transparent."""
    values = picture.astype(np.float64)
    colour = values[..., :3]
    if picture.shape[2] == 4:
        colour = _GREY + (colour - _GREY) * (values[..., 3:] / 255)
    for axis in (0, 1):
        edges = np.linspace(0, picture.shape[axis], THUMB + 1).round().astype(np.intp)
        sums = np.add.reduceat(colour, edges[:-1], axis)
        counts = np.diff(edges).reshape([-1 if k == axis else 1 for k in range(3)])
        colour = sums / counts
    return np.rint(colour).astype(np.uint8)


def _attributes(made: MadeCharacter) -> str:
    known = {
        "design": made.design,
        "tags": made.tags,
        "labels": made.labels,
        "assets": dict(made.assets),
        "expression": dict(made.expression),
        "sources": [(source.asset, source.licence) for source in made.sources],
    }
    text = json.dumps(_rounded(known), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _rounded(value: Any) -> Any:
    """Round numbers, whose last digits are not the same on all machines."""
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _topology(made: MadeCharacter) -> str:
    digest = hashlib.sha256()
    for mesh in made.character.meshes:
        for part in mesh.primitives:
            digest.update(np.array([len(part.positions), len(part.faces)], "<i8").tobytes())
            digest.update(np.ascontiguousarray(part.faces, "<i4").tobytes())
    places = np.array([(a.mesh, a.primitive, a.vertex) for a in made.landmarks], "<i8")
    digest.update(places.tobytes())
    return digest.hexdigest()[:_DIGITS]


def _area_m2(surface: Triangles) -> float:
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def _encoded(strip: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(strip).save(file, "PNG", optimize=True)
    return base64.b85encode(file.getvalue()).decode()


def _decoded(text: object) -> NDArray[np.float64] | None:
    """Return the thumbnails; None if it is no strip of them."""
    if not isinstance(text, str) or len(text) > 1 << 16:
        return None
    try:
        with Image.open(io.BytesIO(base64.b85decode(text)), formats=("PNG",)) as image:
            if image.height != THUMB or image.width % THUMB or image.width > 1 << 12:
                return None
            return np.asarray(image.convert("RGB"), np.float64)
    except (OSError, ValueError, binascii.Error, SyntaxError):
        return None


def _worst_psnr(found: object, frozen: object) -> float:
    mine, theirs = _decoded(found), _decoded(frozen)
    if mine is None or theirs is None or mine.shape != theirs.shape:
        return -math.inf
    squares = ((mine - theirs) ** 2).reshape(THUMB, -1, THUMB, 3).mean((0, 2, 3))
    return float(10 * np.log10(255.0**2 / max(float(squares.max()), 1e-10)))
