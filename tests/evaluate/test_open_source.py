"""What an open benchmark hands over: truths of both modes, pictures of all tracks."""

import shutil

import numpy as np
import pytest

from panic3d.errors import ConfigError, DatasetError, PictureError, WeightsError
from panic3d.evaluate.open_bench.read import OpenCase, read_benchmark
from panic3d.evaluate.open_source import open_source
from panic3d.evaluate.paper_truth import paper_surface
from panic3d.evaluate.preparations import Preparation, landmarks_m
from panic3d.evaluate.surface_metrics import point_distances
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.align import head_turn
from panic3d.pipeline.mean_face import frame_pixels, mean_face, turned
from panic3d.pipeline.prepare import Preparer
from tests.pipeline.made_portraits import made, networks, untrained_files

from .small import SIZE, small_benchmark

pytest.importorskip("igl", reason="libigl is not installed: pip install 'panic3d[eval]'")

IDEAL = Preparation(name="ideal")


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory, rasteriser):
    return small_benchmark(tmp_path_factory.mktemp("benchmarks"))


def test_each_mode_has_its_true_surface(benchmark):
    """Oracles: the surface that was written; the paper's, of the model that was written."""
    opened, case = open_source(benchmark).open(), read_benchmark(benchmark).cases[0]
    fixed, paper = (opened.truth(case.name, mode) for mode in ("fixed", "paper"))
    expected = paper_surface(case.folder / "character.vrm")
    assert np.array_equal(paper.surface.vertices, expected.vertices)
    assert np.array_equal(paper.surface.faces, expected.faces)
    assert np.array_equal(fixed.surface.vertices, case.truth().surface.vertices)
    assert len(fixed.surface.faces) != len(paper.surface.faces)
    # Both are of one head in one frame.
    assert np.median(point_distances(paper.surface.vertices, fixed.surface)) < 0.01
    assert fixed.depths and fixed.normals and not paper.depths and not paper.normals


def test_a_broken_model_is_named(benchmark, tmp_path):
    shutil.copytree(benchmark, tmp_path / "own")
    case = read_benchmark(tmp_path / "own").cases[0]
    (case.folder / "character.vrm").write_bytes(b"glTF")
    with pytest.raises(DatasetError, match=r"character\.vrm cannot be read .* benchmark make"):
        case.truth("paper")
    assert len(case.truth("fixed").surface.faces)


def test_drawings_have_landmarks_and_renders_need_none(benchmark):
    opened, case = open_source(benchmark).open(), read_benchmark(benchmark).cases[0]
    drawing = opened.picture(case.name, "aligned", None)
    assert drawing.landmarks is not None
    assert np.array_equal(drawing.picture, case.aligned().illustration)
    assert np.array_equal(drawing.landmarks, case.landmarks("front").points)
    render = opened.picture(case.name, "render", None)
    assert np.array_equal(render.picture, case.truth().views["front"])
    assert render.landmarks is None and render.camera_from_head is None
    with pytest.raises(ConfigError, match="nothing prepares"):
        opened.picture(case.name, "wild", None)


def test_an_ideally_prepared_head_lies_where_turning_it_back_brings_it_upon_the_truth(benchmark):
    """Oracle: the true landmarks, turned as the head is handed over, in the frame."""
    opened = open_source(benchmark).open()
    seen = []
    for case in read_benchmark(benchmark).cases:
        found, wild = opened.picture(case.name, "wild", IDEAL), case.wild()
        turn = found.camera_from_head
        assert turn is not None and found.landmarks is not None
        assert found.picture.shape == (SIZE, SIZE, 4) and found.line_free is None
        assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-5) and abs(turn[0, 1]) < 0.05
        expected = frame_pixels(turned(landmarks_m(case), turn)) * SIZE / 512
        off = np.linalg.norm(found.landmarks - expected, axis=1).mean()
        straight = case.landmarks("front").points
        assert off < 0.01 * SIZE
        seen.append(np.linalg.norm(found.landmarks - straight, axis=1).mean() - off)
        alike = np.trace(wild.rotation @ turn.T)
        assert alike > 1 + 2 * np.cos(np.radians(abs(wild.head_deg[2]) + 5))
        assert found.inside is not None and found.inside.shape == (SIZE, SIZE)
        assert 0.1 < (found.inside > 127).mean()
        assert (found.picture[..., 3] <= found.inside.astype(int) + 2).all()
    assert max(seen) > 0.005 * SIZE  # unturned they would lie elsewhere


def test_landmarks_in_space_are_those_of_every_view(benchmark):
    """Oracle: the view from behind."""
    case = read_benchmark(benchmark).cases[0]
    back = frame_pixels(landmarks_m(case) * (-1, 1, -1)) * SIZE / 512
    np.testing.assert_allclose(back, case.landmarks("back").points, atol=1e-3)


# Our own preparation


class Drawn(OpenCase):
    """A case whose wild picture is made up."""

    path = None

    def wild(self):
        return self

    size = SIZE


@pytest.fixture
def drawn(tmp_path):
    portrait = made((640, 480), [Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))])
    case = Drawn("made", "procedural", (), (), "", tmp_path)
    Picture(portrait.picture.rgba).save(tmp_path / "picture.png")
    object.__setattr__(case, "path", tmp_path / "picture.png")
    return case, portrait


def test_our_own_preparation_hands_all_over_that_it_found(drawn, monkeypatch):
    """Oracle: the preparation itself, whose aligned picture is four times as large."""
    case, portrait = drawn
    preparer = Preparer(networks(portrait, monkeypatch))
    monkeypatch.setattr(Preparer, "from_pretrained", lambda *_, **__: preparer)
    found = Preparation(name="panic3d").open()(case)
    expected = preparer.prepare(case.path)
    assert found.line_free is not None and expected.aligned is not None
    assert found.landmarks is not None and found.camera_from_head is not None
    assert found.picture.shape == found.line_free.shape == (SIZE, SIZE, 4)
    assert not np.array_equal(found.picture, found.line_free)
    assert found.inside is not None and found.inside.shape == (SIZE, SIZE)
    assert abs(found.inside.mean() - expected.aligned.inside.mean()) < 1
    large = expected.aligned.picture.rgba[..., 3].astype(float)
    small = large.reshape(SIZE, 4, SIZE, 4).mean((1, 3))
    assert np.abs(found.picture[..., 3] - small).mean() < 3
    np.testing.assert_allclose(found.landmarks, mean_face().pixels() * SIZE / 512, atol=1e-3)
    np.testing.assert_allclose(found.camera_from_head, head_turn(0.0, 0.0, 0.0), atol=0.01)


def test_a_picture_without_a_face_is_said_to_have_none(drawn, monkeypatch):
    case, portrait = drawn
    preparer = Preparer(networks(portrait, monkeypatch, blind=True))
    monkeypatch.setattr(Preparer, "from_pretrained", lambda *_, **__: preparer)
    with pytest.raises(PictureError, match="face"):
        Preparation(name="panic3d").open()(case)


def test_the_digest_of_a_preparation_is_that_of_its_weights(tmp_path):
    folder = untrained_files(tmp_path)
    ours = Preparation(name="panic3d", weights=str(folder))
    before = ours.digest
    assert len(before) == 16
    assert Preparation(name="panic3d", weights=str(folder), device="cuda").digest != before
    (tmp_path / "matting.safetensors").unlink()
    with pytest.raises(WeightsError, match="matting"):
        _ = ours.digest
    assert IDEAL.digest == ""
