"""Mattes from files and from rembg."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

from panic3d.errors import MissingDependencyError, PictureError
from panic3d.image import Picture
from panic3d.pipeline.given_matte import read_matte, rembg_alpha

LEVELS = np.random.default_rng(0).integers(0, 256, (40, 60)).astype(np.uint8)


def test_grey_levels_are_the_matte(tmp_path):
    Image.fromarray(LEVELS).save(tmp_path / "m.png")
    assert np.array_equal(read_matte(tmp_path / "m.png", (60, 40)), LEVELS)


def test_an_alpha_channel_is_the_matte_whatever_the_colours(tmp_path):
    rgba = np.dstack([LEVELS, LEVELS // 2, 255 - LEVELS, LEVELS])
    Image.fromarray(rgba).save(tmp_path / "m.png")
    assert np.array_equal(read_matte(tmp_path / "m.png", (60, 40)), LEVELS)


def test_a_matte_is_turned_upright_as_its_exif_data_say(tmp_path):
    """Oracle: numpy's quarter turn; orientation 6 is stored turned to the left."""
    image = Image.fromarray(np.rot90(LEVELS))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "m.png", exif=exif)
    assert np.array_equal(read_matte(tmp_path / "m.png", (60, 40)), LEVELS)
    image.save(tmp_path / "stored.png")
    with pytest.raises(PictureError, match=r"40 x 60 pixels \(turned by 90 degrees"):
        read_matte(tmp_path / "stored.png", (60, 40))


@pytest.mark.parametrize("size", [(120, 80), (61, 41), (30, 20), (59, 39), (1500, 1000)])
def test_a_matte_of_the_same_proportions_is_scaled(size, tmp_path):
    half = np.zeros((40, 60), np.uint8)
    half[:, 30:] = 255
    Image.fromarray(half).save(tmp_path / "m.png")
    found = read_matte(tmp_path / "m.png", size)
    assert found.shape == (size[1], size[0])
    assert found[:, : size[0] // 2 - size[0] // 20].max() == 0
    assert found[:, size[0] // 2 + size[0] // 20 :].min() == 255


def test_other_proportions_are_refused(tmp_path):
    Image.fromarray(LEVELS).save(tmp_path / "m.png")
    with pytest.raises(PictureError, match="60 x 40 pixels, the portrait 60 x 60"):
        read_matte(tmp_path / "m.png", (60, 60))


def test_a_picture_that_is_no_matte_is_refused(tmp_path):
    Image.fromarray(np.dstack([LEVELS, LEVELS // 2, LEVELS])).save(tmp_path / "m.png")
    with pytest.raises(PictureError, match="has colours and no alpha"):
        read_matte(tmp_path / "m.png", (60, 40))
    with pytest.raises(PictureError, match="no picture"):
        read_matte(tmp_path / "none.png", (60, 40))


# rembg: a module of that name stands in


def rembg(monkeypatch, remove):
    module = types.ModuleType("rembg")
    module.new_session = lambda name: f"session {name}"  # type: ignore[attr-defined]
    module.remove = remove  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rembg", module)


PICTURE = Picture(np.dstack([LEVELS, LEVELS, LEVELS, np.full_like(LEVELS, 255)]))


def test_rembg_is_asked_for_the_mask_of_its_anime_model(monkeypatch):
    asked: dict[str, object] = {}

    def remove(image, session, only_mask):
        asked.update(mode=image.mode, session=session, only_mask=only_mask)
        return Image.fromarray(255 - np.asarray(image)[..., 0])

    rembg(monkeypatch, remove)
    assert np.array_equal(rembg_alpha(PICTURE), 255 - LEVELS)
    assert asked == {"mode": "RGB", "session": "session isnet-anime", "only_mask": True}


def test_without_rembg_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rembg", None)  # as if it were not installed
    with pytest.raises(MissingDependencyError, match=r'-m pip install "rembg\[cpu\]"'):
        rembg_alpha(PICTURE)


def test_a_rembg_that_ends_the_program_does_not_end_ours(monkeypatch):
    """Without onnxruntime its import calls sys.exit."""
    monkeypatch.setattr("importlib.import_module", lambda name: sys.exit(1))
    with pytest.raises(MissingDependencyError, match="not whole"):
        rembg_alpha(PICTURE)


def test_failures_of_rembg_are_told(monkeypatch):
    def fails(image, session, only_mask):
        raise ConnectionError("no network")

    rembg(monkeypatch, fails)
    with pytest.raises(PictureError, match=r"rembg failed \(no network\)"):
        rembg_alpha(PICTURE)
    rembg(monkeypatch, lambda image, session, only_mask: np.zeros((3, 4), np.float32))
    with pytest.raises(PictureError, match="rembg returned"):
        rembg_alpha(PICTURE)
