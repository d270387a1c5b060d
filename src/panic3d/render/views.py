"""The ground truth of one character: which views are drawn, and their pictures.

Source: the paper's renderer, as its specification describes it: the same cameras, the same folders'
names (`dtype`), the same encodings. `fixed` mode draws the same views without its faults.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.config import check_choice
from panic3d.errors import (
    ConfigError,
    EmptyViewError,
    HeadOutsideError,
    ModelError,
    ModelScaleError,
)
from panic3d.geometry.cameras import (
    CAMERA_SUBSETS,
    NAMED_VIEWS,
    ORTHO_VIEWS,
    Camera,
    Orthographic,
    Perspective,
    table_cameras,
)
from panic3d.geometry.character import Character
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import PAPER_POSES, Pose, PosedCharacter, head_origin, posed
from panic3d.render.passes import Mode
from panic3d.render.raster import (
    PAPER_FAR_M,
    PAPER_NEAR_M,
    SUPERSAMPLING,
    Geometry,
    PaperFrame,
    Rasteriser,
    Scene,
)

PictureKind = Literal["colour", "position", "alpha", "depth", "normal", "geometry"]
KINDS: dict[Mode, tuple[PictureKind, ...]] = {
    "paper": ("colour", "position", "alpha"),
    "fixed": ("colour", "position", "alpha", "depth", "normal", "geometry"),
}
"""What each mode can draw."""

RANDOM_VIEWS = 8
ELEVATION_SPREAD_DEG = 20.0
AZIMUTH_SPREAD_DEG = 100_000.0
DEPTH_STEP_M = 1e-4
"""One level of a 16-bit depth picture."""

_FRONT_ALPHA = (0.25, 0.75)  # of the original's disabled test: mean alpha of a view
_BOUNDS = ((-1.0, -0.1, -0.75), (1.0, 2.0, 0.5))  # likewise, in the world's axes


class ViewSet(NamedTuple):
    """Views that belong together, and the original's names for their folders."""

    colour_folder: str
    position_folder: str
    cameras: Callable[[str, ViewOptions], dict[str, Camera]]
    """Model id and options to file name and camera."""


def random_cameras(idx: str, count: int = RANDOM_VIEWS, seed: int = 0) -> dict[str, Camera]:
    """Return the cameras that the original draws for a model of a given id.

    View i has the Adler-32 of ``id/i`` as its seed; azimuths are left unwrapped, as it stores them.

    Args:
        idx: the model's id.
        count: how many.
        seed: 0 for the original's views; any other number gives others.
    """
    cameras: dict[str, Camera] = {}
    for i in range(count):
        name = f"{idx}/{i}/{seed}" if seed else f"{idx}/{i}"
        normal = np.random.RandomState(zlib.adler32(name.encode())).standard_normal(4)
        cameras[f"{i:04d}"] = Perspective(
            elevation_deg=float(ELEVATION_SPREAD_DEG * normal[0]),
            azimuth_deg=float(AZIMUTH_SPREAD_DEG * normal[1]),
        )
    return cameras


def _of_table(subset: str) -> dict[str, Camera]:
    cameras = zip(CAMERA_SUBSETS[subset], table_cameras(subset), strict=True)
    return {f"{index:04d}": camera for index, camera in cameras}


VIEW_SETS: dict[str, ViewSet] = {
    "ortho": ViewSet("ortho", "ortho_xyza", lambda idx, options: dict(ORTHO_VIEWS)),
    "sides": ViewSet(
        "ortho",
        "ortho_xyza",
        lambda idx, options: {name: ORTHO_VIEWS[name] for name in NAMED_VIEWS},
    ),
    "rgb": ViewSet(
        "rgb",
        "xyza",
        lambda idx, options: random_cameras(idx, options.random_views, options.seed),
    ),
    "rgb60": ViewSet("rgb60", "xyza60", lambda idx, options: _of_table("all")),
    "spin12": ViewSet("rgb60", "xyza60", lambda idx, options: _of_table("spin12")),
}
"""sides is ortho without the view from above, spin12 the part of rgb60 that goes once round; their
files have the same names."""


