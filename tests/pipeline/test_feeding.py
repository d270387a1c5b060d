"""Features of the portrait for networks of the paper's kind: made where they are needed."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from panic3d import Reconstructor
from panic3d.cli.main import main
from panic3d.errors import WeightsError
from panic3d.image import Picture
from panic3d.pipeline.features import feature_map
from panic3d.pipeline.feeding import load_feeding
from panic3d.pipeline.prepare import Preparer
from panic3d.weights.load import load_feature_projection, load_tagger
from tests.evaluate.small import FAST, SIZE, tiny_weights

from .made_portraits import made, networks
from .test_prepare import PLACE


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def drawing():
    rgba = np.zeros((SIZE, SIZE, 4), np.uint8)
    rgba[30:100, 40:90] = (200, 30, 60, 255)
    rgba[50:60, 50:80] = (20, 20, 90, 255)
    return Picture(rgba)


def expected(weights, drawing):
    tagger = load_tagger(weights.parent / "tagger.safetensors", weights.parent)
    path = weights.parent / "features_pca.safetensors"
    return feature_map(drawing, tagger, load_feature_projection(path, weights.parent))[:1]


def test_features_are_those_of_the_drawing(weights, drawing):
    """Oracle: the tagger and the projection, one after the other."""
    reconstructor = Reconstructor.from_pretrained(weights, FAST)
    mine = reconstructor.reconstruct(drawing, aligned=True)
    features = expected(weights, drawing)
    theirs = reconstructor.reconstruct(drawing, aligned=True, features=features)
    other = reconstructor.reconstruct(drawing, aligned=True, features=features + 1)
    assert torch.equal(mine.inner.planes, theirs.inner.planes)
    assert not torch.equal(mine.inner.planes, other.inner.planes)
    found = reconstructor.feeding()
    assert found is not None and found is reconstructor.feeding()
    assert [used.network for used in found.fed_by] == ["tagger", "features_pca"]


def test_an_opaque_drawing_on_white_is_laid_on_black(weights, drawing):
    reconstructor = Reconstructor.from_pretrained(weights, FAST)
    opaque = drawing.on((255, 255, 255))
    found = [reconstructor.reconstruct(p, aligned=True).inner for p in (drawing, opaque)]
    assert torch.allclose(found[0].planes, found[1].planes, atol=1e-5)


def test_a_prepared_portrait_is_looked_at_with_its_lines(weights, monkeypatch):
    portrait = made((640, 480), [PLACE])
    prepared = Preparer(networks(portrait, monkeypatch)).prepare(portrait.picture)
    assert prepared.aligned is not None and prepared.lines is not None
    assert not np.array_equal(prepared.aligned.picture.rgba, prepared.result.rgba)
    reconstructor = Reconstructor.from_pretrained(weights, FAST)
    mine = reconstructor.reconstruct(prepared)
    features = expected(weights, prepared.aligned.picture)
    theirs = reconstructor.reconstruct(prepared, features=features)
    assert torch.equal(mine.inner.planes, theirs.inner.planes)


def test_without_a_tagger_it_says_what_to_do(tmp_path, drawing):
    path = tiny_weights(tmp_path)
    features = expected(path, drawing)
    (tmp_path / "tagger.safetensors").unlink()
    reconstructor = Reconstructor.from_pretrained(path, FAST, folder=tmp_path / "none")
    with pytest.raises(WeightsError, match="weights convert"):
        reconstructor.reconstruct(drawing, aligned=True)
    reconstructor.reconstruct(drawing, aligned=True, features=features)


def test_too_few_features_are_refused(weights):
    with pytest.raises(WeightsError, match="takes 17 features and the projection makes 16"):
        load_feeding("mine", weights, 17, weights.parent)


def test_one_command_feeds_it_and_reports_what_fed_it(weights, drawing, tmp_path, monkeypatch):
    monkeypatch.setattr("panic3d.pipeline.reconstruct.Settings", lambda: FAST)
    Image.fromarray(drawing.rgba).save(tmp_path / "portrait.png")
    arguments = ["reconstruct", str(tmp_path / "portrait.png"), "--aligned", "--out"]
    arguments += [str(tmp_path / "head"), "--stop-after", "field", "--weights", str(weights)]
    assert main([*arguments, "--device", "cpu"]) == 0
    report = json.loads((tmp_path / "head" / "report.json").read_text())
    assert {"reconstructor", "tagger", "features_pca"} <= {
        each["network"] for each in report["weights"]
    }
