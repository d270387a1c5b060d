"""One character, learned by heart: points and views in, its own views out."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from panic3d.evaluate.image_metrics import OPAQUE
from panic3d.geometry.cameras import Orthographic
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.pipeline.direct import (
    DIRECT_SETTINGS,
    head_of_planes,
    on_white,
    plain,
    portrait_tensor,
)
from panic3d.recipes.takes import drawn_takes
from panic3d.train.head_task import HeadOptions, HeadTask, Start
from panic3d.train.supervision import supervising_cameras
from panic3d.train.takes import VIEW_SIZE, Take, opened, png, png16
from panic3d.train.task import RunConfig
from tests.unchecked import shapes_unchecked

pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")

NUMBER = 6
"""Of the character: pale and soft. It is the easiest of the first 13 to show in few pixels."""
UNSEEN = (4, 7)
"""Of the take's views, both from anywhere: behind and above, behind and below."""
NETWORK = FeedForwardConfig(
    image_size=64,
    reads_inside=True,
    channels=(24, 32, 48, 64),
    blocks=(0, 0, 0, 0),
    side_sums=16,
)
POINTS = HeadOptions(points=1536, surface_points=1024, colour_weight=4.0)
VIEWS = HeadOptions(
    points=512, surface_points=768, colour_weight=4.0, patch=32, samples=14, view_weight=4.0
)
POINTS_RUN = RunConfig(steps=420, batch=1, learning_rate=1e-2, warm_up=20, average=0.97)
VIEWS_RUN = replace(POINTS_RUN, learning_rate=2.5e-3)


@dataclass(frozen=True)
class Learned:
    """Mean squared errors inside the true silhouette, by view of the take."""

    trained: dict[int, float]
    unseen: dict[int, float]


def psnr(errors: dict[int, float]) -> float:
    """Return that of all views together: a bad one counts for more than in a mean of decibels."""
    return -10 * float(np.log10(np.mean(list(errors.values()))))


def views_of(take: Take) -> np.ndarray:
    return opened(take.views).reshape(-1, VIEW_SIZE, VIEW_SIZE, 4)


def without(take: Take, unseen: tuple[int, ...]) -> Take:
    """Return the take as if it had never been seen from there."""
    kept = [k for k in range(len(take.cameras)) if k not in unseen]
    depths = opened(take.depths).reshape(-1, VIEW_SIZE, VIEW_SIZE)
    return replace(
        take,
        views=png(np.concatenate(views_of(take)[kept])),
        depths=png16(np.concatenate(depths[kept])),
        cameras=take.cameras[kept],
    )


def camera_of(take: Take, view: int) -> Orthographic:
    azimuth, elevation = take.cameras[view]
    return Orthographic(azimuth_deg=float(azimuth), elevation_deg=float(elevation))


def learned_by_heart(take: Take, seed: int) -> Learned:
    """Learn in the recipe's first two stages, then look from everywhere.

    Views are rendered with four rays a pixel, as the true ones have four samples.
    """
    from panic3d.train.fabric_trainer import FabricTrainer, batch_of

    shown = without(take, UNSEEN)
    start: Start | None = None
    for options, config in ((POINTS, POINTS_RUN), (VIEWS, VIEWS_RUN)):
        task = HeadTask(NETWORK, [shown], options, vary=False, start=start)
        trainer = FabricTrainer(task, replace(config, seed=seed), torch.device("cpu"))
        for step in range(config.steps):
            trainer.advance(batch_of(task, trainer.config, step))
        assert isinstance(trainer.average, FeedForward)
        start = Start(trainer.average, "0" * 64)
    assert start is not None
    network = start.network
    batch = trainer.on_device(batch_of(task, trainer.config, 0))
    with torch.no_grad():
        planes = network.planes(batch["portrait"])
    settings = plain(DIRECT_SETTINGS, 2 * VIEW_SIZE)
    head = head_of_planes(network, planes, batch["portrait"][:, :4], settings)
    errors = {}
    for view, rgba in enumerate(views_of(take)):
        seen = functional.avg_pool2d(head.view(camera_of(take, view)).image.clamp(0, 1), 2)
        error = (seen - on_white(portrait_tensor(rgba.copy()))[0]).square().mean(0)
        errors[view] = float(error[torch.from_numpy(rgba[..., 3] >= OPAQUE)].mean())
    return Learned(
        {view: error for view, error in errors.items() if view not in UNSEEN},
        {view: errors[view] for view in UNSEEN},
    )


@pytest.fixture(scope="module")
def take(rasteriser):
    """The straight one of the character."""
    return drawn_takes("procedural", "train", None, NUMBER, rasteriser)[1]


@pytest.fixture(scope="module")
def learned(take, one_thread):
    with shapes_unchecked():  # other tests look at them
        return learned_by_heart(take, 0)


def test_what_is_not_shown_is_far_from_all_that_is(take):
    """Precondition: neither patches nor points are of cameras near the two views."""
    shown = [camera_of(take, k) for k in range(len(take.cameras)) if k not in UNSEEN]
    towards = [c.world_from_head_turn()[:, 2] for c in (*shown, *supervising_cameras())]
    for view in UNSEEN:
        cosines = np.array(towards) @ camera_of(take, view).world_from_head_turn()[:, 2]
        assert np.degrees(np.arccos(cosines.max())) > 15


def test_a_character_is_known_from_sides_that_were_never_shown(learned):
    """Oracle: the true views of two sides; no patch, colour or label was taken from them."""
    assert psnr(learned.unseen) >= 24


@pytest.mark.xfail(strict=True, reason="issue 7: a minute of one core reaches 25.6 of the 30 dB")
def test_a_character_is_learned_by_heart(learned):
    """Oracle: the true views that patches were taken from."""
    assert psnr(learned.trained) >= 30
