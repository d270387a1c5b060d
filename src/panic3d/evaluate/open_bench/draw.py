"""One character of a benchmark: everything that is known of it, as files in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8
from numpy.typing import NDArray

from panic3d.characters.illustrate.draw import Illustration, illustrate
from panic3d.characters.illustrate.style import Ground, aligned
from panic3d.characters.landmarks import Landmarks, project
from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.splits import split_of_asset
from panic3d.errors import CharacterError
from panic3d.evaluate.open_bench.arrays import arrays_bytes
from panic3d.evaluate.open_bench.probe import probe_of
from panic3d.evaluate.open_bench.recipe import HALF, Recipe, Slot
from panic3d.evaluate.open_bench.wild import (
    Cut,
    coloured_style,
    draw_cut,
    encoded,
    face_points,
    similarity,
    wild_finish,
    wild_style,
)
from panic3d.evaluate.regions import PICTURE_SIZE, Region
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.evaluate.visible_truth import visible_surface
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.cameras import NAMED_VIEWS, evaluation_cameras
from panic3d.geometry.posing import Pose, head_origin, posed
from panic3d.render.raster import Geometry, Rasteriser
from panic3d.render.views import DEPTH_STEP_M, png, render_params
from panic3d.work.records import Json, json_bytes

REGION = "head box"
"""What the region of interest is called; the paper's own regions cannot be computed again."""
BELOW_CHIN_M = 0.03
_CHIN = 2
_BESIDE_PX = 4.0


class Drawn(NamedTuple):
    """A character of a benchmark."""

    files: dict[str, bytes]
    """By path in the character's folder."""
    about: Json
    """What the benchmark's own lists say of it."""


def draw_character(
    made: MadeCharacter, slot: Slot, recipe: Recipe, rasteriser: Rasteriser
) -> Drawn:
    """Draw a character, its ground truth and both of its pictures.

    Raises:
        Panic3dError: it cannot be drawn.
    """
    pose = Pose(expressions=dict(made.expression))
    figure = posed(made.character, pose)
    origin = head_origin(made.character)
    size = recipe.size
    rng = stream(slot.seed, recipe.name, "aligned")
    # On white, so that the matte makes it an input without background.
    style = dataclasses.replace(aligned(coloured_style(rng)), ground=Ground())
    landmarks: dict[str, Landmarks] = {}
    views: dict[str, NDArray[np.uint8]] = {}
    waiting: dict[str, Future[bytes]] = {}
    with ThreadPoolExecutor(2) as pool, rasteriser.load(figure, origin) as scene:
        for name, camera in evaluation_cameras().items():
            views[name] = rasteriser.colour(scene, camera, size)
            seen = rasteriser.geometry(scene, camera, size)
            landmarks[name] = project(made, figure, camera, size, seen, origin)
            waiting[f"views/{name}.png"] = pool.submit(png, views[name])
            waiting[f"depth/{name}.png"] = pool.submit(_depth_png, seen)
            if name in NAMED_VIEWS:
                waiting[f"normal/{name}.png"] = pool.submit(_normal_png, seen)
        drawing = illustrate(made, rasteriser, style, size, pose, scene)
        surface = visible_surface(rasteriser, figure, origin)
        files = {name: future.result() for name, future in waiting.items()}
    illustration = np.concatenate([drawing.picture, drawing.matte[..., None]], -1)
    files["aligned/illustration.png"] = png(illustration)
    files["surface.npz"] = arrays_bytes(compact(surface))
    files["character.vrm"] = vrm_bytes(made.character, "1.0")
    front = landmarks["front"].points
    wild = _draw_wild(made, slot, recipe, rasteriser, pose, front)
    files |= wild.files
    probe = probe_of(made, figure, surface, views, illustration, wild.picture)
    about: Json = {
        "name": slot.name,
        "half": HALF[slot.kind],
        "seed": slot.seed,
        "assets": dict(made.assets),
        "source_assets": source_assets(made.assets),
        "unseen": unseen_assets(made.assets),
        "sources": [dataclasses.asdict(source) for source in made.sources],
        "probe": probe,
    }
    described = about | {
        "size": size,
        "tags": list(made.tags),
        "expression": dict(made.expression),
        "design": dict(made.design),
        "region": {"kind": REGION, **dataclasses.asdict(head_region(views["front"], front))},
        "landmarks": {name: marks_json(marks) for name, marks in landmarks.items()},
        "cameras": {name: render_params(c) for name, c in evaluation_cameras().items()},
        "aligned": drawing.record(),
        "wild": wild.about,
    }
    files["character.json"] = json_bytes(described)
    return Drawn(files, about)


def source_assets(assets: Mapping[str, str]) -> list[str]:
    """Return what a character was made from, as results are resampled: "face:vita", "hair:hime"."""
    return [f"{kind}:{assets[kind]}" for kind in ("face", "hair") if kind in assets]