@dataclass(frozen=True, kw_only=True)
class ViewOptions:
    """What is drawn of every character, and how."""

    mode: Mode = "fixed"
    views: tuple[str, ...] = ("ortho",)
    """Names of `VIEW_SETS`."""
    kinds: tuple[PictureKind, ...] = ("colour", "position")
    size: int = 512
    box_m: float = HEAD_BOX_M
    pose: Pose = field(default_factory=Pose)
    random_views: int = RANDOM_VIEWS
    """In the set rgb."""
    seed: int = 0
    """Of the random views; 0 are the paper's."""
    nearest_position: bool = False
    """Paper mode: orthographic position pictures take the nearest sample, not a mix of four."""
    plain_origin_m: tuple[float, float, float] | None = None
    """Draw a glTF file without VRM extension around this point of it."""
    strict: bool = False
    """Refuse what is only noted otherwise: odd sizes, a head outside the mesh, an empty view."""

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, tuple(KINDS))
        if not self.views or not self.kinds:
            raise ConfigError("no views or no kinds of picture are asked for: name at least one")
        for name in self.views:
            check_choice("views", name, tuple(VIEW_SETS))
        for kind in self.kinds:
            if kind not in KINDS[self.mode]:
                raise ConfigError(
                    f"{self.mode} mode draws no {kind!r}, expected some of "
                    f"{', '.join(KINDS[self.mode])}"
                )
        if not 16 <= self.size <= 4096:
            raise ConfigError(f"size is {self.size} pixels, expected 16 to 4096")
        if not 1 <= self.random_views <= 10_000:
            raise ConfigError(f"random_views is {self.random_views}, expected 1 to 10000")
        if not 0.01 <= self.box_m <= 10:
            raise ConfigError(f"box_m is {self.box_m} metres, expected 0.01 to 10")


class PictureFile(NamedTuple):
    """One encoded picture."""

    folder: str
    """The original's dtype, or ours for kinds that it lacks."""
    name: str
    """With its ending."""
    data: bytes


class View(NamedTuple):
    """One camera's pictures."""

    folder: str
    """dtype of the colour picture."""
    name: str
    camera: Camera
    files: tuple[PictureFile, ...]
    geometry: Geometry | None
    """None if no kind of picture needs it, and in paper mode."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A character ready to be drawn, and what was noticed about it."""

    posed: PosedCharacter
    origin: NDArray[np.float64]
    notes: tuple[str, ...]


def subject_of(character: Character, pose: Pose, options: ViewOptions) -> Subject:
    """Pose a character and look whether it is sound.

    Raises:
        ModelError: it is not; the class says why.
    """
    if options.plain_origin_m is None or character.bones:
        origin = head_origin(character)
    else:
        origin = np.array(options.plain_origin_m, np.float64)
    figure = posed(character, pose)
    notes = list(character.notes)
    for fault in _faults(figure, origin, bool(character.bones)):
        if options.strict:
            raise fault
        notes.append(f"{fault.code}: {fault}")
    return Subject(posed=figure, origin=origin, notes=tuple(notes))


def _faults(figure: PosedCharacter, origin: NDArray[np.float64], person: bool) -> list[ModelError]:
    low, high = figure.bounds()
    if not (low <= high).all():
        raise EmptyViewError("the model has no triangles: is everything hidden or deleted?")
    faults: list[ModelError] = []
    if person and ((origin < low) | (origin > high)).any():
        faults.append(
            HeadOutsideError(
                f"the middle of the head, {_shown(origin)}, lies outside the mesh, "
                f"{_shown(low)} to {_shown(high)}"
            )
        )
    if person and ((low < _BOUNDS[0]).any() or (high > _BOUNDS[1]).any()):
        faults.append(
            ModelScaleError(
                f"the mesh reaches from {_shown(low)} to {_shown(high)} metres, more than a person"
            )
        )
    return faults


def _shown(point: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in point) + ")"


def render_params(camera: Camera, box_m: float = HEAD_BOX_M) -> dict[str, float]:
    """Describe a camera as the original's metadata do."""
    return {
        "elev": camera.elevation_deg,
        "azim": camera.azimuth_deg,
        "dist": camera.distance_m,
        "fov": camera.fov_deg if isinstance(camera, Perspective) else -1.0,
        "near": PAPER_NEAR_M,
        "far": PAPER_FAR_M,
        "boxwarp": box_m,
    }


