"""The tagger's features of a portrait."""

import numpy as np
import pytest
import torch

from panic3d.image import Picture
from panic3d.models.tagger import FeatureProjection, FeatureProjectionConfig, Tagger, TaggerConfig
from panic3d.pipeline.features import feature_map, feature_vector


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    tagger = Tagger(TaggerConfig(tags=3, size=64)).eval()
    projection = FeatureProjection(FeatureProjectionConfig(components=6))
    with torch.no_grad():
        projection.components.copy_(torch.randn(6, 2048) / 45)
        projection.mean.copy_(torch.rand(2048))
    return tagger, projection


@pytest.fixture(scope="module")
def portrait():
    rng = np.random.default_rng(0)
    return Picture(rng.integers(0, 256, (128, 128, 4), dtype=np.uint8))


def close(a, b):
    torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


def test_a_mirrored_portrait_gives_the_same_pair_the_other_way_round(networks, portrait):
    """Oracle: the portrait mirrored beforehand."""
    found = feature_map(portrait, *networks)
    mirrored = Picture(np.ascontiguousarray(portrait.rgba[:, ::-1]))
    assert found.shape == (2, 6, 2, 2) and not found.requires_grad
    close(feature_map(mirrored, *networks).flip(0), found)
    assert not torch.allclose(found[0], found[1], atol=1e-3)
    # The second is of the mirror image, and no mirror image of the first.
    assert not torch.allclose(found[1], found[0].flip(-1), atol=1e-3)


def test_the_mean_of_the_map_is_the_vector(networks, portrait):
    """Oracle: pooling and projecting commute."""
    close(feature_map(portrait, *networks).mean((2, 3)), feature_vector(portrait, *networks))


def test_portraits_are_seen_on_black(networks, portrait):
    """Oracle: the same laid on black beforehand; on white it is another one."""
    found = feature_map(portrait, *networks)
    close(feature_map(portrait.on((0, 0, 0)), *networks), found)
    white = feature_map(portrait.on((255, 255, 255)), *networks)
    assert not torch.allclose(white, found, atol=1e-3)
