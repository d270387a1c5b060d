"""Predictions of AnimeRecon in the layout of the paper's own tool: read, and written.

``marching_cubes/{group}/{id}/front.pkl`` is a mesh, ``ortho/{group}/{id}/{view}.png`` and
``rgb60/{group}/{id}/{NNNN}.png`` are pictures of 512 x 512, ``ortho_xyza`` and ``xyza60`` the same
views as positions with the accumulated opacity as alpha. A pickle is read by an allow-list and
never written: ours are ``front.npz``, with the pickle's names and frame.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int32, UInt8

from panic3d.data.alignments import FRAME
from panic3d.data.animerecon import (
    RENDER_SET,
    SCORED_ORTHO,
    SPIN_NAMES,
    Pair,
    open_animerecon,
    read_frame,
    read_illustration,
)
from panic3d.errors import DatasetError, MeshError, PictureError
from panic3d.evaluate.cases import VIEW_NAMES, Prediction
from panic3d.evaluate.regions import Mode
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.files import atomic_write
from panic3d.geometry.conventions import VOLUME_FROM_WORLD
from panic3d.image import Picture, read_picture
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.pickles import read_plain
from panic3d.weights.convert.values import shown

MAX_BYTES = 1 << 30
"""Of a mesh; one from a grid of 256 has some 20 MB."""

_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, RuntimeError)
"""The last: of an archive that is encrypted or packed in an unknown way."""
_MESH_NAMES = ("front.npz", "front.pkl")


def prediction_root(folder: Path) -> Path:
    """Return the folder that holds ``ortho`` and the others: `folder`, or ``daredemoE`` in it."""
    inner = folder / RENDER_SET
    return inner if inner.is_dir() else folder


def _folder(view: str) -> tuple[str, str]:
    """Names of the folders of a view's colours and of its positions."""
    return ("rgb60", "xyza60") if view in SPIN_NAMES else ("ortho", "ortho_xyza")


def _mesh_path(root: Path, key: str) -> Path | None:
    paths = [root / "marching_cubes" / key / name for name in _MESH_NAMES]
    return next((path for path in paths if path.is_file()), None)


def prediction_files(root: Path, key: str) -> list[Path]:
    """Return all files of a prediction that may be read, whether they are there or not."""
    pictures = [root / name / key / f"{view}.png" for view in VIEW_NAMES for name in _folder(view)]
    return [*(root / "marching_cubes" / key / name for name in _MESH_NAMES), *pictures]


def prediction_lacks(root: Path, key: str) -> list[str]:
    """Say what of a prediction is missing, a line each; nothing if it can be measured.

    Args:
        root: see `prediction_root`.
        key: of the pair, group and id.
    """
    lacks = []
    if _mesh_path(root, key) is None:
        lacks.append(f"no marching_cubes/{key}/front.pkl or front.npz")
    for folder, views in (("ortho", SCORED_ORTHO), ("rgb60", SPIN_NAMES)):
        absent = [view for view in views if not (root / folder / key / f"{view}.png").is_file()]
        if absent:
            names = f"no {', '.join(absent)}" if len(absent) < len(views) else "no pictures"
            lacks.append(f"{names} in {folder}/{key}")
    return lacks


def read_prediction(root: Path, key: str, mode: Mode) -> Prediction:
    """Read one prediction.

    In paper mode pictures are taken as they lie there. In fixed mode a picture without any
    transparency gets the silhouette of its position picture, where there is one, so that outlines
    can be compared; on white it looks the same.

    Args:
        root: see `prediction_root`.
        key: of the pair, group and id.
        mode: of the protocol.

    Raises:
        PictureError: a picture is missing, broken or of another size.
        MeshError: the mesh is missing or is none.
        UnsafePickleError: its pickle asks for something outside the list; nothing was run.
        WeightsError: its pickle is cut short or damaged.
    """
    views = {}
    for view in VIEW_NAMES:
        colours, positions = _folder(view)
        path = root / colours / key / f"{view}.png"
        if not path.is_file() and view not in (*SCORED_ORTHO, *SPIN_NAMES):
            continue  # the paper's tool does not look at the sides either
        views[view] = read_frame(path)
        if mode == "fixed":
            views[view] = with_silhouette(views[view], root / positions / key / f"{view}.png")
    mesh = _mesh_path(root, key)
    if mesh is None:
        raise MeshError(f"{root} has no marching_cubes/{key}/front.pkl or front.npz")
    return Prediction(views=views, surface=read_mesh(mesh))


def with_silhouette(
    rgba: UInt8[np.ndarray, "512 512 4"], positions: Path
) -> UInt8[np.ndarray, "512 512 4"]:
    """Give a picture without transparency the opacity of its position picture, if there is one.

    Raises:
        PictureError: the position picture is broken.
    """
    if rgba[..., 3].min() < 255 or not positions.is_file():
        return rgba
    return cut_from_white(rgba[..., :3], _enlarged(read_picture(positions).rgba[..., 3]))


def _enlarged(alpha: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "512 512"]:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(alpha))
    return np.array(image.resize((FRAME, FRAME), Image.Resampling.BILINEAR))


