"""Networks: fed as the pipeline feeds them, judged as they are shipped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, WeightsError
from panic3d.evaluate.cases import VIEW_NAMES
from panic3d.evaluate.network_predictor import Network, _Judged, truncated
from panic3d.evaluate.predictors import Given, Tools, read_head
from panic3d.evaluate.protocol import case_generator
from panic3d.evaluate.surface_metrics import Triangles, compare_surfaces
from panic3d.geometry.cameras import evaluation_cameras
from panic3d.geometry.posing import rotation
from panic3d.geometry.similarity import Similarity
from panic3d.geometry.turning import turned_back
from panic3d.image import Picture
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.features import feature_map
from panic3d.pipeline.lines import remove_lines
from panic3d.pipeline.mean_face import BONE
from panic3d.pipeline.reconstruct import Head
from panic3d.render.volume import PAPER_CLOUDS
from panic3d.weights import specs
from panic3d.weights.load import load_feature_projection, load_linefill, load_tagger
from tests.pipeline.made_portraits import made

from .balls import OpenedBalls
from .small import CONFIG, FAST, SIZE, make_fast, tiny_weights

OURS = Path("nowhere")
"""Weights that are part of the package lie elsewhere."""

VOXEL = 0.7 / FAST.volume_resolution


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    make_fast(monkeypatch)


@pytest.fixture(scope="module")
def portrait():
    return made((SIZE, SIZE), [Similarity(scale=SIZE / 512)], ground="clear")


@pytest.fixture(scope="module")
def given(portrait, rasteriser):
    truth = OpenedBalls().truth("ball-0")
    views = dict.fromkeys(VIEW_NAMES, np.zeros((SIZE, SIZE, 4), np.uint8))
    truth = replace(truth, views=views, depths={}, normals={})
    return Given("ball-0", "aligned", portrait.picture.rgba, truth, landmarks=portrait.landmarks[0])


def surface_of(prediction):
    assert prediction.surface is not None
    return prediction.surface


def network(path, **options):
    return Network(str(path), path.parent, **options)


# What it is fed


def test_a_network_gets_the_features_of_the_drawing_and_looks_at_it_without_lines(
    weights, given, portrait
):
    """Oracles: the pipeline's own functions, with the same files."""
    judged, folder = _Judged(network(weights), Tools()), weights.parent
    looked_at, features = judged._fed(given)
    assert features is not None
    tagger = load_tagger(folder / "tagger.safetensors", folder)
    projection = load_feature_projection(folder / "features_pca.safetensors", folder)
    torch.testing.assert_close(features, feature_map(portrait.picture, tagger, projection)[:1])
    assert features.shape == (1, 16, 8, 8) and features.std() > 0
    filler = load_linefill(folder / "linefill.safetensors", folder)
    removed = remove_lines(portrait.picture, portrait.landmarks[0], filler)
    assert removed.lines.any()
    assert np.array_equal(looked_at.rgba, removed.picture.rgba)
    front = judged.head(given).inner.front
    assert front is not None
    assert torch.equal(front, tensor_of(looked_at.on((255, 255, 255))))
    on_paper = judged._fed(replace(given, mode="paper"))[0]
    removed = remove_lines(portrait.picture, portrait.landmarks[0], filler, mode="paper")
    assert np.array_equal(on_paper.rgba, removed.picture.rgba)


def test_renders_have_no_lines_and_a_preparation_has_removed_them_already(weights, given):
    judged = _Judged(network(weights), Tools())
    render = replace(given, landmarks=None)
    assert np.array_equal(judged._fed(render)[0].rgba, given.picture)
    other = given.picture[:, ::-1].copy()
    assert np.array_equal(judged._fed(replace(given, line_free=other))[0].rgba, other)


def test_our_own_network_looks_at_the_drawing(given):
    network = Network("open-v1", folder=OURS)
    assert network.config is None and network.digest != replace(network, seed=1).digest
    looked_at, features = _Judged(network, Tools())._fed(given)
    assert np.array_equal(looked_at.rgba, given.picture) and features is None


