"""Judging heads while they are learned: measures, and sheets of pictures, nothing put back."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn import functional

from panic3d.geometry.cameras import Orthographic
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.direct import DIRECT_SETTINGS, head_of_planes, on_white, plain, sized
from panic3d.train.takes import VIEW_AZIMUTHS, VIEW_SIZE
from panic3d.train.task import Batch, picture_bytes, tiled

SHEET_HEADS = 6
JUDGED_SIZE = 64
"""Side of the views that held-out heads are judged by."""


def head_measures(network: FeedForward, batch: Batch) -> dict[str, float]:
    """Compare what a network makes of a batch with the truth.

    Returns:
        points_iou: of what is inside, over the asked points;
        colours: mean absolute error at the surface;
        iou_0, iou_90, psnr_0, psnr_90, psnr_180: of views that the take was seen in, nothing
        put back.
    """
    planes = network.planes(batch["portrait"])
    side = network.logits(planes, batch["points"])[..., 0] > 0
    truth = batch["inside"] > 0.5
    colours = network.logits(planes, batch["surface"])[..., 1:].sigmoid()
    found = {
        "points_iou": float((side & truth).sum() / (side | truth).sum().clamp_min(1)),
        "colours": float((colours - batch["colours"]).abs().mean()),
    }
    if "views" not in batch:
        return found
    sums: dict[str, list[float]] = {}
    for k in range(min(len(planes), SHEET_HEADS)):
        mine = _views(network, batch, planes, k)
        theirs = sized(batch["views"][k], JUDGED_SIZE)
        for azimuth, a, b in zip(VIEW_AZIMUTHS, mine, theirs, strict=True):
            solid, true = a[3] > 0.5, b[3] > 0.5
            iou = float((solid & true).sum() / (solid | true).sum().clamp_min(1))
            error = float((a[:3] - on_white(b[None])[0]).square().mean())
            sums.setdefault(f"iou_{azimuth:.0f}", []).append(iou)
            psnr = -10 * float(np.log10(max(error, 1e-10)))
            sums.setdefault(f"psnr_{azimuth:.0f}", []).append(psnr)
    return found | {name: float(np.mean(values)) for name, values in sums.items()}


def head_sheet(network: FeedForward, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
    """Show drawings, what was made of them, and the truth, from four sides."""
    rows = []
    planes = network.planes(batch["portrait"])
    for k in range(min(len(planes), SHEET_HEADS)):
        portrait = on_white(sized(batch["portrait"][k : k + 1, :4], VIEW_SIZE))[0]
        row = [picture_bytes(portrait)]
        mine = functional.interpolate(_views(network, batch, planes, k), (VIEW_SIZE,) * 2)
        row += [picture_bytes(view[:3]) for view in mine]
        if "views" in batch:
            row += [picture_bytes(view) for view in on_white(batch["views"][k])]
        rows.append(row)
    return tiled(rows)


def _views(network: FeedForward, batch: Batch, planes: Tensor, k: int) -> Tensor:
    """Render an example of a batch as its views were, (v, 4, s, s): RGB on white, and opacity."""
    portrait = batch["portrait"][k : k + 1, :4]
    settings = plain(DIRECT_SETTINGS, JUDGED_SIZE)
    head = head_of_planes(network, planes[k : k + 1], portrait, settings)
    found = []
    for azimuth in VIEW_AZIMUTHS:
        seen = head.view(Orthographic(azimuth_deg=azimuth))
        found.append(torch.cat([seen.image.clamp(0, 1), seen.view.opacity[0]]))
    return torch.stack(found)
