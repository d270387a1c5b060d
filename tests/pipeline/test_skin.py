"""Skin is told from hair by what is seen at the face and above it."""

import numpy as np

from panic3d.pipeline.skin import SLICE_M, unlike_skin
from tests.geometry.shapes import ball

NOSE = np.array([0.03, -0.05, 0.1], np.float32)
SKIN, HAIR, COAT = np.array([(0.95, 0.85, 0.8), (0.4, 0.2, 0.2), (0.1, 0.3, 0.2)], np.float32)


def head(hair=HAIR):
    """A ball with a face in front, shaded aside, hair around it and a coat below."""
    vertices, _ = ball(0.15, n=48)
    x, y, z = vertices.T
    skin, coat = (z > 0) & (y < 0.02) & (y > -0.12), y < -0.12
    shade = 0.3 * np.abs(x)[:, None] / 0.15
    own = np.where(skin[:, None], SKIN + shade * (HAIR - SKIN), hair)
    own[coat] = COAT
    return own.astype(np.float32), (z > 0.06).astype(np.float32), vertices, skin, coat


def test_shaded_skin_is_skin_and_clothes_are_none():
    own, held, vertices, skin, _ = head()
    found = unlike_skin(own, held, np.where(skin[:, None], HAIR, own), vertices, NOSE)
    assert (found[skin] < 0.01).all() and (found[~skin] == 1).all()


def test_hair_below_a_hat_is_hair():
    """Oracle: pale hair, and a dark hat above."""
    pale = np.array([0.85, 0.65, 0.4], np.float32)
    own, held, vertices, skin, _ = head(pale)
    hat = vertices[:, 1] > 0.06
    own[hat] = COAT
    found = unlike_skin(own, held, np.where(skin[:, None], pale, own), vertices, NOSE)
    plain = skin & (np.abs(vertices[:, 0]) < 0.04)
    y = vertices[:, 1]
    ends = np.minimum(np.abs(y - 0.06), np.abs(y + 0.12))
    assert (found[plain] == 0).all()
    assert (found[~skin & (ends > SLICE_M)] == 1).all()  # nearer, slices have some of both


def test_where_hair_has_the_colour_of_skin_only_that_is_skin():
    own, held, vertices, skin, coat = head(SKIN - 0.01)
    own[skin] = SKIN
    found = unlike_skin(own, held, own, vertices, NOSE)
    assert (found[~coat] == 0).all() and (found[coat] > 0.8).all()
    assert (
        unlike_skin(own, np.zeros_like(held), own, vertices, NOSE) == 1
    ).all()  # no face is shown
