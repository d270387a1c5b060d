"""How much characters differ."""

import numpy as np

from panic3d.characters.variety import (
    Looks,
    best_matches,
    colour_distance,
    look,
    near_identical,
    outline_ious,
    tag_shares,
)
from tests.characters.fakes import FAMILIES, make_fake


def discs(*rows: tuple[float, float, float]) -> Looks:
    """Discs of a radius, a shift to the right (pixels of 128) and a grey."""
    y, x = np.mgrid[:128, :128] - 63.5
    parts = []
    for radius, shift, grey in rows:
        inside = np.hypot(x - shift, y) < radius
        colours = np.zeros((1, 2, 64, 64, 4), np.uint8)
        colours[..., :3] = round(grey * 255)
        colours[..., 3] = inside[::2, ::2] * 255
        outlines = np.packbits(inside)[None, None].repeat(2, 1)
        parts.append(Looks(outlines, colours))
    return Looks.together(parts)


def test_overlaps_are_those_of_the_pixels():
    """Oracle: counted pixel by pixel."""
    looks = discs((40, 0, 0.5), (40, 9, 0.5), (20, 0, 0.5))
    bits = np.unpackbits(looks.outlines, axis=-1).astype(bool)
    found = outline_ious(looks, looks)
    for i in range(3):
        for j in range(3):
            for view in range(2):
                a, b = bits[i, view], bits[j, view]
                assert found[i, j, view] == np.float32((a & b).sum() / (a | b).sum())


def test_colours_are_compared_where_either_is():
    """Oracle: discs of one form differ by their greys; one against nothing by its own."""
    looks = discs((40, 0, 0.2), (40, 0, 0.6), (10, 0, 0.6))
    one, other, small = looks.colours
    assert abs(colour_distance(one, other) - 0.4) < 0.01
    assert colour_distance(one, one) == 0
    share = (10 / 40) ** 2
    assert abs(colour_distance(other, small) - 0.6 * (1 - share)) < 0.01


def test_pairs_are_near_identical_only_if_outline_and_colour_both_are():
    looks = discs((40, 0, 0.5), (40, 0, 0.52), (40, 0, 0.8), (36, 0, 0.5), (40, 0.5, 0.51))
    assert {(pair.one, pair.other) for pair in near_identical(looks)} == {(0, 1), (0, 4), (1, 4)}


def test_the_match_of_a_model_is_good_from_both_sides():
    made = discs((40, 0, 0.5), (32, 0, 0.5), (20, 0, 0.5))
    half = made.outlines.copy()
    half[0, 1] = made.outlines[2, 1]  # the first one's side is the third's
    (match,) = best_matches(discs((38, 0, 0.1)), Looks(half, made.colours))
    assert match.number == 1
    (match,) = best_matches(discs((38, 0, 0.1)), made)
    assert match.number == 0 and abs(match.front_iou - (38 / 40) ** 2) < 0.01


def test_shares_of_tags():
    found = tag_shares([["a", "b"], ["b", "b"], ["b"], ["c"]])
    assert list(found.items()) == [("b", 0.75), ("a", 0.25), ("c", 0.25)]


def test_a_character_is_like_itself_and_unlike_a_wider_one(rasteriser):
    made = [make_fake(seed, FAMILIES).character for seed in (1, 1, 2)]
    looks = Looks.together(look(character, rasteriser) for character in made)
    assert {(pair.one, pair.other) for pair in near_identical(looks)} == {(0, 1)}
    assert outline_ious(looks, looks)[0, 0].min() == 1
    area = np.unpackbits(looks.outlines, axis=-1).mean(-1)
    assert (area > 0.02).all() and (area < 0.5).all()
