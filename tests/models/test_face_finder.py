"""Maps of faces: made, read back, compared."""

from typing import Any

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.models.face_finder import (
    FaceBoxes,
    FaceFinder,
    FaceFinderConfig,
    boxes_of,
    face_finder_loss,
    heat_target,
    without_doubles,
)

SMALL = FaceFinderConfig(image_size=64, channels=(8, 16, 16), blocks=(0, 1, 1))
BOXES = np.array([[4.0, 6.0, 30.5, 33.0], [40.0, 41.0, 47.0, 50.0], [60.0, 4.0, 90.0, 40.0]])


def perfect(boxes, rows=24, columns=24):
    heat, maps = (torch.from_numpy(each)[None] for each in heat_target(boxes, rows, columns))
    logits = torch.logit(heat.clamp(1e-4, 0.999))
    return torch.cat([logits[:, None], maps[:, 1:]], 1), heat, maps


def test_perfect_maps_give_back_the_boxes_they_were_made_of():
    """Oracle: the boxes."""
    found = boxes_of(perfect(BOXES)[0][0])
    order = np.argsort(found.boxes[:, 0])
    np.testing.assert_allclose(found.boxes[order], BOXES, atol=1e-4)
    assert (found.scores > 0.99).all()


def test_a_face_whose_middle_is_outside_and_no_face_give_nothing():
    outside = np.array([[-40.0, 2.0, 10.0, 30.0]])
    for boxes in (outside, np.zeros((0, 4))):
        maps, _, target = perfect(boxes)
        assert target.sum() == 0 and len(boxes_of(maps[0]).boxes) == 0


def test_the_loss_is_least_for_perfect_maps_and_blind_where_weights_are_nothing():
    maps, heat, target = perfect(BOXES)
    ones = torch.ones_like(heat)
    best = face_finder_loss(maps, heat, target, ones)
    assert best.size == best.place == 0
    off = maps.clone()
    off[:, 0, 20, 2] = 4.0  # a face where there is none
    off[:, 1] += 0.5
    worse = face_finder_loss(off, heat, target, ones)
    assert worse.heat > best.heat + 1 and worse.size == pytest.approx(0.5)
    ones[:, 20, 2] = 0
    torch.testing.assert_close(face_finder_loss(off, heat, target, ones).heat, best.heat)


def test_doubles_go_and_neighbours_stay():
    boxes = np.array(
        [[0.0, 0, 10, 10], [1, 1, 11, 11], [2, 2, 6, 6], [20, 0, 30, 10], [9, 0, 19, 10]]
    )
    kept = without_doubles(FaceBoxes(boxes, np.array([0.5, 0.9, 0.8, 0.4, 0.3])))
    assert kept.scores.tolist() == [0.9, 0.4, 0.3]
    assert len(without_doubles(FaceBoxes(np.zeros((0, 4)), np.zeros(0))).boxes) == 0


def test_the_network_has_half_a_million_numbers_and_a_cell_of_four_pixels():
    count = sum(p.numel() for p in FaceFinder(FaceFinderConfig()).parameters())
    assert 400_000 < count < 600_000
    maps = FaceFinder(SMALL)(torch.rand(2, 3, 64, 32))
    assert maps.shape == (2, 5, 16, 8)
    assert (maps[:, 0].sigmoid() < 0.2).all()  # before anything is learned it sees no faces


def test_sizes_that_do_not_fit_are_refused(unchecked):
    with pytest.raises(ShapeError, match="multiples of 8"):
        FaceFinder(SMALL)(torch.rand(1, 3, 60, 64))
    values: dict[str, Any] = {"image_size": 64, "channels": (8, 16, 16), "blocks": (0, 1, 1)}
    for change in ({"image_size": 60}, {"channels": (9, 16, 16)}, {"blocks": (1,)}):
        with pytest.raises(ConfigError):
            FaceFinderConfig(**(values | change))
