"""What prepares wild pictures: ours, what is true of them, or whoever saved the heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64, UInt8

from panic3d.errors import PictureError
from panic3d.evaluate.cases import Input
from panic3d.evaluate.open_bench.read import OpenCase
from panic3d.evaluate.open_bench.wild import carried, similarity, warped
from panic3d.evaluate.predictors import digest_of
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import rotation
from panic3d.pipeline.align import upright
from panic3d.pipeline.mean_face import frame_pixels, turned
from panic3d.weights.preparation import FILES, OURS, find_preparation
from panic3d.weights.store import find_weights, read_about

Name = Literal["panic3d", "ideal", "own"]
PREPARATIONS: tuple[Name, ...] = get_args(Name)
"""``panic3d``: as `panic3d prepare` does. ``ideal``: by what is true of a picture. ``own``: heads
were saved by somebody who prepared the pictures himself; floors then get the ideal picture."""

Prepare = Callable[[OpenCase], Input]


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """One of them, as a value that travels between processes."""

    name: Name
    """Part of the track's name in every table."""
    weights: str = OURS
    """Of ``panic3d``: a set, or a folder; see `panic3d.weights.preparation`."""
    folder: Path = Path()
    """Where named weights lie."""
    device: str = "cpu"

    @property
    def digest(self) -> str:
        """Of the weights and the device, for ``panic3d``; else nothing.

        Raises:
            WeightsError: a network's weights are missing.
        """
        if self.name != "panic3d":
            return ""
        found = []
        for network in FILES:
            where = find_preparation(network, self.weights)
            path = find_weights(where, self.folder, network=network).path
            found.append(read_about(path).weights_sha256)
        return digest_of(*found, self.device)

    def open(self) -> Prepare:
        """Get ready in this process."""
        if self.name != "panic3d":
            return ideal
        from panic3d.pipeline.prepare import Preparer

        preparer = Preparer.from_pretrained(self.weights, folder=self.folder, device=self.device)

        def prepare(case: OpenCase) -> Input:
            """Prepare a picture as a person's.

            Raises:
                PictureError: no face is found.
                WeightsError: weights are missing or broken.
            """
            found = preparer.prepare(case.wild().path)
            if found.aligned is None or found.lines is None:  # all stages were asked for
                raise PictureError(f"{case.name} was not prepared to the end")
            located = found.located
            size = case.size
            return Input(
                picture=_sized(found.aligned.picture.rgba, size),
                landmarks=found.landmarks * (size / found.aligned.picture.size[0]),
                line_free=_sized(found.lines.picture.rgba, size),
                camera_from_head=(
                    located.alignment.camera_from_head if located.rotation_known else None
                ),
                inside=_sized_levels(found.aligned.inside, size),
            )

        return prepare


def _sized(rgba: UInt8[np.ndarray, "h w 4"], size: int) -> UInt8[np.ndarray, "s s 4"]:
    """Bring a picture to the size of the views."""
    from PIL import Image

    if len(rgba) == size:
        return rgba
    small = Image.fromarray(rgba).convert("RGBa").resize((size, size), Image.Resampling.HAMMING)
    return np.array(small.convert("RGBA"))


def _sized_levels(levels: UInt8[np.ndarray, "h w"], size: int) -> UInt8[np.ndarray, "s s"]:
    opaque = np.full_like(levels, 255)
    return _sized(np.dstack([levels, levels, levels, opaque]), size)[..., 0]


def ideal(case: OpenCase) -> Input:
    """Prepare a picture by what is true of it: its matte, its landmarks, how the head is turned.

    The picture is laid where the true head, turned as it is there, would be in the frame, so that
    turning it back about its bone brings it upon the truth. What stands in front still does. Nobody
    who has only the picture can do so well, so numbers measured with it are no end-to-end numbers.
    """
    wild, size = case.wild(), case.size
    turn, _ = upright(wild.rotation)
    unit = size / 512
    targets = frame_pixels(turned(landmarks_m(case), turn)) * unit
    by = similarity(wild.landmarks.points, targets)
    tilted_deg = float(np.degrees(np.arctan2(by[1, 0], by[0, 0])))
    rgba = np.concatenate([wild.picture, wild.matte[..., None]], -1)
    return Input(
        picture=warped(rgba, by, size),
        landmarks=carried(wild.landmarks.points, by),
        camera_from_head=rotation(0.0, 0.0, -tilted_deg) @ wild.rotation,
        inside=warped(np.full_like(rgba, 255), by, size)[..., 3],
    )


def landmarks_m(case: OpenCase) -> Float64[np.ndarray, "28 3"]:
    """Return the true landmarks in the world frame, metres, from two views at right angles."""
    unit = HEAD_BOX_M / case.size
    front, side = (case.landmarks(view).points * unit for view in ("front", "left"))
    half = HEAD_BOX_M / 2
    # The front view shows x to the right, that from the left -z.
    x, y, z = front[:, 0] - half, half - front[:, 1], half - side[:, 0]
    return np.stack([x, y, z], 1)
