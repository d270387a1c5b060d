"""The protocol: one head's truth and a prediction of it in, all measures out.

Mode ``paper`` is the evaluation of the paper with all that moves its numbers; mode ``fixed`` mends
it and measures more. ``docs/evaluation.md`` has the table of what differs. Numbers are in the units
of the paper's table: CLIP, LPIPS, F1, precision and recall times 100, the Chamfer distance in cm.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, UInt8

from panic3d.config import check_choice
from panic3d.errors import MeshError, PictureError
from panic3d.evaluate.cases import VIEW_NAMES, Maps, Prediction, Truth
from panic3d.evaluate.clipping import clip_to_region, filter_mesh
from panic3d.evaluate.image_metrics import (
    MapError,
    depth_error,
    normal_error,
    paper_data_range,
    psnr,
    silhouette_iou,
    ssim,
)
from panic3d.evaluate.regions import MODES, Crop, Mode, Region, crop_on_white, cut, window_of
from panic3d.evaluate.surface_metrics import (
    SAMPLES,
    THRESHOLDS_M,
    Points,
    Searchable,
    SurfaceScores,
    Triangles,
    compare_surfaces,
    sample_surface,
)
from panic3d.geometry.cameras import evaluation_cameras

if TYPE_CHECKING:
    from panic3d.evaluate.clip import Clip
    from panic3d.evaluate.lpips import Lpips
    from panic3d.evaluate.squeezenet import SqueezeNet

Rgb = Float32[np.ndarray, "h w 3"]

SPIN_VIEWS = VIEW_NAMES[4:]
"""The twelve views once round, from the front."""
SIDE_VIEWS = tuple(
    name for name in SPIN_VIEWS if 60 <= abs(evaluation_cameras()[name].azimuth_deg) <= 120
)
"""Those of them that lie 60 to 120 degrees off the front."""
VIEWS_NEEDED = ("front", "back", *SPIN_VIEWS)
"""What every case must have pictures of; the views from left and right are not compared."""

_REMEMBERED = 4
"""Measures of surfaces and maps that a scorer keeps, for predictions that share them."""

MOST_PSNR = 60.0
"""What fixed mode gives equal pictures, dB. One level of difference everywhere is 48 dB."""


@dataclass(frozen=True)
class Networks:
    """The networks that measure; the rows of those that are None are left out."""

    lpips: Lpips | None = None
    clip: Clip | None = None
    squeezenet: SqueezeNet | None = None


NO_NETWORKS = Networks()


def case_generator(name: str, seed: int = 0) -> np.random.Generator:
    """Return the chance of one case, whatever else is evaluated and in which order."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def score(
    truth: Truth,
    prediction: Prediction,
    mode: Mode,
    networks: Networks = NO_NETWORKS,
    generator: np.random.Generator | None = None,
) -> dict[str, float]:
    """Measure a prediction.

    Args:
        truth: its surface as `paper_truth.py` or `visible_truth.py` makes it for the mode, not
            yet cropped to the region.
        prediction: a surface that is missing, or of which nothing lies in the region, gets an F1
            of 0, a distance of NaN and `geom.empty` 1.
        mode: of the protocol.
        networks: that measure.
        generator: spreads the points over the surfaces; `case_generator(truth.name)` if None.

    Returns:
        Measures by name, "front.psnr". Both modes: clip, lpips, psnr of front, back and 360 (the
        mean of twelve views), and of the surface cd_cm, f1, precision and recall at 5 and 10 mm,
        empty. Fixed mode besides: the same pictures' measures of side, the mean of the six views
        60 to 120 degrees off the front; ssim of front and back; iou (of silhouettes) of front, back
        and side, unless a picture has no transparency; squeeze of all four; depth_mm and normal_deg
        of front, back and side where both have such maps.

    Raises:
        PictureError: a view is missing, or two views differ in size.
        ConfigError: the region lies outside a view.
        MeshError: nothing of the true surface lies in the region.
        MissingDependencyError: libigl is not installed.
    """
    chance = case_generator(truth.name) if generator is None else generator
    return Scorer(truth, mode, networks, lambda: chance).score(prediction)


