"""``field.safetensors``: a head, complete, without the portrait file and without the weights.

An ordinary safetensors file. Tensors: the planes, the decoder, super-resolution and style vectors
where the network has them, the prepared portrait and what of the frame it shows (the bytes of PNG
files), a small copy of its source, and the files of the preparation as bytes. The entry ``panic3d``
of its metadata is JSON, see `FieldAbout`.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import torch
from jaxtyping import Float64, UInt8
from torch import Tensor

import panic3d
from panic3d.config import from_dict, to_dict
from panic3d.errors import ConfigError, PictureError, WeightsError
from panic3d.files import atomic_write
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture, decode_picture
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.direct import head_of_planes, plane_tensor, portrait_tensor
from panic3d.pipeline.field_network import network_of, state_of
from panic3d.pipeline.head import HeadField, Settings
from panic3d.pipeline.mean_face import FRAME
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.origin import MeshFormat, Origin
from panic3d.pipeline.own_pixels import LARGEST
from panic3d.pipeline.preview import TILE
from panic3d.pipeline.stage_pictures import PICTURES, REPORT, png_bytes
from panic3d.weights.safetensors_file import (
    ALL_DTYPES,
    Entry,
    Header,
    bytes_of,
    parse_json,
    read_tensors,
    read_whole_header,
)
from panic3d.weights.shapes import feedforward_tensor_shapes, generator_tensor_shapes

FORMAT, FORMAT_VERSION = "panic3d-field", 1
METADATA = "panic3d"

_STAGES = "stages/"
_AGAIN = "make it again: panic3d reconstruct"

Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class FieldAbout:
    """All of a field file that is no tensor."""

    network: Literal["feedforward", "generator"]
    config: dict  # plain JSON; the network's own class checks it
    settings: Settings
    """How the head is looked at: sampling, what is cut away, thresholds of stitching."""
    mesh: MeshOptions
    mesh_format: MeshFormat
    weights: str
    """Name of the weights that made the head; empty if it is not known."""
    weights_sha256: str | None
    frame_from_source: Similarity | None
    """Pixels of the owner's picture to pixels of the frame, 512 across; null if it was aligned."""
    camera_from_head: tuple[float, ...] | None
    """How the head is turned in the frame, a matrix row by row; null looks straight ahead."""
    panic3d_version: str = panic3d.__version__
    format: str = FORMAT
    format_version: int = FORMAT_VERSION


class Field(NamedTuple):
    """What a field file holds."""

    inner: HeadField
    camera_from_head: Float64[np.ndarray, "3 3"] | None
    mesh: MeshOptions
    mesh_format: MeshFormat
    origin: Origin


def write_field(path: str | Path, field: Field) -> None:
    """Write a head; the file appears whole or not at all.

    Args:
        path: of the file.
        field: its network is one of ours or the paper's.

    Raises:
        ConfigError: the head was not made of a portrait.
        WeightsError: the file cannot be written.
    """
    inner, origin, turn = field.inner, field.origin, field.camera_from_head
    if origin.prepared is None:
        raise ConfigError(
            "this head has no portrait, and a field file needs one: save a head that a "
            "Reconstructor made"
        )
    direct = isinstance(inner.generator, FeedForward)
    about = FieldAbout(
        network="feedforward" if direct else "generator",
        config=to_dict(inner.generator.config),
        settings=inner.settings,
        mesh=field.mesh,
        mesh_format=field.mesh_format,
        weights=origin.weights,
        weights_sha256=origin.weights_sha256,
        frame_from_source=origin.frame_from_source,
        camera_from_head=None if turn is None else tuple(turn.reshape(-1).tolist()),
    )
    tensors = {"planes": inner.planes}
    for part in ("decoder",) if direct else ("decoder", "superresolution"):
        module = getattr(inner.generator, part)
        tensors.update({f"{part}.{name}": tensor for name, tensor in state_of(module).items()})
    if not direct:
        tensors["ws"] = inner.ws
        if inner.front is not None:
            tensors["front"] = inner.front
    tensors["portrait"] = _in_bytes(png_bytes(origin.prepared.rgba))
    if origin.inside is not None:
        tensors["inside"] = _in_bytes(png_bytes(origin.inside))
    if origin.source is not None:
        tensors["source"] = torch.from_numpy(np.ascontiguousarray(origin.source.rgba))
    for name, content in origin.stages.items():
        tensors[_STAGES + name] = _in_bytes(content)
    _write(Path(path), tensors, {METADATA: json.dumps(to_dict(about), allow_nan=False)})