def cut_from_white(
    rgb: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 4"]:
    """Take the white out of a picture that was laid on it; laid on white again it is the same.

    Args:
        rgb: the picture on white.
        alpha: its opacity; where a colour is too dark for it, the least that the colour allows.
    """
    white = np.float32(255)
    on_white = rgb.astype(np.float32)
    least = white - on_white.min(-1)
    opacity = np.maximum(alpha.astype(np.float32), least)[..., None]
    colour = white - (white - on_white) * white / np.maximum(opacity, 1)
    return np.rint(np.concatenate([colour, opacity], -1)).clip(0, 255).astype(np.uint8)


# Meshes


def read_mesh(path: Path) -> Triangles | None:
    """Read a predicted mesh, a pickle or an .npz with ``verts`` and ``faces``.

    The paper's are mirrored, x negated; that is undone, and the winding kept outward.

    Returns:
        The mesh in the world frame; None if it has no triangles.

    Raises:
        MeshError: it holds no mesh.
        UnsafePickleError: the pickle asks for something outside the list; nothing was run.
        WeightsError: the pickle is cut short or damaged.
    """
    vertices, faces = _from_npz(path) if path.suffix == ".npz" else _from_pickle(path)
    if vertices.ndim != 2 or vertices.shape[1] != 3 or vertices.dtype.kind != "f":
        raise MeshError(
            f"{path}: verts has shape {list(vertices.shape)} and type {vertices.dtype}, expected "
            "[v, 3] floating-point numbers"
        )
    if faces.size == 0:
        return None
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu":
        raise MeshError(
            f"{path}: faces has shape {list(faces.shape)} and type {faces.dtype}, expected "
            "[f, 3] whole numbers"
        )
    if not 0 <= int(faces.min()) <= int(faces.max()) < len(vertices):
        raise MeshError(
            f"{path}: faces name vertices {int(faces.min())} to {int(faces.max())}, there are "
            f"{len(vertices)}"
        )
    world = _mirrored(vertices.astype(np.float64))
    if not np.isfinite(world).all():
        raise MeshError(f"{path}: verts has numbers that are not finite")
    return Triangles(world, _mirrored_faces(faces.astype(np.int32)))


def _mirrored(vertices: Float64[np.ndarray, "v 3"]) -> Float64[np.ndarray, "v 3"]:
    """World frame to the frame of the paper's meshes, and back."""
    return vertices * np.array(VOLUME_FROM_WORLD)


def _mirrored_faces(faces: Int32[np.ndarray, "f 3"]) -> Int32[np.ndarray, "f 3"]:
    return np.ascontiguousarray(faces[:, ::-1])  # a mirror turns every triangle round


def _from_pickle(path: Path) -> tuple[np.ndarray, np.ndarray]:
    found = read_plain(path)
    arrays = []
    for name in ("verts", "faces"):
        value = found.get(name) if isinstance(found, dict) else None
        if not isinstance(value, Array):
            raise MeshError(
                f"{path}: {name} is {shown(value)}, expected an array: this is no mesh of the "
                "paper's tools"
            )
        arrays.append(value.numbers())
    return arrays[0], arrays[1]


def _from_npz(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > MAX_BYTES:
            raise MeshError(f"{path} unfolds to {size} bytes, a mesh has less than {MAX_BYTES}")
        with np.load(path, allow_pickle=False) as members:
            return members["verts"], members["faces"]
    except (OSError, ValueError, KeyError, EOFError, MemoryError, *_ZIP_FAULTS) as error:
        raise MeshError(
            f"{path} holds no arrays verts and faces ({error}): write it again"
        ) from error


# Writing


def write_prediction(root: Path, key: str, prediction: Prediction) -> None:
    """Write a prediction where the paper's tool would have it, the mesh as ``front.npz``.

    Pictures keep their transparency, which the paper's tool lays on white as well. The mesh goes
    last, so that what was stopped half-way is not taken for whole.

    Args:
        root: see `prediction_root`; made if missing.
        key: of the pair, group and id.
        prediction: in the world frame.

    Raises:
        Panic3dError: a file cannot be written.
    """
    for view, rgba in prediction.views.items():
        Picture(np.ascontiguousarray(rgba)).save(root / _folder(view)[0] / key / f"{view}.png")
    surface = prediction.surface
    vertices: Float32[np.ndarray, "v 3"] = np.zeros((0, 3), np.float32)
    faces: Int32[np.ndarray, "f 3"] = np.zeros((0, 3), np.int32)
    if surface is not None:
        vertices = _mirrored(surface.vertices).astype(np.float32)
        faces = _mirrored_faces(surface.faces)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, verts=vertices, faces=faces)
    with atomic_write(root / "marching_cubes" / key / "front.npz") as file:
        file.write(buffer.getvalue())


def predict_animerecon(
    lustrous: Path,
    predict: Callable[[Pair, Picture], Prediction],
    out: Path,
    keys: Collection[str] | None = None,
    on_pair: Callable[[str], None] | None = None,
) -> dict[str, str | None]:
    """Make predictions of all pairs that have their illustration, in the paper's layout.

    What is there already is not made again.

    Args:
        lustrous: the folder that the paper's tools know as ``_data/lustrous``.
        predict: makes one, of the aligned illustration with the archive's mask as alpha.
        out: predictions go to ``OUT/daredemoE``.
        keys: of the pairs to predict; by default all that are listed.
        on_pair: told of every pair as it is done.

    Returns:
        Key of every such pair, and why it was not predicted, or None.

    Raises:
        DatasetError, WeightsError: the tree's list or alignments cannot be read.
        Panic3dError: a file cannot be written.
    """
    root = Path(out) / RENDER_SET
    found: dict[str, str | None] = {}
    pairs = open_animerecon(Path(lustrous)).pairs
    for pair in (pair for pair in pairs if keys is None or pair.key in keys):
        found[pair.key] = None
        if prediction_lacks(root, pair.key):
            try:
                picture = read_illustration(pair)
            except (DatasetError, PictureError) as error:
                found[pair.key] = str(error)
                continue
            write_prediction(root, pair.key, predict(pair, picture))
        if on_pair is not None:
            on_pair(pair.key)
    return found