def draw_views(
    rasteriser: Rasteriser,
    subject: Subject,
    idx: str,
    options: ViewOptions,
    notes: list[str] | None = None,
    scene: Scene | None = None,
) -> Iterator[View]:
    """Draw every view of a subject from one upload, in the order of the options.

    Encoding runs beside drawing, so views come a few at a time.

    Args:
        rasteriser: draws.
        subject: what.
        idx: the model's id, which seeds the random views.
        options: which views and pictures.
        notes: what is noticed meanwhile is added here.
        scene: the subject as `rasteriser.load` has it, if that is there already.

    Raises:
        ModelError: a texture is broken, or nothing at all is seen.
        RenderError: the driver failed.
    """
    seen = 0.0
    wanted: dict[tuple[str, str], tuple[ViewSet, Camera]] = {}
    for name in options.views:
        views = VIEW_SETS[name]
        for view, camera in _scaled(views.cameras(idx, options), options.box_m).items():
            wanted.setdefault((views.colour_folder, view), (views, camera))
    with ExitStack() as held:
        if scene is None:
            loaded = rasteriser.load(subject.posed, subject.origin, options.mode)
            scene = held.enter_context(loaded)
        pool = held.enter_context(ThreadPoolExecutor(2))
        if notes is not None:
            notes += scene.notes
            if scene.undrawn:
                notes.append(f"{scene.undrawn} primitives without texture are not drawn")
        waiting: list[tuple[str, str, Camera, Future[_Encoded]]] = []
        for (folder, view), (views, camera) in wanted.items():
            encode = _draw(rasteriser, scene, views, view, camera, options)
            waiting.append((folder, view, camera, pool.submit(encode)))
            if len(waiting) > 4:
                done, alpha = _finish(waiting.pop(0), notes, options)
                seen = max(seen, alpha)
                yield done
        for item in waiting:
            done, alpha = _finish(item, notes, options)
            seen = max(seen, alpha)
            yield done
    if seen == 0:
        raise EmptyViewError("nothing of the model is inside the box around its head")


class _Encoded(NamedTuple):
    files: tuple[PictureFile, ...]
    mean_alpha: float
    geometry: Geometry | None


def _finish(
    item: tuple[str, str, Camera, Future[_Encoded]],
    notes: list[str] | None,
    options: ViewOptions,
) -> tuple[View, float]:
    folder, name, camera, future = item
    files, alpha, geometry = future.result()
    if name == "front" and not _FRONT_ALPHA[0] <= alpha <= _FRONT_ALPHA[1]:
        fault = EmptyViewError(
            f"the head fills {alpha:.0%} of its front view, heads fill "
            f"{_FRONT_ALPHA[0]:.0%} to {_FRONT_ALPHA[1]:.0%}"
        )
        if options.strict:
            raise fault
        if notes is not None:
            notes.append(f"{fault.code}: {fault}")
    return View(folder, name, camera, files, geometry), alpha


def _scaled(cameras: Mapping[str, Camera], box_m: float) -> dict[str, Camera]:
    """Widen orthographic cameras to the box."""
    from dataclasses import replace

    return {
        name: replace(camera, width_m=box_m) if isinstance(camera, Orthographic) else camera
        for name, camera in cameras.items()
    }


def _draw(
    rasteriser: Rasteriser,
    scene: Scene,
    views: ViewSet,
    name: str,
    camera: Camera,
    options: ViewOptions,
) -> Callable[[], _Encoded]:
    """Draw now; what is returned encodes, on any thread."""
    size, box_m, kinds = options.size, options.box_m, options.kinds
    if options.mode == "fixed":
        colour = rasteriser.colour(scene, camera, size, box_m)
        needs_geometry = set(kinds) - {"colour", "alpha"}
        geometry = rasteriser.geometry(scene, camera, size, box_m) if needs_geometry else None
        return lambda: _encode_fixed(views, name, colour, geometry, options)
    large = rasteriser.paper_frame(scene, camera, size * SUPERSAMPLING, box_m)
    parallel = isinstance(camera, Orthographic)
    # The original supersamples positions of orthographic views only.
    small = (
        rasteriser.paper_position(scene, camera, size, box_m)
        if "position" in kinds and not parallel
        else None
    )
    return lambda: _encode_paper(views, name, large, small, parallel, options)


