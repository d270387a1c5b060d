"""Landmarks of remixed characters, which lie on other people's meshes."""

import numpy as np
import pytest

from panic3d.characters.remix import Library, make_remix
from tests.characters.picked import off_picks

FACES = (*range(500, 517), *range(600, 617))
"""Seeds. Among them are all faces, brows and mouths of the shared models."""


@pytest.fixture(scope="module")
def library(shared_models):
    return Library.load(shared_models[0].parent)


def test_landmarks_lie_on_what_is_drawn(library, rasteriser):
    """Oracle: extremes of the features in id pictures, which know nothing of the mesh.

    Ears are off: the face's outline, 0 and 4, is its skin's. Brows end where less than half of
    their colour is left, which for thin ends depends a little on the size of the picture.
    """
    found = np.array([off_picks(rasteriser, make_remix(library, seed)) for seed in FACES])
    assert not np.isnan(found).any()
    assert found.max() < 0.01
    assert np.median(found, axis=0).max() < 0.003
