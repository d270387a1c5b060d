"""Reading a built benchmark: nothing is loaded before it is asked for, everything is checked."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8
from numpy.typing import NDArray

from panic3d.characters.made import LANDMARKS
from panic3d.errors import DatasetError, ModelError, Panic3dError
from panic3d.evaluate.cases import VIEW_NAMES, Truth
from panic3d.evaluate.open_bench.arrays import read_arrays
from panic3d.evaluate.open_bench.frozen import (
    State,
    Verdict,
    compare_with_frozen,
    frozen_path,
    read_frozen,
)
from panic3d.evaluate.open_bench.recipe import Half
from panic3d.evaluate.open_bench.wild import Similarity, warped
from panic3d.evaluate.paper_truth import paper_surface
from panic3d.evaluate.regions import Mode, Region
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.geometry.cameras import NAMED_VIEWS
from panic3d.render.views import DEPTH_STEP_M

FORMAT = 1
_MAX_JSON_BYTES = 16 << 20
_MAX_SIZE = 4096
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
"""What names consist of, which are parts of paths."""

Value = TypeVar("Value")


class Lazy(Mapping[str, Value], Generic[Value]):
    """A mapping whose values are loaded each time they are asked for."""

    def __init__(self, names: tuple[str, ...], load: Callable[[str], Value]):
        self._names, self._load = names, load

    def __getitem__(self, name: str) -> Value:
        if name not in self._names:
            raise KeyError(name)
        return self._load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Marks(NamedTuple):
    """The 28 landmarks of a picture."""

    points: Float64[np.ndarray, "28 2"]
    """x, y in pixels; the middle of the first pixel is (0.5, 0.5)."""
    visible: Bool[np.ndarray, "28"]


@dataclass(frozen=True, eq=False)
class Aligned:
    """Input of the track `aligned`: the front orthographic view of the head's box."""

    render: UInt8[np.ndarray, "s s 4"]
    """The view itself."""
    illustration: UInt8[np.ndarray, "s s 4"]
    """A drawing that lies exactly on it; its alpha is the true matte."""
    landmarks: Marks


@dataclass(frozen=True, eq=False)
class Wild:
    """Input of the track `wild`: a picture as a person has it, and what is true of it."""

    path: Path
    """The file, JPEG or PNG."""
    picture: UInt8[np.ndarray, "h w 3"]
    """With ground and what stands in front."""
    matte: UInt8[np.ndarray, "h w"]
    """How much of each pixel is the character, seen or hidden."""
    occluder: UInt8[np.ndarray, "h w"]
    """How much of each pixel is something in front."""
    landmarks: Marks
    rotation: Float64[np.ndarray, "3 3"]
    """Camera-from-head: x right, y up, z towards the viewer; the identity looks at the viewer."""
    head_deg: tuple[float, float, float]
    """Its yaw, pitch and roll."""
    aligned_from_picture: Similarity
    """Carries x, y of this picture to those of the front view, as near as the landmarks let."""

    def aligned(self, size: int) -> UInt8[np.ndarray, "size size 4"]:
        """Return what a perfect preparation would: matted, and laid on the front view.

        The head is still turned as it was.

        Args:
            size: of the front view.
        """
        rgba = np.concatenate([self.picture, self.matte[..., None]], -1)
        return warped(rgba, self.aligned_from_picture, size)


