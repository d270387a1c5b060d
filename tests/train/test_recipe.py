"""The first recipe: characters of the engine as examples."""

import numpy as np

from panic3d.cli.main import main
from panic3d.recipes.first import maker, network, options
from panic3d.train.cache import read_cache
from panic3d.train.supervision import supervision


def test_the_recipe_is_what_the_documentation_says():
    assert network().image_size == 128 and network().plane_depth == 3
    assert options().batch * options().steps >= 90_000


def test_a_procedural_character_is_drawn_and_stays_the_same(rasteriser):
    make = maker("procedural", "test")
    found = []
    for _ in range(2):
        example = make(3, rasteriser)
        found.append(
            supervision(
                example.character,
                rasteriser,
                np.random.default_rng(0),
                drawings=example.drawings,
                pose=example.pose,
                points=64,
                surface_points=64,
                view_size=64,
                picture_size=64,
            )
        )
    one, two = found
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    render, drawing = one.pictures.astype(int)
    # The drawing is of the same head in the same place, and it is another picture.
    overlap = (render[..., 3] > 127) & (drawing[..., 3] > 127)
    either = (render[..., 3] > 127) | (drawing[..., 3] > 127)
    assert overlap.sum() / either.sum() > 0.97
    assert np.abs(render[..., :3] - drawing[..., :3])[overlap].mean() > 1
    hues = drawing[overlap][:, :3]
    assert np.ptp(hues, axis=1).mean() > 4  # not a grey one


def test_the_commands_follow_one_another(rasteriser, tmp_path, capsys):
    """Cache, train, continue, pack: each finds what the one before left."""
    data, run = str(tmp_path / "data"), str(tmp_path / "run")
    assert main(["train", "cache", data, "--count", "1", "--workers", "1"]) == 0
    assert main(["train", "cache", data, "--count", "1", "--workers", "1"]) == 0
    assert len(read_cache(tmp_path / "data" / "train")) == 1
    words = ["train", "feedforward", "--data", data, "--out", run, "--batch", "1"]
    words += ["--device", "cpu", "--steps", "2"]
    assert main([*words, "--minutes", "0"]) == 0
    assert "step 1; the same command continues" in capsys.readouterr().out
    assert main(words) == 0
    assert "step 2; the schedule is over" in capsys.readouterr().out
    packed = tmp_path / "first.safetensors"
    assert main(["train", "pack", run, "--out", str(packed)]) == 0
    assert packed.stat().st_size < 5_000_000
    assert main(["weights", "verify", str(packed)]) == 0


def test_packing_nothing_is_an_error_in_one_line(tmp_path, capsys):
    assert main(["train", "pack", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no checkpoint" in line