def _encode_paper(
    views: ViewSet,
    name: str,
    large: PaperFrame,
    small: NDArray[np.uint8] | None,
    parallel: bool,
    options: ViewOptions,
) -> _Encoded:
    colour = halved(large.colour)
    found: dict[str, bytes] = {}
    if "colour" in options.kinds:
        # Perspective pictures are saved on white, as opaque RGBA.
        found[views.colour_folder] = png(colour if parallel else on_white(colour))
    if "position" in options.kinds:
        if small is None:
            nearest = large.position[::SUPERSAMPLING, ::SUPERSAMPLING]
            small = nearest if options.nearest_position else halved(large.position)
        found[views.position_folder] = png(small)
    if "alpha" in options.kinds:
        found[f"{views.colour_folder}_alpha"] = png(colour[..., 3])
    files = tuple(PictureFile(folder, f"{name}.png", data) for folder, data in found.items())
    return _Encoded(files, float(colour[..., 3].mean()) / 255, None)


def _encode_fixed(
    views: ViewSet,
    name: str,
    colour: NDArray[np.uint8],
    geometry: Geometry | None,
    options: ViewOptions,
) -> _Encoded:
    files: list[PictureFile] = []

    def add(folder: str, data: bytes, ending: str = "png") -> None:
        files.append(PictureFile(folder, f"{name}.{ending}", data))

    base = views.colour_folder
    if "colour" in options.kinds:
        add(base, png(colour))
    if "alpha" in options.kinds:
        add(f"{base}_alpha", png(colour[..., 3]))
    if geometry is not None:
        hit = geometry.facing != 0
        if "position" in options.kinds:
            add(views.position_folder, png(encoded_position(geometry, options.box_m)))
        if "depth" in options.kinds:
            levels = np.rint(geometry.depth / DEPTH_STEP_M).clip(0, 0xFFFF).astype(np.uint16)
            add(f"{base}_depth", png(levels))
        if "normal" in options.kinds:
            levels8 = np.rint((geometry.normal + 1) * 127.5).astype(np.uint8)
            rgba = np.concatenate([levels8, np.full_like(levels8[..., :1], 255)], -1)
            add(f"{base}_normal", png(rgba * hit[..., None].astype(np.uint8)))
        if "geometry" in options.kinds:
            add(f"{base}_geometry", npz(geometry), "npz")
    return _Encoded(tuple(files), float(colour[..., 3].mean()) / 255, geometry)


def encoded_position(geometry: Geometry, box_m: float) -> NDArray[np.uint8]:
    """Encode positions in 8 bits as the original does: lustrous frame, alpha 255 where hit."""
    scale = np.array([-255 / box_m, 255 / box_m, -255 / box_m], np.float32)
    # Adding one half and cutting rounds; positions are inside the box, but for rounding.
    levels = (geometry.position * scale + np.float32(128.0)).clip(0, 255).astype(np.uint8)
    hit = (geometry.facing != 0).astype(np.uint8)[..., None]
    return np.concatenate([levels * hit, hit * np.uint8(255)], -1)


def halved(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce a picture to half its size as the original does: 4-tap bilinear, premultiplied."""
    from PIL import Image

    size = (rgba.shape[1] // SUPERSAMPLING, rgba.shape[0] // SUPERSAMPLING)
    image = Image.fromarray(np.ascontiguousarray(rgba))
    return np.array(image.resize(size, Image.Resampling.BILINEAR))


def on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a picture on white; the result is opaque."""
    from PIL import Image

    base = Image.new("RGBA", (rgba.shape[1], rgba.shape[0]), (255, 255, 255, 255))
    base.alpha_composite(Image.fromarray(rgba))
    return np.array(base)


def png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Encode (h, w, 4) or (h, w) pixels of 8 bits, or (h, w) of 16."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def npz(geometry: Geometry) -> bytes:
    """Encode positions, normals, depth and facing as float32; the same bytes every time."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **geometry._asdict())
    return buffer.getvalue()


def pose_of_set(render_set: str) -> Pose:
    """Return the pose of a render set: the paper's for its two, else arms lowered as needed."""
    return PAPER_POSES.get(render_set, Pose())