@dataclass(frozen=True)
class OpenCase:
    """One character of a benchmark."""

    name: str
    half: Half
    source_assets: tuple[str, ...]
    """What it was made from, as "face:vita" or "hair:hime"; the unit of the bootstrap."""
    unseen: tuple[str, ...]
    """Those that no training character is made from."""
    contents: str
    """Digest of its files."""
    folder: Path

    @cached_property
    def about(self) -> dict[str, Any]:
        """All that `character.json` says."""
        return _json(self.folder / "character.json")

    @property
    def size(self) -> int:
        """Width and height of its views, pixels."""
        size = _field(self, "size", int)
        if not 1 <= size <= _MAX_SIZE:
            raise _broken(self, f"size is {size}")
        return size

    def truth(self, mode: Mode = "fixed") -> Truth:
        """Return the ground truth.

        Args:
            mode: whose surface: of ``fixed`` what can be seen of the character as the views show
                it, of ``paper`` all of its model in bind pose, but for what lies inside.

        Raises:
            DatasetError: a file is missing or broken. Views are read when they are looked at.
            MissingDependencyError: libigl, which ``paper`` needs, is not installed.
        """
        _ = self.size
        names = [field.name for field in fields(Region)]
        region = _field(self, "region", dict)
        if not all(_is_number(region.get(name)) for name in names):
            raise _broken(self, f"the region is {region}")
        return Truth(
            name=self.name,
            views=Lazy(VIEW_NAMES, self._view),
            surface=self._all_of_it() if mode == "paper" else self._visible(),
            region=Region(**{name: float(region[name]) for name in names}),
            depths=Lazy(VIEW_NAMES, self._depth),
            normals=Lazy(tuple(NAMED_VIEWS), self._normal),
        )

    def _all_of_it(self) -> Triangles:
        path = self.folder / "character.vrm"
        try:
            return paper_surface(path)
        except ModelError as error:
            raise DatasetError(
                f"{path} cannot be read ({error}): run panic3d benchmark make again, which "
                "replaces what is broken"
            ) from error

    def _visible(self) -> Triangles:
        found = read_arrays(
            self.folder / "surface.npz", {"vertices": ("<f4", 2), "faces": ("<i4", 2)}
        )
        vertices, faces = found["vertices"].astype(np.float64), found["faces"]
        sound = vertices.shape[1:] == faces.shape[1:] == (3,) and np.isfinite(vertices).all()
        if not sound or (faces < 0).any() or (faces >= len(vertices)).any():
            raise _broken(self, "the surface names vertices that it does not have")
        return Triangles(vertices, faces)

    def landmarks(self, view: str) -> Marks:
        """Return the landmarks of one of the 16 views."""
        marks = _field(self, "landmarks", dict)
        if view not in marks:
            raise _broken(self, f"there are no landmarks of the view {view!r}")
        return _marks(self, marks[view])

    def aligned(self) -> Aligned:
        """Return the input of the track `aligned`."""
        shape = (self.size, self.size)
        illustration = _pixels(self.folder / "aligned" / "illustration.png", "RGBA", shape)
        return Aligned(self._view("front"), illustration, self.landmarks("front"))

    def wild(self) -> Wild:
        """Return the input of the track `wild`."""
        known = _field(self, "wild", dict)
        file, width, height = (known.get(name) for name in ("file", "width", "height"))
        if file not in ("picture.jpg", "picture.png"):
            raise _broken(self, f"the wild picture is {file!r}")
        if not all(isinstance(n, int) and 1 <= n <= _MAX_SIZE for n in (width, height)):
            raise _broken(self, f"the wild picture has {width} x {height} pixels")
        assert isinstance(width, int) and isinstance(height, int)
        shape, folder = (height, width), self.folder / "wild"
        yaw, pitch, roll = _numbers(self, known.get("head_deg"), (3,)).tolist()
        return Wild(
            path=folder / file,
            picture=_pixels(folder / file, "RGB", shape),
            matte=_pixels(folder / "matte.png", "L", shape),
            occluder=_pixels(folder / "occluder.png", "L", shape),
            landmarks=_marks(self, known.get("landmarks")),
            rotation=_numbers(self, known.get("rotation"), (3, 3)),
            head_deg=(yaw, pitch, roll),
            aligned_from_picture=_numbers(self, known.get("aligned_from_picture"), (2, 3)),
        )

    def _view(self, name: str) -> UInt8[np.ndarray, "s s 4"]:
        return _pixels(self.folder / "views" / f"{name}.png", "RGBA", (self.size, self.size))

    def _depth(self, name: str) -> Float32[np.ndarray, "s s"]:
        shape = (self.size, self.size)
        levels = _pixels(self.folder / "depth" / f"{name}.png", "I;16", shape)
        depth = levels.astype(np.float32) * np.float32(DEPTH_STEP_M)
        depth[levels == 0] = np.nan
        return depth

    def _normal(self, name: str) -> Float32[np.ndarray, "s s 3"]:
        shape = (self.size, self.size)
        levels = _pixels(self.folder / "normal" / f"{name}.png", "RGB", shape)
        normal = levels.astype(np.float32) / np.float32(127.5) - 1
        length = np.linalg.norm(normal, axis=-1, keepdims=True)
        nothing = ~levels.any(-1)
        normal /= np.maximum(length, np.float32(1e-6))
        normal[nothing] = np.nan
        return normal


@dataclass(frozen=True)
class OpenBenchmark:
    """A built benchmark."""

    name: str
    halves: tuple[Half, ...]
    """Without models only "procedural"."""
    complete: bool
    """Both halves are there, with all their characters."""
    digest: str
    """Of everything that is measured."""
    cases: tuple[OpenCase, ...]
    recipe: Mapping[str, Any]
    """That was followed."""
    models: Mapping[str, str]
    """Name and digest of each model that was used."""
    engine: Mapping[str, str]
    """Digest of the engine's code, of each kind of character."""
    frozen_file: Path
    """What it is compared with; see `frozen.read_frozen`."""

    @cached_property
    def verdict(self) -> Verdict:
        """Whether it is the frozen benchmark of its name.

        By what is recorded of every character, and not by what `benchmark.json` says: that was true
        when it was built, and the package may have been frozen or changed since.

        Raises:
            DatasetError: the frozen file, or a character's record, is broken.
        """
        probes = {case.name: _field(case, "probe", dict) for case in self.cases}
        known = read_frozen(self.frozen_file)
        try:
            return compare_with_frozen(known, self.recipe, self.models, self.engine, probes)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DatasetError(
                f"the probes of {self.name} cannot be compared ({type(error).__name__}: {error}): "
                "run panic3d benchmark make again, which replaces what is broken"
            ) from error

    @property
    def frozen(self) -> State:
        """Its verdict in one word or two."""
        return self.verdict.state

    @property
    def differences(self) -> tuple[str, ...]:
        """From the frozen one."""
        return self.verdict.differences

    @property
    def title(self) -> str:
        """Name, and what is to be said with every number measured on it."""
        said: list[str] = [] if self.frozen == "same" else [self.frozen]
        if not self.complete:
            part = "procedural half" if "real" not in self.halves else "part"
            said.insert(0, f"{part}, {len(self.cases)} characters")
        return self.name + (f" ({'; '.join(said)})" if said else "")


