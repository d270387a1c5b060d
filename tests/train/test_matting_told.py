"""What the matting network is told while it learns: faces, imitated looks, and its own."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.train.matting_task import MattingTask

from .drawn import stock

CONFIG = MattingConfig(image_size=64, channels=(8, 16), blocks=(0, 1), reads_prior=True)


@pytest.fixture(scope="module")
def made():
    torch.manual_seed(0)
    return MattingTask(CONFIG, stock(4)), MattingNetwork(CONFIG)


def batch_of(task: MattingTask, count: int = 24) -> dict[str, torch.Tensor]:
    arrays = task.batch(np.random.default_rng(3), count)
    found = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return found | {"picture": found["picture"].float() / 255}


class Seeing(torch.nn.Module):
    """A network that keeps what it was asked."""

    def __init__(self, network: MattingNetwork) -> None:
        super().__init__()
        self.network, self.asked = network, list[tuple[torch.Tensor, torch.Tensor]]()

    def forward(self, picture: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
        self.asked.append((picture, prior))
        return self.network(picture, prior)


def test_it_is_told_its_own_look_at_a_smaller_picture(made):
    """Oracle: the network itself, asked by hand."""
    task, network = made
    batch = batch_of(task)
    own = batch["own"]
    assert 0 < (own > 0).sum() < len(own)
    seeing = Seeing(network)
    losses = task.losses("matting", {"matting": seeing}, batch)
    told = seeing.asked[-1][1]
    assert torch.equal(told[own == 0], batch["prior"][own == 0])
    k = int(torch.nonzero(own > 0)[0])
    small = round(64 * float(own[k]) / 4) * 4
    assert 0.3 * 64 - 2 <= small <= 0.6 * 64 + 2
    with torch.no_grad():
        planes = (batch[name][k : k + 1] for name in ("picture", "prior"))
        alpha = network(*(functional.interpolate(p, small, mode="area") for p in planes)).sigmoid()
    wanted = functional.interpolate(alpha, 64, mode="bilinear", align_corners=False)
    torch.testing.assert_close(told[k : k + 1], 2 * wanted - 1)
    # It is not taught by way of what it is told.
    assert not told.requires_grad and losses["total"].requires_grad
    with torch.no_grad():
        assert set(task.measures(network, batch)) == {"iou", "error"}


def test_looks_that_are_not_its_own_are_told_nothing_faces_or_an_imitation(made):
    task, _ = made
    batch = batch_of(task, 60)
    kinds = {"own": 0, "imitated": 0, "faces": 0, "nothing": 0}
    for own, prior in zip(batch["own"], batch["prior"], strict=True):
        if own > 0:
            kinds["own"] += 1
        elif bool((prior < 0).any()):
            kinds["imitated"] += 1
        else:
            kinds["faces" if bool(prior.any()) else "nothing"] += 1
    assert all(kinds.values()), kinds
