import numpy as np

from panic3d.geometry.gutters import filled


def texture(size=64):
    """A red square and a blue one; all else is green, and not known."""
    colours = np.zeros((size, size, 3), np.uint8)
    colours[..., 1] = 255
    known = np.zeros((size, size), bool)
    for rows, colour in ((slice(8, 24), (255, 0, 0)), (slice(40, 56), (0, 0, 255))):
        colours[rows, 8:24], known[rows, 8:24] = colour, True
    return colours, known


def test_known_texels_stay_and_nothing_foreign_comes_in():
    colours, known = texture()
    found = filled(colours, known)
    assert np.array_equal(found[known], colours[known])
    assert found[..., 1].max() == 0  # no green anywhere


def test_rings_go_on_with_the_colour_beside_them():
    colours, known = texture()
    found = filled(colours, known, rings=3)
    assert (found[5:27, 5:27] == (255, 0, 0)).all()
    assert (found[37:59, 5:27] == (0, 0, 255)).all()


def test_mipmaps_keep_the_colours_apart():
    """Oracle: the mean of a block that touches one chart only."""
    found = filled(*texture()).reshape(8, 8, 8, 8, 3).mean((1, 3))
    assert np.allclose(found[1:3, 1:3], (255, 0, 0), atol=1)


def test_sizes_that_are_no_multiple_and_single_texels_are_filled():
    colours = np.zeros((19, 37, 3), np.uint8)
    known = np.zeros((19, 37), bool)
    colours[18, 36], known[18, 36] = (9, 8, 7), True
    assert (filled(colours, known) == (9, 8, 7)).all()


def test_all_or_nothing_known_is_left_alone():
    colours, known = texture()
    assert filled(colours, np.ones_like(known)) is colours
    assert filled(colours, np.zeros_like(known)) is colours