def read_field(path: str | Path, device: torch.device | str = "cpu") -> Field:
    """Read a head.

    Args:
        path: of a file that `write_field` made.
        device: where to compute.

    Raises:
        WeightsError: it is missing, cut short, damaged or foreign.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            header = read_whole_header(path, file, ALL_DTYPES)
            about = _about(path, header)
            config = _config(path, about)
            _check_entries(path, header.entries, about, config)
            tensors = read_tensors(path, file, header.entries, header.digest)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read ({error.strerror or error}): check the path and its permissions"
        ) from error
    where = torch.device(device)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise WeightsError(f"{path}: {name} is not finite: {_AGAIN}")
    network = network_of(config, tensors).eval().requires_grad_(False)
    for part in network.children():
        if not any(tensor.is_meta for tensor in state_of(part).values()):
            part.to(where)
    planes = tensors["planes"].to(where)
    prepared = _portrait(path, bytes(bytes_of(tensors["portrait"])))
    portrait = portrait_tensor(prepared.rgba).to(where)
    inside = _inside(path, bytes(bytes_of(tensors["inside"]))) if "inside" in tensors else None
    if isinstance(network, FeedForward):
        shown = None if inside is None else plane_tensor(inside).to(where)
        inner = head_of_planes(network, planes, portrait, about.settings, shown)
    else:
        front = tensors["front"].to(where) if "front" in tensors else None
        inner = HeadField(
            network, tensors["ws"].to(where), planes, front, about.settings, portrait=portrait
        )
    turn = about.camera_from_head
    return Field(
        inner=inner,
        camera_from_head=None if turn is None else np.array(turn, np.float64).reshape(3, 3),
        mesh=about.mesh,
        mesh_format=about.mesh_format,
        origin=Origin(
            prepared=prepared,
            inside=inside,
            source=Picture(tensors["source"].numpy()) if "source" in tensors else None,
            frame_from_source=about.frame_from_source,
            stages={
                name.removeprefix(_STAGES): bytes(bytes_of(tensor))
                for name, tensor in tensors.items()
                if name.startswith(_STAGES)
            },
            weights=about.weights,
            weights_sha256=about.weights_sha256,
        ),
    )


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    names = {dtype: name for name, dtype in ALL_DTYPES.items()}
    # The larger kinds first, so that each tensor lies at a multiple of its numbers' size.
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    at = 0
    for name in order:
        tensor = tensors[name]
        end = at + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [at, end],
        }
        at = end
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    with atomic_write(path, WeightsError) as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        for name in order:
            file.write(bytes_of(tensors[name].detach().cpu().contiguous()))


def _about(path: Path, header: Header) -> FieldAbout:
    text = header.metadata.get(METADATA) if isinstance(header.metadata, dict) else None
    if not isinstance(text, str):
        raise WeightsError(f"{path} is not the field of a head, which panic3d wrote: {_AGAIN}")
    values = parse_json(path, text.encode())
    if values.get("format") != FORMAT or values.get("format_version") != FORMAT_VERSION:
        raise WeightsError(
            f"{path} is of format {str(values.get('format'))[:40]!r} version "
            f"{str(values.get('format_version'))[:20]}, expected {FORMAT!r} version "
            f"{FORMAT_VERSION}: update panic3d, or {_AGAIN}"
        )
    missing = sorted({each.name for each in dataclasses.fields(FieldAbout)} - set(values))
    if missing:
        raise WeightsError(f"{path} does not say its {', '.join(missing)}: {_AGAIN}")
    try:
        about = from_dict(FieldAbout, values)
    except ConfigError as error:
        raise WeightsError(f"{path}: {error}; or {_AGAIN}") from error
    if about.camera_from_head is not None:
        turn = np.array(about.camera_from_head)
        turn = turn.reshape(3, 3) if turn.size == 9 else np.zeros((3, 3))
        if np.abs(turn @ turn.T - np.eye(3)).max() > 1e-3 or np.linalg.det(turn) < 0:
            raise WeightsError(f"{path}: camera_from_head is no rotation: {_AGAIN}")
    return about


def _config(path: Path, about: FieldAbout) -> FeedForwardConfig | GeneratorConfig:
    try:
        if about.network == "feedforward":
            return from_dict(FeedForwardConfig, about.config)
        return from_dict(GeneratorConfig, about.config)
    except ConfigError as error:
        raise WeightsError(f"{path}: {error}; or {_AGAIN}") from error


def _check_entries(
    path: Path,
    entries: Mapping[str, Entry],
    about: FieldAbout,
    config: FeedForwardConfig | GeneratorConfig,
) -> None:
    """Make sure that a file has the tensors that its configuration says, before any is read."""
    try:
        if isinstance(config, FeedForwardConfig):
            shapes = feedforward_tensor_shapes(config)
            prefixes, size = ["decoder."], config.plane_size
        else:
            shapes = generator_tensor_shapes(config)
            prefixes, size = ["decoder.", "superresolution."], config.plane_resolution
    except ConfigError as error:
        raise WeightsError(f"{path}: {error}; or {_AGAIN}") from error
    wanted: dict[str, tuple[int, ...]] = {
        name: shape for name, shape in shapes.items() if name.startswith(tuple(prefixes))
    }
    wanted["planes"] = (1, config.plane_channels, size, size)
    if isinstance(config, GeneratorConfig):
        wanted["ws"] = (1, config.num_ws, config.w_dim)
        if "front" in entries:
            wanted["front"] = (1, 3, config.image_size, config.image_size)
    floats = [entry for name, entry in entries.items() if name in wanted]
    wrong = [
        name
        for name, shape in wanted.items()
        if name not in entries
        or entries[name].shape != shape
        or entries[name].dtype not in ("F32", "F16", "BF16")
    ]
    wrong += [name for name in entries if name not in wanted and not _is_bytes(name, entries[name])]
    if "portrait" not in entries:
        wrong.append("portrait")
    if wrong or len({entry.dtype for entry in floats}) != 1:
        raise WeightsError(
            f"{path}: {', '.join(name[:60] for name in wrong[:3]) or 'its tensors'!a} do not fit "
            f"what the file says of its network, or are missing or unknown: {_AGAIN}"
        )


def _is_bytes(name: str, entry: Entry) -> bool:
    """Say whether an entry is a picture or file that a field may hold."""
    if entry.dtype != "U8":
        return False
    if name == "source":
        shape = entry.shape
        return len(shape) == 3 and shape[2] == 4 and all(1 <= n <= TILE for n in shape[:2])
    stage = name.removeprefix(_STAGES)
    known = name in ("portrait", "inside") or (name != stage and stage in (*PICTURES, REPORT))
    return known and len(entry.shape) == 1


def _in_bytes(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def _picture(path: Path, content: bytes, what: str) -> Picture:
    try:
        return decode_picture(content, f"{path}: its {what}", upright=False)
    except PictureError as error:
        raise WeightsError(f"{error}; or {_AGAIN}") from error


def _inside(path: Path, content: bytes) -> UInt8[np.ndarray, "512 512"]:
    found = _picture(path, content, "inside")
    if found.size != (FRAME, FRAME):
        raise WeightsError(
            f"{path}: its inside has {found.size[0]} x {found.size[1]} pixels, expected {FRAME} "
            f"each way: {_AGAIN}"
        )
    return np.ascontiguousarray(found.rgba[..., 0])


def _portrait(path: Path, content: bytes) -> Picture:
    found = _picture(path, content, "portrait")
    width, height = found.size
    if width != height or width > LARGEST:
        raise WeightsError(
            f"{path}: its portrait has {width} x {height} pixels, expected a square of at most "
            f"{LARGEST}: {_AGAIN}"
        )
    return found
