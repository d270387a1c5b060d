"""Where second colours lie on real hairstyles, and tails that touch the head."""

import numpy as np
import pytest

from panic3d.characters.remix import Library
from panic3d.characters.remix.fit import fit_hair
from panic3d.characters.remix.gaps import without_slits
from panic3d.characters.remix.layout import (
    chosen_faces,
    clean_kinds,
    fall_of,
    locks_of,
    style_tails,
    style_ties,
)
from panic3d.characters.remix.plan import HairColour
from panic3d.characters.remix.scalp import scalp_texture, split_share
from panic3d.characters.remix.tails import drawn_in


@pytest.fixture(scope="module")
def library(request):
    return Library.load(request.getfixturevalue("shared_models")[0].parent)


@pytest.fixture(scope="module")
def skull(library):
    return library["sendagaya_shino"].parts.head.skull


def main_part(library, skull, name):
    return fit_hair(library[name].parts.hair, skull)[0]


def test_tails_are_found_where_there_are_any(library, skull):
    tails = {n: style_tails(library[n].parts.hair, skull)[0] for n in library.hairs}
    assert {n for n, found in tails.items() if found.any()} == {
        "hairsample_female",
        "victoria_rubin",
    }
    middle = locks_of(main_part(library, skull, "hairsample_female")).middle[:, 0]
    sides = np.sign(middle[tails["hairsample_female"]])
    assert (sides > 0).sum() == (sides < 0).sum(), "twin tails are alike"
    one = locks_of(main_part(library, skull, "victoria_rubin")).middle[:, 0]
    assert np.ptp(np.sign(one[tails["victoria_rubin"]])) == 0, "a side tail is on one side"


def test_what_a_hairstyle_cannot_show_cleanly_is_barred(library, skull):
    kinds = {n: clean_kinds(library[n].parts.hair, skull) for n in library.hairs}
    assert all({"plain", "gradient", "streaks"} <= found for found in kinds.values())
    assert {n for n, found in kinds.items() if "inner" not in found} == {
        "hairsample_female",
        "hairsample_male",
        "vita",
    }
    assert {n for n, found in kinds.items() if "split" not in found} == {"vita"}


def test_streaks_are_whole_locks_in_front(library, skull):
    for name in library.hairs:
        part = main_part(library, skull, name)
        for seed in range(6):
            faces = chosen_faces(part, HairColour(kind="streaks", seed=seed))
            assert faces is not None
            locks = np.unique(part.strands[faces])
            assert 0 < len(locks) < 0.25 * (part.strands.max() + 1)
            assert np.array_equal(faces, np.isin(part.strands, locks))
            assert locks_of(part).tip[locks, 2].min() > 0.03


def test_a_gradient_is_the_same_for_all_that_is_as_high():
    points = np.stack([np.zeros(100), np.linspace(-0.1, 0.2, 100), np.zeros(100)], -1)
    fall = fall_of([points])
    share = fall.share(np.array([[0.1, 0.05, 0.0], [-0.1, 0.05, 0.1], [0.0, 0.3, 0.0]]))
    assert share[0] == share[1] == pytest.approx(0.5, abs=0.03)
    assert share[2] == 0 and fall.share(points)[0] == 1


def test_a_split_scalp_has_each_colour_on_its_side():
    texture = scalp_texture((1.0, 1.0, 1.0), ((0.0, 0.0, 0.2), split_share())).astype(int)
    assert texture[:, 200:, 0].max() < 120 < texture[:, :56, 0].min()


def test_a_tail_is_brought_to_the_head_and_nothing_else_moves(library, skull):
    hair = library["victoria_rubin"].parts.hair
    parts, tails = fit_hair(hair, skull), style_tails(hair, skull)
    moved = drawn_in(parts, tails)
    of_tail = np.zeros(len(parts[0].positions), bool)
    of_tail[parts[0].faces[tails[0][parts[0].strands]]] = True
    change = moved[0].positions - parts[0].positions
    side = np.sign(parts[0].positions[of_tail, 0].mean())
    assert (change[~of_tail] == 0).all()
    inwards = -side * change[of_tail, 0]
    assert inwards.min() >= 0
    assert 0.004 < inwards.max() < 0.04
    assert change[of_tail, 1].max() <= 0 and (change[of_tail, 2] == 0).all()


def test_a_blunt_fringe_has_no_slit_and_other_fringes_stay_as_they_are(library):
    def widest_gap(hair):
        """Return the widest gap in front, 12 mm above where the fringe ends."""
        ends = []
        for part in hair.parts:
            corner = part.positions[part.faces]
            across = (corner[..., 1] > 0.102).any(1) & (corner[..., 1] < 0.102).any(1)
            corner = corner[across & (corner[..., 2] > 0.03).all(1)]
            ends += [(x.min(), x.max()) for x in corner[..., 0]]
        reach, found = min(ends)[1], 0.0
        for low, high in sorted(ends):
            found = max(found, low - reach if abs(low) < 0.045 else 0.0)
            reach = max(reach, high)
        return found

    hair = library["victoria_rubin"].parts.hair
    assert widest_gap(hair) > 0.002
    assert widest_gap(without_slits(hair)) < 0.001
    for name in set(library.hairs) - {"victoria_rubin"}:
        assert without_slits(library[name].parts.hair) is library[name].parts.hair


def test_only_what_is_small_and_at_a_tails_roots_ties_it(library, skull):
    tied = {}
    for name in library.hairs:
        hair = library[name].parts.hair
        for part, ties in zip(hair.parts, style_ties(hair, skull), strict=True):
            if ties.any():
                tied[name] = np.ptp(part.positions[part.faces[ties]][..., 1])
                assert 0.2 < ties.mean() < 0.9, "its streamers are none"
    assert list(tied) == ["victoria_rubin"] and tied["victoria_rubin"] < 0.10
