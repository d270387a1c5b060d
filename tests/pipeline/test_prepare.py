"""From a picture to what is reconstructed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import binary_erosion

from panic3d.characters.illustrate.draw import illustrate
from panic3d.characters.illustrate.style import Finish, Ground, aligned, draw_style
from panic3d.characters.procedural import FAMILIES, make_procedural
from panic3d.characters.splits import assets_of
from panic3d.errors import ConfigError, PictureError, WeightsError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture, read_portrait
from panic3d.pipeline.align import align, head_turn
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.preparation_options import STAGES, PrepareOptions
from panic3d.pipeline.prepare import Preparer
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.pipeline.warp import warp

from .conftest import SETTINGS
from .made_portraits import Made, TrueMatte, made, networks, no_networks, untrained_files

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))


@pytest.fixture
def portrait():
    return made((640, 480), [PLACE])


@pytest.fixture
def preparer(portrait, monkeypatch):
    return Preparer(networks(portrait, monkeypatch))


def test_a_portrait_is_prepared_whole(portrait, preparer):
    """Oracles: the same figure drawn in the frame, and its ink lines."""
    found = preparer.prepare(portrait.picture)
    expected = made((512, 512), [Similarity()], ground="clear").picture
    assert found.aligned is not None and found.lines is not None and found.matte is not None
    known = found.aligned.inside == 255
    both = (found.aligned.picture, expected)
    ours, theirs = (p.on((128, 128, 128)).rgba[known].astype(int) for p in both)
    assert np.abs(ours - theirs).mean() < 3
    np.testing.assert_allclose(found.landmarks, mean_face().pixels(), atol=1e-6)
    lines, picture = found.lines.lines, found.lines.picture
    ink = (np.abs(expected.rgba[..., :3].astype(int) - (40, 20, 30)).max(-1) < 20) & known
    assert lines[ink].mean() > 0.5 and not lines[found.lines.hull].any()
    assert np.array_equal(picture.rgba[~lines], found.aligned.picture.rgba[~lines])
    assert np.array_equal(picture.rgba[..., 3], found.aligned.picture.rgba[..., 3])
    assert found.result is picture and found.warnings == () and found.weights == ()
    assert list(found.seconds) == ["read", "weights", "faces", "matte", "align", "lines"]
    assert all(seconds >= 0 for seconds in found.seconds.values())


@pytest.mark.parametrize("stage", STAGES)
def test_stages_after_the_one_asked_for_are_left_out(stage, portrait, preparer):
    found = preparer.prepare(portrait.picture, stop_after=stage)
    there = [found.matte is not None, found.aligned is not None, found.lines is not None]
    count = STAGES.index(stage)
    assert there == [k < count for k in range(3)]
    assert list(found.seconds)[2:] == list(STAGES[: count + 1])
    if count < 2:
        with pytest.raises(PictureError, match="stopped before"):
            _ = found.result


def test_unknown_stages_are_refused(portrait, preparer, unchecked):
    with pytest.raises(ConfigError, match="stop_after is 'hair'"):
        preparer.prepare(portrait.picture, stop_after="hair")


def test_lines_stay_if_they_are_wanted(portrait, monkeypatch):
    found = Preparer(networks(portrait, monkeypatch)).prepare(
        portrait.picture, PrepareOptions(line_removal=False)
    )
    assert found.lines is None and found.aligned is not None and "lines" not in found.seconds
    assert found.result is found.aligned.picture


def test_the_portraits_own_border_is_no_line(monkeypatch):
    """Oracle: nothing is drawn there; without a matte the ground's edge is a step to white."""
    grey = made((400, 400), [Similarity(scale=0.6, angle_deg=15.0, shift=(60.0, 40.0))])
    rgba = grey.picture.rgba.copy()
    rgba[grey.cover == 0] = (120, 120, 120, 255)
    grey.picture = Picture(rgba)
    options = PrepareOptions(matting="none")
    found = Preparer(networks(grey, monkeypatch)).prepare(grey.picture, options)
    assert found.lines is not None and found.aligned is not None
    known = found.aligned.inside == 255
    rim = known & ~binary_erosion(known, iterations=4, border_value=1)
    assert rim.sum() > 500 and not found.lines.lines[rim].any()
    assert found.lines.lines[known & ~rim].any()


def test_a_picture_file_is_turned_upright_before_anything(portrait, preparer, tmp_path):
    """Oracle: the upright picture itself; orientation 6 is stored turned to the left."""
    image = Image.fromarray(np.rot90(portrait.picture.rgba))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    Image.fromarray(np.rint(portrait.cover * 255).astype(np.uint8)).save(tmp_path / "matte.png")
    options = PrepareOptions(matte=tmp_path / "matte.png")
    found = preparer.prepare(tmp_path / "turned.png", options)
    straight = preparer.prepare(portrait.picture, options)
    assert np.array_equal(found.result.rgba, straight.result.rgba)
    assert found.portrait.notes and "upright" in found.portrait.notes[0]
    again = preparer.prepare(read_portrait(tmp_path / "turned.png"), options)
    assert np.array_equal(again.result.rgba, straight.result.rgba)
    with pytest.raises(PictureError, match="no picture"):
        preparer.prepare(str(tmp_path / "nothing.png"))


def test_what_makes_a_head_worse_is_said(monkeypatch):
    turned = made((640, 480), [PLACE], turns=[head_turn(50.0, 0.0, 0.0)])
    found = Preparer(networks(turned, monkeypatch)).prepare(turned.picture)
    assert "degrees to the picture's right" in " ".join(found.warnings)


