"""How well a network does on characters that it never saw: silhouettes and colours all round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from panic3d.errors import ConfigError, MeshError
from panic3d.geometry.cameras import Orthographic
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.direct import (
    DIRECT_SETTINGS,
    on_white,
    plain,
    portrait_tensor,
    reconstruct_directly,
)
from panic3d.train.supervision import CHECKED_DEG, Supervision

SOLID = 0.5
"""Opacity from which a pixel belongs to a silhouette."""


class Score(NamedTuple):
    """Of one head, or the mean of several; by azimuth, see `CHECKED_DEG`."""

    iou: tuple[float, ...]
    psnr: tuple[float, ...]
    """Decibel, on white, whole pictures, nothing put back."""


def judge(network: FeedForward, example: Supervision, picture: int = -1) -> Score:
    """Reconstruct one character and compare it with its own views.

    Args:
        network: in eval mode.
        example: made with `check`.
        picture: which of its pictures is looked at; 0 is the render, the last a drawing.

    Raises:
        ConfigError: the example has no views to compare with.
    """
    if not len(example.checks):
        raise ConfigError("the examples have no views to judge by: build them with check")
    size = example.checks.shape[1]
    portrait = portrait_tensor(example.pictures[picture])
    head = reconstruct_directly(network, portrait, plain(DIRECT_SETTINGS, size))
    iou, psnr = [], []
    for azimuth, truth in zip(CHECKED_DEG, example.checks, strict=True):
        expected = portrait_tensor(truth)
        try:
            seen = head.view(Orthographic(azimuth_deg=azimuth))
            image, opacity = seen.image.clamp(0, 1).cpu(), seen.view.opacity.cpu()
        except MeshError:  # an empty field
            image, opacity = torch.ones(1, 3, size, size), torch.zeros(1, 1, size, size)
        mine, theirs = opacity[0, 0] > SOLID, expected[0, 3] > SOLID
        iou.append(float((mine & theirs).sum() / (mine | theirs).sum().clamp_min(1)))
        error = float((image - on_white(expected)).square().mean())
        psnr.append(-10 * float(np.log10(max(error, 1e-10))))
    return Score(tuple(iou), tuple(psnr))


def scores_of(network: FeedForward, examples: Sequence[Supervision]) -> list[tuple[str, Score]]:
    """Judge characters by their drawings, and by their renders; last come the two means."""
    drawn = [(f"{k}", judge(network, example)) for k, example in enumerate(examples)]
    rendered = [judge(network, example, 0) for example in examples]
    return [
        *drawn,
        ("mean, from drawings", mean_score([score for _, score in drawn])),
        ("mean, from renders", mean_score(rendered)),
    ]


def mean_score(rows: Sequence[Score]) -> Score:
    """Return the mean of several heads."""
    iou = np.mean([row.iou for row in rows], 0)
    psnr = np.mean([row.psnr for row in rows], 0)
    return Score(tuple(iou.tolist()), tuple(psnr.tolist()))


def table(scores: Sequence[tuple[str, Score]]) -> str:
    """Return rows as text, silhouettes at 0, 45 and 90 degrees first."""
    lines = [f"{'head':24} IoU at 0, 45, 90     PSNR at 0, 45, 90, 180"]
    for name, score in scores:
        iou = "  ".join(f"{value:.2f}" for value in score.iou[:3])
        psnr = "  ".join(f"{value:.1f}" for value in score.psnr)
        lines.append(f"{name:24} {iou:20} {psnr}")
    return "\n".join(lines)