def test_our_own_network_is_told_what_the_picture_shows(given):
    """Property: where the picture ends below the chin, a bust goes on that is else cut there."""
    judged = _Judged(Network("open-v1", folder=OURS), Tools())
    ended = given.picture.copy()
    ended[SIZE * 3 // 4 :] = 0
    inside = np.full((SIZE, SIZE), 255, np.uint8)
    inside[SIZE * 3 // 4 :] = 0
    lowest = [
        judged.head(replace(given, picture=ended, inside=shown)).inner.mesh().vertices[:, 1].min()
        for shown in (None, inside)
    ]
    assert lowest[1] < lowest[0] - 0.03


@pytest.mark.parametrize("helper", ["tagger", "features_pca"])
def test_a_network_without_what_feeds_it_stops(tmp_path, helper):
    path = tiny_weights(tmp_path)
    (tmp_path / f"{helper}.safetensors").unlink()
    with pytest.raises(WeightsError, match="cannot be used without"):
        network(path).open(Tools())


def test_a_line_filler_is_missed_only_where_there_are_lines(tmp_path, given, monkeypatch):
    monkeypatch.setitem(specs.ALIASES, "open", ("open-v1",))
    path = tiny_weights(tmp_path, linefill=False)
    judged = _Judged(network(path), Tools())
    assert judged._fed(replace(given, landmarks=None))[1] is not None
    with pytest.raises(WeightsError, match="the line filler that makes what it looks at"):
        judged.predict(given)


def test_helpers_may_lie_in_another_folder(weights, tmp_path):
    alone = tmp_path / weights.name
    alone.write_bytes(weights.read_bytes())
    alone.with_suffix(".json").write_bytes(weights.with_suffix(".json").read_bytes())
    with pytest.raises(WeightsError, match="--prepare-weights"):
        network(alone).open(Tools())
    helped = network(alone, helpers=str(weights.parent))
    assert helped.helper("linefill") == weights.parent / "linefill.safetensors"
    assert callable(helped.open(Tools()))
    assert helped.digest == network(weights).digest != network(alone).digest


def test_networks_that_do_not_fit_are_refused(tmp_path, given):
    few = tiny_weights(tmp_path / "few", components=8)
    with pytest.raises(WeightsError, match="takes 16 features and the projection makes 8"):
        network(few).open(Tools())
    sides = replace(CONFIG, cond_mode=f"{CONFIG.cond_mode}.gt_sides")
    with pytest.raises(ConfigError, match="true side views"):
        _ = network(tiny_weights(tmp_path / "sides", sides)).digest
    large = tiny_weights(tmp_path / "large", replace(CONFIG, image_size=256))
    with pytest.raises(ConfigError, match="draws views of 256 pixels"):
        _Judged(network(large), Tools()).predict(given)


def test_digests_tell_what_predictions_depend_on(weights, tmp_path):
    same = network(weights)
    other = tiny_weights(tmp_path, linefill=False)
    found = [same, replace(same, seed=1), replace(same, device="cuda"), network(other)]
    assert len({each.digest for each in found}) == 4
    assert same.digest == network(weights).digest


# What is compared


def test_paper_mode_is_the_papers(weights, given):
    """Oracle: the head's own raw surface and views, cropped, truncated."""
    judged = _Judged(network(weights), Tools())
    given = replace(given, mode="paper", camera_from_head=rotation(0.0, 20.0, 0.0))
    found, inner = judged.predict(given), judged.head(given).inner
    assert inner.settings.clouds == PAPER_CLOUDS
    assert np.array_equal(surface_of(found).vertices, inner.mesh("paper").vertices)
    assert np.abs(surface_of(found).vertices[:, [0, 2]]).max() <= 0.25 + VOXEL
    camera = evaluation_cameras()["left"]
    exact = inner.view(camera).image.numpy().transpose(1, 2, 0).clip(0, 1) * 255
    assert np.array_equal(found.views["left"][..., :3], np.floor(exact).astype(np.uint8))
    assert not np.array_equal(np.floor(exact), np.rint(exact))
    assert all((view[..., 3] == 255).all() for view in found.views.values())
    assert not found.depths and not found.normals


def test_fixed_mode_is_what_is_shipped_and_nothing_is_cropped(weights, given):
    judged = _Judged(network(weights), Tools())
    depths = dict.fromkeys(VIEW_NAMES, np.ones((SIZE, SIZE), np.float32))
    normals = dict.fromkeys(VIEW_NAMES, np.ones((SIZE, SIZE, 3), np.float32))
    given = replace(given, truth=replace(given.truth, depths=depths, normals=normals))
    head = judged.head(given)
    found = judged._fixed(head, given)
    assert np.array_equal(surface_of(found).vertices, head.mesh().textured.vertices)
    assert np.abs(surface_of(found).vertices[:, [0, 2]]).max() > 0.3
    assert set(found.depths) == set(found.normals) == given.maps.depths > {"front", "back"}
    assert all(np.isfinite(depth).any() for depth in found.depths.values())
    on_white = Picture(found.views["back"]).on((255, 255, 255)).rgba[..., :3].astype(int)
    shown = head.picture(evaluation_cameras()["back"]).on((255, 255, 255)).rgba[..., :3]
    assert np.abs(on_white - shown).max() <= 1
    # Of a turned head the mesh is drawn, upright: what is opaque is where it has depth.
    turned = judged._fixed(Head(head.inner, rotation(0.0, 30.0, 0.0)), given)
    solid = turned.views["front"][..., 3] == 255
    assert solid.any() and np.isfinite(turned.depths["front"][solid]).mean() > 0.98


def test_weights_and_their_saved_head_are_one(given, tmp_path):
    """Oracle: what `panic3d reconstruct` saves, read again."""
    tools, turn = Tools(), rotation(0.0, 25.0, 0.0)
    judged = _Judged(Network("open-v1", folder=OURS), tools)
    head = judged.head(replace(given, camera_from_head=turn))
    found = judged._fixed(head, given)
    head.mesh().save(tmp_path / "head.glb")
    for view, camera in evaluation_cameras().items():
        head.picture(camera).save(tmp_path / "views" / f"{view}.png")
    saved = read_head(tmp_path, tools, SIZE)
    np.testing.assert_allclose(surface_of(saved).vertices, surface_of(found).vertices, atol=1e-6)
    assert all(np.array_equal(saved.views[v], found.views[v]) for v in VIEW_NAMES)
    # It is the head of the portrait, turned back about its bone.
    straight = Head(head.inner).mesh().textured
    x, y, z = BONE.tolist()
    vertices, _ = turned_back(straight.vertices, straight.normals, turn, (x, y, z))
    expected = Triangles(vertices.astype(np.float64), straight.faces)
    assert compare_surfaces(surface_of(found), expected, case_generator("x")).chamfer_m < 1e-3


def test_our_raw_surface_in_paper_mode(given):
    judged = _Judged(Network("open-v1", folder=OURS), Tools())
    given = replace(given, mode="paper")
    found, head = judged.predict(given), judged.head(given)
    raw = head.inner.looked_at(replace(head.inner.settings, clouds=PAPER_CLOUDS))
    assert np.array_equal(surface_of(found).vertices, raw.mesh("paper").vertices)
    assert np.array_equal(found.views["front"], head.picture(evaluation_cameras()["front"]).rgba)


def test_nothing_at_all_is_an_empty_head(given):
    clear = replace(given, picture=np.zeros_like(given.picture))
    judged = _Judged(Network("open-v1", folder=OURS), Tools())
    for mode in ("fixed", "paper"):
        found = judged.predict(replace(clear, mode=mode))
        assert found.surface is None and set(found.views) == set(VIEW_NAMES)
        assert not any(view.any() for view in found.views.values())


def test_pictures_are_cut_off_not_rounded():
    image = torch.tensor([0.0, 0.999, 1.2]).reshape(3, 1, 1)
    assert truncated(image).tolist() == [[[0, 254, 255, 255]]]
