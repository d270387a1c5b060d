"""Line removal judged: against the drawing without its lines, and against the plain render."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campaign._preparation_tools import RemoveLines
from campaign._preparation_truth import TrueLines
from panic3d.evaluate.image_metrics import psnr, ssim
from panic3d.evaluate.squeezenet import SqueezeNet, load_squeezenet, squeezenet_distance
from panic3d.geometry.face_hull import face_hull
from panic3d.image import Picture
from panic3d.pipeline.lines import find_lines

NOTHING, TELEA = "nothing", "Telea"
TELEA_RADIUS = 3.0
"""Pixels; what OpenCV's own examples take."""
MEASURES = ("psnr", "ssim", "feature")
LOWER_IS_BETTER = ("feature",)
TRUTHS = ("line_free", "render")


def telea() -> RemoveLines | None:
    """Return OpenCV's inpainting of our own mask, or None where OpenCV is not installed.

    Source: Telea 2004, An image inpainting technique based on the fast marching method.
    """
    try:
        cv2: Any = importlib.import_module("cv2")
    except ImportError:
        return None

    def removed(picture: Picture, landmarks: NDArray[np.float64]) -> Picture:
        mask = lines_of(picture, landmarks).astype(np.uint8) * 255
        rgba = picture.rgba.copy()
        rgba[..., :3] = cv2.inpaint(
            np.ascontiguousarray(rgba[..., :3]), mask, TELEA_RADIUS, cv2.INPAINT_TELEA
        )
        return Picture(rgba)

    return removed


def ways(fillers: Mapping[str, RemoveLines]) -> dict[str, RemoveLines]:
    """Return all ways that are compared: none, OpenCV's if it is there, the fillers."""
    found: dict[str, RemoveLines] = {NOTHING: lambda picture, landmarks: picture}
    inpainted = telea()
    if inpainted is not None:
        found[TELEA] = inpainted
    return found | dict(fillers)


def lines_of(picture: Picture, landmarks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the mask that every way paints over."""
    width, height = picture.size
    return find_lines(picture, face_hull(landmarks, height, width))


def judge_lines(
    true: TrueLines, compared: Mapping[str, RemoveLines], network: SqueezeNet | None
) -> dict[str, dict[str, float]]:
    """Remove the lines of a drawing in every way and compare.

    Args:
        true: the drawing, on white.
        compared: by name.
        network: for the feature distance; None leaves it out.

    Returns:
        For each way, of each measure against each truth as ``line_free psnr``; masked_psnr, of
        the painted pixels alone against the drawing without lines; outside, pixels beside the mask
        that were changed.
    """
    mask = lines_of(true.picture, true.points)
    truths = {name: _shares(getattr(true, name)) for name in TRUTHS}
    found: dict[str, dict[str, float]] = {}
    for way, remove in compared.items():
        picture = remove(true.picture, true.points)
        shares = _shares(picture)
        row = {"outside": float((picture.rgba != true.picture.rgba).any(-1)[~mask].sum())}
        for name, truth in truths.items():
            row[f"{name} psnr"] = psnr(shares, truth)
            row[f"{name} ssim"] = ssim(shares, truth)
            if network is not None:
                # Every pixel: lines are one or two of them wide.
                row[f"{name} feature"] = squeezenet_distance(network, shares, truth, shrink=1)
        if mask.any():
            truth = truths["line_free"]
            row["masked_psnr"] = psnr(shares[mask][None], truth[mask][None])
        found[way] = row
    return found


def _shares(picture: Picture) -> NDArray[np.float32]:
    return picture.rgba[..., :3].astype(np.float32) / np.float32(255)


def perceptual(path: Path) -> SqueezeNet | None:
    """Load the network of the feature distance, if it is there."""
    return load_squeezenet(path) if path.is_file() else None
