"""The weights that are part of the package."""

import numpy as np
import pytest
import torch

from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.style import draw_style
from panic3d.characters.made import stream
from panic3d.characters.make.engines import open_engine
from panic3d.characters.splits import assets_of
from panic3d.geometry.posing import Pose
from panic3d.image import Picture
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.prepare import Preparer
from panic3d.recipes.takes import drawn_takes
from panic3d.train.head_task import HeadTask
from panic3d.weights.load import load_reconstructor, verify_weights
from panic3d.weights.specs import BUNDLED, OPEN_V1, SPECS

CHARACTERS = 4


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    network = load_reconstructor(OPEN_V1.name, tmp_path_factory.mktemp("empty"))
    assert isinstance(network, FeedForward)
    return network


def test_bundled_weights_are_small_free_and_whole(ours, tmp_path):
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) <= 20_000_000
    for spec in SPECS:
        if spec.bundled:
            opened = verify_weights(spec.name, tmp_path)
            assert opened.about.licence == spec.licence == "CC0-1.0"
            assert opened.about.name == spec.name and spec.sha256 in (
                *(None, opened.about.weights_sha256),
            )


def test_heads_of_unseen_characters_are_no_worse_than_at_release(ours, rasteriser):
    """Oracle: the characters' own views; floors a little below what the release reached."""
    found: dict[str, list[float]] = {}
    for number in range(CHARACTERS):
        straight = drawn_takes("procedural", "test", None, number, rasteriser)[1]
        task = HeadTask(ours.config, [straight], vary=False)
        levels = task.batch(np.random.default_rng(0), 1)
        batch = {name: torch.from_numpy(v) for name, v in levels.items()}
        batch = {k: v.float() / 255 if v.dtype == torch.uint8 else v for k, v in batch.items()}
        with torch.no_grad():
            seen = task.measures(ours, batch)
        for name, value in seen.items():
            found.setdefault(name, []).append(value)
    mean = {name: float(np.mean(values)) for name, values in found.items()}
    assert mean["iou_0"] > 0.93 and mean["iou_90"] > 0.755
    assert mean["psnr_0"] > 23.3 and mean["psnr_180"] > 18.4 and mean["points_iou"] > 0.52


@pytest.mark.parametrize("number", [0, 5, 8])
def test_drawings_of_unseen_characters_are_prepared_no_worse_than_at_release(
    number, rasteriser, tmp_path
):
    """Oracle: where the engine knows landmarks and figure to be; see docs/preparation.md."""
    engine = open_engine("procedural", None)
    rng = stream(0, "readme", "wild", str(number))
    made = engine.make(int(rng.integers(2**53)), assets_of("test", engine.assets))
    style = draw_style(rng)
    while style.finish.grey:
        style = draw_style(rng)
    drawn = illustrate(made, rasteriser, style, 480, Pose(expressions=dict(made.expression)))
    opaque = np.dstack([drawn.picture, np.full(drawn.matte.shape, 255, np.uint8)])
    preparer = Preparer.from_pretrained("open", folder=tmp_path)
    found = preparer.prepare(Picture(opaque))
    assert len(found.located.faces) == 1 and found.matte is not None and found.lines is not None
    assert drawn.landmarks is not None and found.located.face is not None
    true = drawn.landmarks.points
    far = np.linalg.norm(found.located.face.landmarks - true, axis=1)
    assert far.mean() < 0.06 * np.sqrt(np.prod(np.ptp(true, axis=0)))
    known = drawn.occluder < 8
    mine, theirs = (plane[known] > 127 for plane in (found.matte.alpha, drawn.matte))
    assert (mine & theirs).sum() > 0.9 * (mine | theirs).sum()
