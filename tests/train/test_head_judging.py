"""Judging heads while they are learned."""

import numpy as np
import pytest
import torch

from panic3d.geometry.cameras import Orthographic
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.direct import DIRECT_SETTINGS, head_of_planes, plain
from panic3d.train.head_judging import JUDGED_SIZE, head_measures
from panic3d.train.head_task import HeadOptions, HeadTask
from panic3d.train.takes import VIEW_AZIMUTHS

from .taken import NETWORK, take


def test_what_a_network_renders_is_judged_to_be_like_itself():
    """Invariant: no error against its own views, which are see-through in many places."""
    torch.manual_seed(0)
    network = FeedForward(NETWORK)
    network.eval().requires_grad_(False)
    last = network.decoder.net[-1]
    assert isinstance(last, torch.nn.Linear)
    last.bias[0] = 0.02  # so thin that light comes through
    task = HeadTask(NETWORK, [take()], HeadOptions(points=64, surface_points=64), vary=False)
    arrays = task.batch(np.random.default_rng(0), 1)
    batch = {name: torch.from_numpy(array) for name, array in arrays.items()}
    batch["portrait"] = batch["portrait"].float() / 255
    planes = network.planes(batch["portrait"])
    settings = plain(DIRECT_SETTINGS, JUDGED_SIZE)
    head = head_of_planes(network, planes, batch["portrait"][:, :4], settings)
    views = []
    for azimuth in VIEW_AZIMUTHS:
        seen = head.view(Orthographic(azimuth_deg=azimuth))
        opacity = seen.view.opacity[0]
        straight = torch.where(opacity > 0, 1 + (seen.image - 1) / opacity, 1).clamp(0, 1)
        views.append(torch.cat([straight, opacity]))
    opacity = torch.stack(views)[:, 3]
    assert ((opacity > 0.2) & (opacity < 0.8)).float().mean() > 0.02
    batch["views"] = torch.stack(views)[None]
    found = head_measures(network, batch)
    for azimuth in VIEW_AZIMUTHS:
        assert found[f"iou_{azimuth:.0f}"] == pytest.approx(1)
        assert found[f"psnr_{azimuth:.0f}"] > 80
