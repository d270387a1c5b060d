"""From a picture file to a head."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from panic3d import Reconstructor
from panic3d.config import to_dict
from panic3d.errors import ConfigError, PictureError, ShapeError, WeightsError
from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.head import Settings
from panic3d.pipeline.prepare import Prepared
from panic3d.pipeline.untrained import demo_config, random_generator

from .conftest import CONFIG

SMALL = Settings(volume_resolution=32, coarse_samples=12, fine_samples=12, render_resolution=16)


@pytest.fixture
def portrait(tmp_path):
    rgba = np.zeros((40, 40, 4), np.uint8)
    rgba[10:30, 12:28] = (200, 30, 60, 255)
    Image.fromarray(rgba).save(tmp_path / "portrait.png")
    return tmp_path / "portrait.png"


def test_untrained_networks_are_the_same_for_a_seed(portrait):
    views = [
        Reconstructor.from_pretrained("random", SMALL, seed=seed)
        .reconstruct(portrait, aligned=True)
        .render(azimuth_deg=20.0)
        .rgba
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(views[0], views[1])
    assert not np.array_equal(views[0], views[2])


def test_drawing_an_untrained_network_leaves_the_global_chance_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    random_generator(demo_config(), 0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_transparent_portrait_is_seen_on_white(generator, portrait):
    """Oracle: the paper's convention."""
    reconstructor = Reconstructor(random_generator(demo_config(), 0), SMALL)
    front = reconstructor.reconstruct(portrait).inner.front
    assert front is not None
    assert front.shape == (1, 3, 512, 512)
    assert front[0, :, 0, 0].tolist() == [1, 1, 1]
    assert front[0, 0, 256, 256] == pytest.approx(200 / 255, abs=1e-3)


def test_a_network_that_needs_features_says_so(generator, portrait):
    with pytest.raises(ShapeError, match="resnet_chonk"):
        Reconstructor(generator, SMALL).reconstruct(portrait)
    features = torch.zeros(1, 16, 8, 8)
    head = Reconstructor(generator, SMALL).reconstruct(portrait, features=features)
    assert head.render().size == (CONFIG.image_size, CONFIG.image_size)


def test_a_mesh_is_saved_as_ply_and_nothing_else(generator, portrait, tmp_path):
    head = Reconstructor(generator, SMALL).reconstruct(portrait, features=torch.zeros(1, 16, 8, 8))
    mesh = head.mesh()
    mesh.save(tmp_path / "head.ply")
    assert (tmp_path / "head.ply").read_bytes().startswith(b"ply\n")
    with pytest.raises(ConfigError, match=r"\.ply"):
        mesh.save(tmp_path / "head.xyz")


def test_pictures_that_cannot_be_used_are_refused(generator, tmp_path):
    reconstructor = Reconstructor(generator, SMALL)
    with pytest.raises(PictureError, match="no picture"):
        reconstructor.reconstruct(tmp_path / "nothing.png")
    Image.new("RGB", (30, 20)).save(tmp_path / "wide.png")
    with pytest.raises(PictureError, match="square"):
        reconstructor.reconstruct(tmp_path / "wide.png")


def test_unknown_weights_are_refused_with_what_there_is(tmp_path):
    with pytest.raises(WeightsError):
        Reconstructor.from_pretrained("no-such-weights", folder=tmp_path)
    with pytest.raises(WeightsError):
        Reconstructor.from_pretrained(tmp_path / "none.safetensors")


def test_a_configuration_survives_json():
    """Invariant: there and back."""
    from panic3d.config import from_dict

    again = from_dict(GeneratorConfig, json.loads(json.dumps(to_dict(CONFIG))))
    assert again == CONFIG


def test_what_a_prepared_picture_shows_is_not_said_again(tmp_path):
    """Nothing is computed: the contradiction is seen first."""
    prepared = object.__new__(Prepared)
    reconstructor = Reconstructor.from_pretrained("open-v1", folder=tmp_path)
    with pytest.raises(ConfigError, match="leave inside out"):
        reconstructor.reconstruct(prepared, inside=np.full((512, 512), 255, np.uint8))
