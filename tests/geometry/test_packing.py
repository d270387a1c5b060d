import numpy as np
import pytest

from panic3d.geometry.packing import packed


def overlaps(at, extents):
    canvas = np.zeros((at + extents).max(0)[::-1], int)
    for (x, y), (w, h) in zip(at, extents, strict=True):
        canvas[y : y + h, x : x + w] += 1
    return canvas.max() > 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("first", [0, 2])
def test_boxes_do_not_overlap_and_stay_within(seed, first):
    chance = np.random.default_rng(seed)
    extents = np.ceil(chance.exponential(20, (60, 2))).astype(np.int64) + 1
    at = packed(extents, 400, 500, first=first)
    assert at is not None
    assert not overlaps(at, extents)
    assert at.min() >= 0 and ((at + extents) <= (400, 500)).all()


def test_the_first_come_first():
    extents = np.array([[10, 10], [10, 12], [30, 90]], np.int64)
    at = packed(extents, 100, 200, first=2)
    assert at is not None and at.tolist() == [[0, 0], [10, 0], [20, 0]]


def test_low_boxes_are_stacked():
    """Oracle: they fit only so."""
    extents = np.array([[50, 50], *[[50, 10]] * 5], np.int64)
    at = packed(extents, 100, 50)
    assert at is not None and not overlaps(at, extents)


def test_what_does_not_fit_is_said():
    assert packed(np.array([[11, 1]], np.int64), 10, 10) is None
    assert packed(np.array([[6, 6], [6, 6]], np.int64), 10, 10) is None
    nothing = packed(np.zeros((0, 2), np.int64), 10, 10)
    assert nothing is not None and len(nothing) == 0