class Scorer:
    """Measures predictions of one head; what several of them share is worked out once.

    Predictions may share a surface or maps, if those are the same objects.

    Args:
        truth: as for `score`.
        mode: of the protocol.
        networks: that measure.
        chance: returns what spreads the points over the surfaces, the same anew each time;
            `case_generator(truth.name)` if None.
    """

    def __init__(
        self,
        truth: Truth,
        mode: Mode,
        networks: Networks = NO_NETWORKS,
        chance: Callable[[], np.random.Generator] | None = None,
    ) -> None:
        check_choice("mode", mode, MODES)
        self.truth, self.mode, self.networks = truth, mode, networks
        self.chance = chance or (lambda: case_generator(truth.name))
        self._crops: dict[tuple[str, Crop], Rgb] = {}
        self._surface: Searchable | None = None
        self._on_truth: tuple[Points, Mapping[str, Any]] | None = None
        self._known: list[tuple[tuple[object, ...], dict[str, float]]] = []

    def score(self, prediction: Prediction) -> dict[str, float]:
        """Measure a prediction; see `score`, the function."""
        found = self._pictures(prediction)
        if self.mode == "fixed":
            found |= _silhouettes(self.truth, prediction)
            found |= self._once(
                (prediction.depths, prediction.normals), lambda: _maps(self.truth, prediction)
            )
        return found | self._once((prediction.surface,), lambda: self._surfaces(prediction.surface))

    def _once(
        self, of: tuple[object, ...], measure: Callable[[], dict[str, float]]
    ) -> dict[str, float]:
        """Return what was measured of the same objects, or measure it."""
        for known, found in self._known:
            if len(known) == len(of) and all(a is b for a, b in zip(known, of, strict=True)):
                return found
        found = measure()
        self._known = [*self._known, (of, found)][-_REMEMBERED:]
        return found

    def _pictures(self, prediction: Prediction) -> dict[str, float]:
        found: dict[str, float] = {}
        for name in ("front", "back"):
            found |= _named(name, self._compared(prediction, name, name))
        round_ = {view: self._compared(prediction, view, "360") for view in SPIN_VIEWS}
        found |= _named("360", _mean(list(round_.values())))
        if self.mode == "fixed":
            found |= _named("side", _mean([round_[view] for view in SIDE_VIEWS]))
        return found

    def _compared(self, prediction: Prediction, view: str, crop: Crop) -> dict[str, float]:
        theirs, ours = _views(self.truth, prediction, view)
        window = window_of(self.truth.region, crop, self.mode, theirs.shape[0])
        if (view, crop) not in self._crops:
            self._crops[view, crop] = _unit(crop_on_white(theirs, window))
        pair = _unit(crop_on_white(ours, window)), self._crops[view, crop]
        return _differences(*pair, crop, self.mode, self.networks)

    def _surfaces(self, surface: Triangles | None) -> dict[str, float]:
        truth, mode = self.truth, self.mode
        if self._surface is None:
            theirs = compared_truth(truth.surface, truth.region, mode)
            if not len(theirs.faces):
                raise MeshError(
                    f"nothing of the true surface of {truth.name} lies in {truth.region}"
                    + (", mirrored as the paper does" if mode == "paper" else "")
                    + ": correct the region"
                )
            self._surface = Searchable(theirs)
        ours = None if surface is None else compared_prediction(surface, truth.region, mode)
        on_truth, chance = self._points_on(self._surface.mesh)
        return _shape_scores(
            compare_surfaces(
                ours, self._surface, chance, thresholds_m=THRESHOLDS_M[:2], on_truth=on_truth
            )
        )

    def _points_on(self, truth: Triangles) -> tuple[Points, np.random.Generator]:
        """Return points on the truth, spread once, and chance as it goes on after them."""
        chance = self.chance()
        if self._on_truth is None:
            points = sample_surface(truth, SAMPLES, chance)
            self._on_truth = points, chance.bit_generator.state
        points, chance.bit_generator.state = self._on_truth
        return points, chance


# Pictures


