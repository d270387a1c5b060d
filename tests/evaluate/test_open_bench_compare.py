"""Two builds of a benchmark, compared; and the packaged frozen file, with what is made today."""

import shutil

import numpy as np
import pytest
from PIL import Image

from panic3d.characters.make.engines import open_engine
from panic3d.cli.main import main
from panic3d.errors import DatasetError
from panic3d.evaluate.open_bench.compare import compare_benchmarks, psnr_db
from panic3d.evaluate.open_bench.draw import draw_character
from panic3d.evaluate.open_bench.frozen import frozen_path, read_frozen
from panic3d.evaluate.open_bench.probe import differences, thumbnail
from panic3d.evaluate.open_bench.recipe import RECIPES, slots_of
from tests.evaluate.small import small_benchmark

pytestmark = pytest.mark.usefixtures("rasteriser")

NAMES = ("procedural-00", "procedural-01")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The procedural half, of two round heads."""
    return small_benchmark(tmp_path_factory.mktemp("first"), 64)


@pytest.fixture
def second(first, tmp_path):
    return shutil.copytree(first, tmp_path / "second")


def repaint(path, change):
    with Image.open(path) as image:
        pixels = np.array(image)
    Image.fromarray(change(pixels)).save(path)


def test_the_same_bytes_are_equal_in_every_pixel(first, second, capsys):
    found = compare_benchmarks(first, second)
    assert found.agrees and {pair.psnr_db for pair in found.pairs} == {np.inf}
    # 16 views, 4 pictures of normals, an aligned drawing, a wild one with matte and occluder.
    assert len(found.pairs) == 2 * (16 + 4 + 1 + 3)
    assert main(["benchmark", "compare", str(first), str(second), "--workers", "1"]) == 0
    assert "48 pictures, 48 equal in every pixel, 0 below 45 dB" in capsys.readouterr().out


def test_a_picture_that_lies_a_pixel_aside_is_found(first, second, capsys):
    """Oracle: thumbnails, by which frozen files are compared, hardly see it."""
    path = second / "characters" / NAMES[1] / "views" / "front.png"
    with Image.open(path) as image:
        before = np.array(image)
    repaint(path, lambda pixels: np.roll(pixels, 1, 1))
    (least, *others) = compare_benchmarks(first, second).pairs
    assert least.name == f"{NAMES[1]}/views/front.png" and least.psnr_db < 30
    assert {pair.psnr_db for pair in others} == {np.inf}
    small = psnr_db(thumbnail(before), thumbnail(np.roll(before, 1, 1)))
    assert small > least.psnr_db + 6
    assert main(["benchmark", "compare", str(first), str(second), "--workers", "1"]) == 1
    printed = capsys.readouterr()
    assert f"least: {least.psnr_db:.1f} dB, {least.name}" in printed.out
    assert "1 of 48 pictures differ" in printed.err


def test_rounding_agrees_and_what_nobody_sees_is_not_compared(first, second):
    """Oracle: one level is 48 dB or more; colours below alpha 0 are none."""
    folder = second / "characters" / NAMES[0]

    def rounded(pixels):
        pixels[..., :3] ^= 1
        return pixels

    def below(pixels):
        pixels[pixels[..., 3] == 0, :3] = 77
        return pixels

    repaint(folder / "aligned" / "illustration.png", rounded)
    repaint(folder / "views" / "back.png", below)
    found = compare_benchmarks(first, second)
    assert found.agrees and found.pairs[0].name.endswith("illustration.png")
    assert 48 < found.pairs[0].psnr_db < 64 and found.pairs[1].psnr_db == np.inf


def test_what_only_one_has_is_no_agreement(first, second, tmp_path):
    (second / "characters" / NAMES[0] / "views" / "0036.png").unlink()
    found = compare_benchmarks(first, second)
    assert not found.agrees and found.missing == (f"{NAMES[0]}/views/0036.png",)
    assert "only one has" in found.text()
    (second / "characters" / NAMES[1] / "views" / "left.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"left\.png cannot be read"):
        compare_benchmarks(first, second)
    with pytest.raises(DatasetError, match="no finished benchmark"):
        compare_benchmarks(first, tmp_path)


def test_psnr_of_levels():
    """Oracle: one level everywhere is 48.13 dB."""
    grey = np.full((4, 4, 3), 100, np.uint8)
    assert psnr_db(grey, grey + np.uint8(1)) == pytest.approx(20 * np.log10(255))
    assert psnr_db(grey, grey[:2]) == -np.inf


def check_frozen(recipe, slot, engine, rasteriser):
    """Make a character, and compare it with what the package has frozen."""
    frozen = read_frozen(frozen_path(recipe.name))
    assert frozen is not None and frozen["recipe"] == recipe.to_dict()
    made = engine.make(slot.seed, {kind: (name,) for kind, name in slot.cell.assets.items()})
    drawn = draw_character(made, slot, recipe, rasteriser)
    known = frozen["characters"][slot.name]
    assert differences(drawn.about["probe"], known) == []


def test_a_procedural_character_is_still_the_frozen_one(rasteriser):
    """Oracle: the packaged file.

    If this fails, the engine makes other characters: undo that, or make a benchmark of a new name.
    """
    recipe = RECIPES["open-bench-1-val"]
    slot = slots_of(recipe, ("procedural",))[0]
    check_frozen(recipe, slot, open_engine("procedural", None), rasteriser)


def test_a_remixed_character_is_still_the_frozen_one(rasteriser, shared_models, tmp_path):
    """Oracle: the packaged file. Vita's own hair on Vita's face needs no other model."""
    recipe = RECIPES["open-bench-1"]
    slot = slots_of(recipe, ("remixed",))[0]
    assert set(slot.cell) == {"vita"}
    for name in ("vita.vrm", "INDEX.json"):
        shutil.copy(shared_models[0].parent / name, tmp_path)
    check_frozen(recipe, slot, open_engine("remixed", tmp_path), rasteriser)