def unseen_assets(assets: Mapping[str, str]) -> list[str]:
    """Return those of `source_assets` that no training character is made from."""
    held = {kind: name for kind, name in assets.items() if split_of_asset(kind, name) != "train"}
    return source_assets(held)


def marks_json(marks: Landmarks, left: int = 0, top: int = 0) -> list[list[float | int]]:
    """Return x, y and visibility of each landmark, in a picture's part that begins at a pixel."""
    return [
        [round(float(x) - left, 3), round(float(y) - top, 3), int(seen)]
        for (x, y), seen in zip(marks.points, marks.visible, strict=True)
    ]


# The ground truth


def compact(surface: Triangles) -> dict[str, NDArray[Any]]:
    """Return a surface as it is kept: what lies in one place is one vertex.

    Returns:
        vertices (v, 3) float32, world frame, metres; faces (f, 3) int32.
    """
    points = np.ascontiguousarray(surface.vertices.astype(np.float32) + np.float32(0))  # no -0
    rows = points.view(np.dtype((np.void, 12))).ravel()
    _, first, place = np.unique(rows, return_index=True, return_inverse=True)
    return {"vertices": points[first], "faces": place.astype(np.int32)[surface.faces]}


def head_region(
    front: UInt8[np.ndarray, "s s 4"], landmarks: Float64[np.ndarray, "28 2"]
) -> Region:
    """Return the box of the head in the front view: our own definition.

    It reaches from the top of all that is seen to 30 mm below the chin, and is as wide as what is
    seen above the chin, with 4 pixels of 512 on either side and above.

    Raises:
        CharacterError: nothing is seen above the chin.
    """
    size = front.shape[0]
    unit = PICTURE_SIZE / size
    chin = float(landmarks[_CHIN, 1])
    seen = front[: max(round(chin), 1), :, 3] > 127
    if not seen.any():
        raise CharacterError("nothing of the head is seen above its chin")
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    top = max(float(rows[0]) * unit - _BESIDE_PX, 0.0)
    left = max(float(columns[0]) * unit - _BESIDE_PX, 0.0)
    right = min(float(columns[-1] + 1) * unit + _BESIDE_PX, PICTURE_SIZE)
    bottom = min(chin * unit + BELOW_CHIN_M * PICTURE_SIZE / 0.7, PICTURE_SIZE)
    top, left, bottom, right = (float(round(edge)) for edge in (top, left, bottom, right))
    return Region(top, left, bottom - top, right - left)


def _depth_png(seen: Geometry) -> bytes:
    levels = np.rint(seen.depth / DEPTH_STEP_M).clip(0, 0xFFFF).astype(np.uint16)
    return png(levels)


def _normal_png(seen: Geometry) -> bytes:
    levels = np.rint((seen.normal + 1) * 127.5).astype(np.uint8)
    return png(levels * (seen.facing != 0)[..., None].astype(np.uint8))


# The wild picture


class _Wild(NamedTuple):
    files: dict[str, bytes]
    about: dict[str, Any]
    picture: NDArray[np.uint8]
    """Before compression."""


def _draw_wild(
    made: MadeCharacter,
    slot: Slot,
    recipe: Recipe,
    rasteriser: Rasteriser,
    pose: Pose,
    front: Float64[np.ndarray, "28 2"],
) -> _Wild:
    rng = stream(slot.seed, recipe.name, "wild")
    style = wild_style(rng, made, pose)
    side = int(rng.integers(recipe.wild_px[0], recipe.wild_px[1] + 1))
    points = face_points(made, style.framing, pose)
    cut = draw_cut(rng, side, points)
    plain, quality, sampling = wild_finish(style)
    drawn = illustrate(made, rasteriser, plain, side, pose)
    picture = cut.of(drawn.picture)
    ending, data = encoded(picture, quality, sampling)
    files = {
        f"wild/picture.{ending}": data,
        "wild/matte.png": png(cut.of(drawn.matte)),
        "wild/occluder.png": png(cut.of(drawn.occluder)),
    }
    return _Wild(files, _wild_about(drawn, cut, f"picture.{ending}", quality, front), picture)


def _wild_about(
    drawn: Illustration, cut: Cut, file: str, quality: int, front: Float64[np.ndarray, "28 2"]
) -> dict[str, Any]:
    marks = drawn.landmarks
    assert marks is not None
    own = marks.points - (cut.left, cut.top)
    inside = (own >= 0).all(1) & (own < (cut.width, cut.height)).all(1)
    marks = marks._replace(visible=marks.visible & inside)
    about = drawn.record()
    del about["size"]
    return about | {
        "file": file,
        "width": cut.width,
        "height": cut.height,
        "jpeg_quality": quality,
        "drawing": {"size": int(drawn.matte.shape[0]), "left": cut.left, "top": cut.top},
        "landmarks": marks_json(marks, cut.left, cut.top),
        "aligned_from_picture": similarity(own, front).round(6).tolist(),
    }