def read_benchmark(folder: Path, frozen: Path | None = None) -> OpenBenchmark:
    """Open a benchmark that `panic3d benchmark make` has built.

    Args:
        folder: of the benchmark.
        frozen: file of frozen digests; by default the package's own.

    Raises:
        DatasetError: it is not finished, or broken.
    """
    path = folder / "benchmark.json"
    if not path.is_file():
        raise DatasetError(
            f"{folder} holds no finished benchmark: panic3d benchmark make builds one, and goes "
            "on where it was stopped"
        )
    known = _json(path)
    try:
        if known["format"] != FORMAT:
            raise ValueError(f"it has format {known['format']}, expected {FORMAT}")
        cases = []
        for about in known["characters"]:
            name = str(about["name"])
            if not name or set(name) - _NAME:
                raise ValueError(f"a character is called {name!r}")
            if about["half"] not in ("procedural", "real"):
                raise ValueError(f"{name} belongs to the half {about['half']!r}")
            assets = tuple(map(str, about["source_assets"]))
            unseen = tuple(map(str, about["unseen"]))
            place = folder / "characters" / name
            case = OpenCase(name, about["half"], assets, unseen, str(about["contents"]), place)
            if not (place / "character.json").is_file():
                raise ValueError(f"{place} is missing")
            cases.append(case)
        if not cases:
            raise ValueError("it has no characters")
        text = json.dumps({case.name: case.contents for case in cases}, sort_keys=True)
        name = str(known["name"])
        if not name or set(name) - _NAME:
            raise ValueError(f"it is called {name!r}")
        recipe, models, engine = (known[word] for word in ("recipe", "models", "engine"))
        if not all(isinstance(each, dict) for each in (recipe, models, engine)):
            raise ValueError("its recipe, models or engine are none")
        return OpenBenchmark(
            name=name,
            halves=tuple(half for half in ("real", "procedural") if half in known["halves"]),
            complete=known["complete"] is True,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            cases=tuple(cases),
            recipe=recipe,
            models={str(model): str(digest) for model, digest in models.items()},
            engine={str(kind): str(digest) for kind, digest in engine.items()},
            frozen_file=frozen or frozen_path(name),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(
            f"{path} cannot be used ({reason}): run panic3d benchmark make again"
        ) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise ValueError("it is far too large")
        value = json.loads(path.read_bytes())
        if not isinstance(value, dict):
            raise ValueError("it is no object")
        return value
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}): run panic3d benchmark make again, which replaces "
            "what is broken"
        ) from error


def _pixels(path: Path, mode: str, shape: tuple[int, int]) -> NDArray[Any]:
    """Read a picture that must have a mode and a size; both are looked at before it is decoded."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            modes = ("I;16", "I;16B", "I") if mode == "I;16" else (mode,)
            if image.mode not in modes or image.size != shape[::-1]:
                raise ValueError(
                    f"{image.mode} of {image.width} x {image.height} pixels, expected {mode} of "
                    f"{shape[1]} x {shape[0]}"
                )
            return np.array(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"{path} cannot be read ({error}): run panic3d benchmark make again, which replaces "
            "what is broken"
        ) from error


def _broken(case: OpenCase, what: str) -> Panic3dError:
    return DatasetError(
        f"{case.folder / 'character.json'}: {what}: run panic3d benchmark make again, which "
        "replaces what is broken"
    )


def _field(case: OpenCase, name: str, kind: type[Value]) -> Value:
    value = case.about.get(name)
    if not isinstance(value, kind):
        raise _broken(case, f"{name} is {str(value)[:100]!r}")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _numbers(case: OpenCase, value: object, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."]:
    try:
        found = np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise _broken(case, f"{str(value)[:100]!r} are no numbers") from error
    if found.shape != shape or not np.isfinite(found).all():
        raise _broken(case, f"{str(value)[:100]!r} are not {shape} numbers")
    return found


def _marks(case: OpenCase, value: object) -> Marks:
    rows = _numbers(case, value, (LANDMARKS, 3))
    return Marks(rows[:, :2], rows[:, 2] > 0)