def _named(group: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{group}.{name}": value for name, value in values.items()}


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _differences(a: Rgb, b: Rgb, crop: Crop, mode: Mode, networks: Networks) -> dict[str, float]:
    """Measure what is cut out of a prediction, `a`, by the same of the truth."""
    found: dict[str, float] = {}
    if networks.clip is not None:
        from panic3d.evaluate.clip import clip_similarity

        # The network looks at the middle square of what it is given.
        pair = (a, b) if mode == "paper" else (squared(a), squared(b))
        found["clip"] = 100 * clip_similarity(networks.clip, *pair)
    if networks.lpips is not None:
        from panic3d.evaluate.lpips import lpips_distance

        found["lpips"] = 100 * lpips_distance(networks.lpips, a, b, mode)
    if mode == "paper":
        found["psnr"] = psnr(a, b, paper_data_range(b))
        return found
    found["psnr"] = min(psnr(a, b), MOST_PSNR)
    if crop != "360":
        found["ssim"] = ssim(a, b)
    if networks.squeezenet is not None:
        from panic3d.evaluate.squeezenet import squeezenet_distance

        found["squeeze"] = 100 * squeezenet_distance(networks.squeezenet, a, b)
    return found


def _unit(picture: UInt8[np.ndarray, "h w 3"]) -> Rgb:
    return picture.astype(np.float32) / np.float32(255)


def squared(picture: Rgb) -> Float32[np.ndarray, "s s 3"]:
    """Pad a picture with white to a square, itself in the middle."""
    height, width = picture.shape[:2]
    side = max(height, width)
    found = np.ones((side, side, 3), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    found[top : top + height, left : left + width] = picture
    return found


def _views(
    truth: Truth, prediction: Prediction, view: str
) -> tuple[UInt8[np.ndarray, "h w 4"], UInt8[np.ndarray, "h w 4"]]:
    for whose, views in (("the truth", truth.views), ("the prediction", prediction.views)):
        if view not in views:
            raise PictureError(
                f"{whose} of {truth.name} has no view {view}; a comparison needs "
                f"{', '.join(VIEWS_NEEDED)}"
            )
    theirs, ours = truth.views[view], prediction.views[view]
    if theirs.shape != ours.shape or theirs.shape[0] != theirs.shape[1]:
        raise PictureError(
            f"view {view} of {truth.name} has {_shown(theirs)} pixels in the truth and "
            f"{_shown(ours)} in the prediction, expected the same square: draw it at that size"
        )
    return theirs, ours


def _shown(picture: np.ndarray) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"


# What fixed mode has besides

_VIEWS_OF: dict[str, tuple[Crop, tuple[str, ...]]] = {
    "front": ("front", ("front",)),
    "side": ("360", SIDE_VIEWS),
    "back": ("back", ("back",)),
}


def _silhouettes(truth: Truth, prediction: Prediction) -> dict[str, float]:
    found: dict[str, float] = {}
    for group, (crop, names) in _VIEWS_OF.items():
        shares = []
        for name in names:
            theirs, ours = _views(truth, prediction, name)
            window = window_of(truth.region, crop, "fixed", theirs.shape[0])
            if max(theirs[..., 3].min(), ours[..., 3].min()) == 255:
                continue  # a picture without transparency says nothing of the silhouette
            shares.append(silhouette_iou(cut(ours[..., 3], window), cut(theirs[..., 3], window)))
        if len(shares) == len(names):
            found[f"{group}.iou"] = float(np.mean(shares))
    return found


def compared_maps(truth: Truth, mode: Mode) -> Maps:
    """Return of which views depths, normals and pictures are compared."""

    def compared(theirs: Mapping[str, np.ndarray]) -> frozenset[str]:
        groups = [names for _, names in _VIEWS_OF.values() if mode == "fixed"]
        return frozenset(name for names in groups if theirs.keys() >= set(names) for name in names)

    return Maps(compared(truth.depths), compared(truth.normals), frozenset(VIEWS_NEEDED))


def _maps(truth: Truth, prediction: Prediction) -> dict[str, float]:
    found: dict[str, float] = {}
    kinds: tuple[
        tuple[str, float, Mapping[str, np.ndarray], Mapping[str, np.ndarray], Callable], ...
    ] = (
        ("depth_mm", 1000.0, truth.depths, prediction.depths, depth_error),
        ("normal_deg", 1.0, truth.normals, prediction.normals, normal_error),
    )
    for group, (crop, names) in _VIEWS_OF.items():
        for kind, scale, theirs, ours, error in kinds:
            if not all(name in theirs and name in ours for name in names):
                continue
            errors = [_map_error(truth, name, crop, theirs, ours, error) for name in names]
            # A view in which nothing is in common has no error: silhouettes say that.
            means = [each.mean for each in errors if not np.isnan(each.mean)]
            found[f"{group}.{kind}"] = scale * float(np.mean(means)) if means else float("nan")
    return found


def _map_error(
    truth: Truth,
    view: str,
    crop: Crop,
    theirs: Mapping[str, np.ndarray],
    ours: Mapping[str, np.ndarray],
    error: Callable[[np.ndarray, np.ndarray], MapError],
) -> MapError:
    a, b = ours[view], theirs[view]
    if a.shape != b.shape:
        raise PictureError(
            f"a map of view {view} of {truth.name} has {_shown(b)} pixels in the truth and "
            f"{_shown(a)} in the prediction, expected the same: draw it at that size"
        )
    window = window_of(truth.region, crop, "fixed", b.shape[0])
    return error(cut(a, window, np.nan), cut(b, window, np.nan))


# Surfaces


def compared_truth(surface: Triangles, region: Region, mode: Mode) -> Triangles:
    """Return the part of a true surface that a mode compares.

    Paper mode keeps whole triangles, those of the mirrored region; fixed mode cuts at its planes.
    """
    if mode == "paper":
        return filter_mesh(surface, region, "lustrous")
    return clip_to_region(surface, region)


def compared_prediction(surface: Triangles, region: Region, mode: Mode) -> Triangles:
    """Return the part of a predicted surface that a mode compares.

    Paper mode keeps whole triangles; fixed mode cuts at the planes that it cuts the truth at.
    """
    return (filter_mesh if mode == "paper" else clip_to_region)(surface, region)


def _shape_scores(scores: SurfaceScores) -> dict[str, float]:
    found = {
        "geom.cd_cm": 100 * scores.chamfer_m,
        "geom.empty": float(np.isnan(scores.chamfer_m)),
    }
    for limit, hits in zip(THRESHOLDS_M, scores.hits, strict=False):
        millimetres = round(1000 * limit)
        found[f"geom.f1_{millimetres}"] = 100 * hits.f1
        found[f"geom.precision_{millimetres}"] = 100 * hits.precision
        found[f"geom.recall_{millimetres}"] = 100 * hits.recall
    return found
