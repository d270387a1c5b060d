"""The networks of portrait preparation: pictures drawn, commands that follow one another."""

from pathlib import Path

import numpy as np
import pytest

from panic3d.cli.main import main
from panic3d.cli.train_run import TrainOptions, chosen
from panic3d.errors import ConfigError
from panic3d.models.face_finder import FaceFinder
from panic3d.models.landmarks import LandmarkNetwork
from panic3d.models.linefill import LineFiller
from panic3d.models.matting import MattingNetwork
from panic3d.pipeline.align import align
from panic3d.recipes.portraits import SIDES, carried_on
from panic3d.recipes.preparation import RECIPES, linefill
from panic3d.train.portraits import read_all_portraits, write_portraits
from panic3d.weights.load import (
    load_face_finder,
    load_landmarks,
    load_linefill,
    load_matting,
    verify_weights,
)

from ..train.drawn import stock

pytestmark = pytest.mark.usefixtures("one_thread")


def test_all_weights_together_are_small():
    """Requirement: 6 MB in float16."""
    networks = [next(iter(make().task(stock(1)).networks().values())) for make in RECIPES.values()]
    assert 2 * sum(p.numel() for net in networks for p in net.parameters()) < 6_000_000


def test_a_character_is_drawn_with_all_that_is_known_of_it(rasteriser, tmp_path, capsys):
    """Oracles: the render frame's mean face, and the drawing itself beside its lines."""
    words = ["train", "cache", str(tmp_path), "--for", "preparation", "--split", "test"]
    assert main([*words, "--count", "1", "--workers", "1"]) == 0
    assert "1 of 1 shards, 0 failures" in capsys.readouterr().out
    found = read_all_portraits(tmp_path / "test")
    kinds = [each.kind for each in found]
    assert kinds[:3] == ["scene", "cutout", "aligned"]
    for each in found[:3]:
        assert each.points is not None and each.rotation is not None
        assert each.size[0] == each.size[1] and np.isfinite(each.points).all()
        assert np.linalg.det(each.rotation) == pytest.approx(1, abs=1e-5)
    front = found[2]
    assert {each.size[0] for each in found[:2]} <= set(SIDES) and front.size == (384, 384)
    assert front.points is not None and front.rotation is not None
    np.testing.assert_allclose(front.rotation, np.eye(3), atol=1e-6)
    # The middle 384 pixels of 512: brought to the frame, only the face's own size is left.
    fit = align(front.points.astype(np.float64) + 64.0, np.eye(3)).to_frame
    assert abs(fit.angle_deg) < 2 and 0.6 < fit.scale < 1.6
    drawn, free = (front.decoded(n).astype(int) for n in ("picture", "line_free"))
    ink = front.decoded("line_mask")
    beside = (ink == 0) & (np.asarray(front.decoded("matte")) == 255)
    # Both are compressed: what is left is compression, and the ink's own neighbours.
    dark = ink > 0.8 * ink.max()
    assert np.abs(drawn - free)[beside].mean() < 2 < np.abs(drawn - free)[dark].mean() / 5
    white = (front.decoded("matte") == 0) & (ink == 0)
    assert np.median(drawn[white]) == 255


def test_a_cutouts_colours_go_on_beyond_its_edge():
    matte = np.zeros((20, 20), np.uint8)
    matte[:, 5:10], matte[:, 10] = 255, 120
    picture = np.full((20, 20, 3), 255, np.uint8)
    picture[:, 5:10] = (10, 20, 30)
    picture[:, 10] = (140, 145, 150)
    found = carried_on(picture, matte)
    assert (found[:, 4:13] == (10, 20, 30)).all()


def test_options_are_changed_and_the_rest_stays():
    recipe = RECIPES["face"]()
    here = Path()
    config = chosen(recipe.options, TrainOptions(data=here, out=here, seed=3, batch=5))
    assert (config.seed, config.batch, config.steps) == (3, 5, recipe.options.steps)
    assert (linefill("both").run, linefill("both").name) == ("linefill-both", "linefill")
    with pytest.raises(ConfigError):
        chosen(recipe.options, TrainOptions(data=here, out=here, steps=0))


LOADERS = {
    "face": (load_face_finder, FaceFinder),
    "landmarks": (load_landmarks, LandmarkNetwork),
    "matting": (load_matting, MattingNetwork),
    "linefill": (load_linefill, LineFiller),
}


@pytest.mark.parametrize("name", list(LOADERS))
def test_the_commands_follow_one_another(name, tmp_path, capsys):
    """Train, continue, pack, load: each finds what the one before left."""
    pytest.importorskip("lightning_fabric", reason="pip install 'panic3d[train]'")
    pytest.importorskip("tensorboardX", reason="pip install 'panic3d[train]'")
    data, run = tmp_path / "data", str(tmp_path / "run")
    write_portraits(data / "train" / "000000.npz", stock(2))
    words = ["train", name, "--data", str(data), "--out", run, "--batch", "1", "--steps", "2"]
    words += ["--device", "cpu", "--loaders", "0"]
    if name == "linefill":
        words += ["--variant", "both"]
    assert main([*words, "--minutes", "0"]) == 0
    assert "step 1; the same command continues" in capsys.readouterr().out
    if name == "linefill":
        write_portraits(data / "val" / "000000.npz", stock(1))
    assert main(words) == 0
    assert "step 2; the schedule is over" in capsys.readouterr().out
    assert main(["train", "pack", run]) == 0
    assert main(["train", "pack", run, "--threshold", "0.5"]) == 1
    assert "has no occupancy" in capsys.readouterr().err
    written = (tmp_path / "run").glob("*.safetensors")
    (packed,) = (path for path in written if not path.stem.startswith(("step-", "best")))
    verify_weights(packed, tmp_path)
    load, kind = LOADERS[name]
    assert type(load(packed, tmp_path)) is kind
    card = packed.with_suffix(".md").read_text(encoding="utf-8")
    assert "CC0-1.0" in card and "Where it fails" in card
    assert ("psnr_before" in card) == (name == "linefill")
    assert main(["weights", "verify", str(packed)]) == 0