def test_an_aligned_picture_without_its_ground_needs_no_network():
    clear = made((512, 512), [Similarity()], ground="clear")
    options = PrepareOptions(aligned=True, line_removal=False)
    found = Preparer(no_networks()).prepare(clear.picture, options)
    solid = clear.picture.rgba[..., 3] > 0
    assert np.array_equal(found.result.rgba[solid], clear.picture.rgba[solid])


def test_a_prepared_portrait_is_reconstructed(portrait, preparer, generator):
    """Oracle: the same picture, given as an aligned one."""
    reconstructor = Reconstructor(generator, SETTINGS)
    prepared = preparer.prepare(portrait.picture)
    features = torch.zeros(1, 16, 8, 8)
    ours, plain = (
        reconstructor.reconstruct(p, features=features).inner.front
        for p in (prepared, prepared.result)
    )
    assert ours is not None and plain is not None and torch.equal(ours, plain)


# Weights


def test_networks_are_loaded_when_they_are_needed_and_named(tmp_path):
    """Oracle: the digests that the files' own descriptions have."""
    from panic3d.weights.store import read_about

    untrained_files(tmp_path, ("landmarks", "linefill"))
    portrait = made((256, 256), [Similarity(scale=0.5)], ground="clear")
    options = PrepareOptions(aligned=True)
    preparer = Preparer.from_pretrained(tmp_path, folder=tmp_path)
    found = preparer.prepare(portrait.picture, options)
    assert [(used.network, used.sha256) for used in found.weights] == [
        (name, read_about(tmp_path / f"{name}.safetensors").weights_sha256)
        for name in ("landmarks", "linefill")
    ]
    assert found.seconds["weights"] > 0
    again = preparer.prepare(portrait.picture, options)
    assert again.seconds["weights"] == 0 and again.weights == found.weights
    assert np.array_equal(again.result.rgba, found.result.rgba)
    with pytest.raises(WeightsError, match=r"no face-finder\.safetensors.*--eyes"):
        preparer.prepare(portrait.picture)


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"face": 0}, "face is 0"),
        ({"eyes": ((1.0, 2.0), (3.0, 4.0))}, "only one of eyes and chin"),
        ({"chin": (1.0, 2.0)}, "only one of eyes and chin"),
        ({"chin": (1.0, float("nan")), "eyes": ((1.0, 2.0), (3.0, 4.0))}, "finite"),
        ({"aligned": True, "landmarks": "x.json"}, "--aligned and --landmarks"),
        (
            {"aligned": True, "chin": (1.0, 2.0), "eyes": ((1.0, 2.0), (3.0, 4.0))},
            "--aligned and --eyes and --chin say",
        ),
        ({"aligned": True, "face": 2}, "both choose the face"),
        ({"face": 2, "chin": (1.0, 2.0), "eyes": ((1.0, 2.0), (3.0, 4.0))}, "both choose"),
        ({"aligned": True, "paper_alignment": True}, "--paper-alignment"),
        ({"matte": "m.png", "matting": "none"}, "a matte is given"),
        ({"matting": "magic"}, "matting is 'magic'"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message, unchecked):
    with pytest.raises(ConfigError, match=message):
        PrepareOptions(**options)


# A drawn character


def test_a_drawn_character_is_laid_on_its_own_front_view(rasteriser, monkeypatch):
    """Oracle: the view it was drawn as, aligned by its own landmarks: corners within a pixel."""
    character = make_procedural(11, assets_of("test", FAMILIES))
    style = replace(aligned(draw_style(np.random.default_rng(3))), ground=Ground(), finish=Finish())
    drawn = illustrate(character, rasteriser, style, 640)
    assert drawn.landmarks is not None
    front = Picture(np.dstack([drawn.drawn, drawn.matte]))
    place = Similarity(scale=1.2, angle_deg=14.0, shift=(260.0, 20.0))
    size = (1040, 900)
    moved = warp(front, place, size).picture
    rng = np.random.default_rng(1)
    blocks = rng.integers((20, 150, 20), (70, 230, 70), (size[1] // 10, size[0] // 10, 3))
    behind = np.kron(blocks, np.ones((10, 10, 1)))
    share = moved.rgba[..., 3:] / 255
    colours = moved.rgba[..., :3] * share + behind * (1 - share)
    picture = Picture(np.rint(np.dstack([colours, np.full(share.shape, 255)])).astype(np.uint8))
    marks = place(drawn.landmarks.points.astype(np.float64))
    known = Made(picture, share[..., 0], [place], [np.eye(3)], [marks])
    tight = networks(known, monkeypatch, matting=lambda: TrueMatte(known.cover))
    found = Preparer(tight).prepare(picture)
    straight = align(drawn.landmarks.points.astype(np.float64), np.eye(3), np.full(28, 0.9))
    corners = np.array([[0.0, 0.0], [640.0, 0.0], [0.0, 640.0], [640.0, 640.0]])
    ours = found.located.alignment.to_frame(place(corners))
    assert np.linalg.norm(ours - straight.to_frame(corners), axis=1).max() < 1
    assert found.aligned is not None
    expected = warp(front, straight.to_frame)
    inside = (found.aligned.inside == 255) & (expected.inside == 255)
    both = (found.aligned.picture, expected.picture)
    mine, true = (p.on((255, 255, 255)).rgba[inside, :3].astype(float) for p in both)
    assert 20 * np.log10(255 / np.sqrt(((mine - true) ** 2).mean())) > 24
    solid, wanted = (p.rgba[..., 3][inside] > 127 for p in both)
    assert (solid & wanted).sum() / (solid | wanted).sum() > 0.97
