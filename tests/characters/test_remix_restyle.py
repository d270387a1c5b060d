"""Hair of models for training is combed anew, group by group; what is held out is not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from panic3d.characters.make.engines import open_engine
from panic3d.characters.remix import Library
from panic3d.characters.remix.compose import fit_remix
from panic3d.characters.remix.fit import cleared, fit_hair
from panic3d.characters.remix.layout import locks_of, style_tails
from panic3d.characters.remix.make import VARIED, choose_remix
from panic3d.characters.remix.plan import LockForm, Restyling
from panic3d.characters.remix.restyle import (
    GROUPS,
    Restyled,
    draw_restyling,
    groups_of,
    lent,
    restyled,
)
from panic3d.characters.splits import assets_of, split_of_asset


@pytest.fixture(scope="module")
def folder(request):
    return request.getfixturevalue("shared_models")[0].parent


@pytest.fixture(scope="module")
def library(folder):
    return Library.load(folder)


@pytest.fixture(scope="module")
def skull(library):
    return library["sendagaya_shino"].parts.head.skull


@pytest.fixture(scope="module", params=["hairsample_female", "sendagaya_shino"])
def style(request, library, skull):
    """The main part of a hairstyle on a head, which of its locks are of tails, and its groups."""
    hair = library[request.param].parts.hair
    part, tails = fit_hair(hair, skull)[0], style_tails(hair, skull)[0]
    part = replace(part, positions=cleared(part.positions, skull))
    return part, tails, groups_of(part, locks_of(part), tails)


def of(found: Restyled | None) -> Restyled:
    assert found is not None
    return found


def test_hair_has_its_groups(style):
    part, tails, groups = style
    tip = locks_of(part).tip
    assert set(np.unique(groups)) >= {0, 1, 2} and (groups == 3).sum() == tails.sum()
    assert tip[groups == 0, 2].min() > 0.03 and tip[groups == 2, 2].max() < 0


def test_what_is_not_combed_stays_in_place(style, skull):
    """Closed form; a fringe is cleared of the face again, which moves it by a hair's breadth."""
    part, tails, _ = style
    found = of(restyled(part, tails, Restyling(), skull))
    assert found.tails is tails and found.part.faces is part.faces
    assert np.abs(found.part.positions - part.positions).max() < 0.003
    assert np.median(np.abs(found.part.positions - part.positions)) < 1e-9


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_is_combed_about_its_roots_and_others_stay(style, skull, name):
    part, tails, groups = style
    number = GROUPS.index(name)
    if not (groups == number).any():
        assert name == "tails"
        return
    group: dict[str, Any] = {name: LockForm(length=1.3, back_m=0.03)}
    combed = Restyling(**group, seed=4)
    found = of(restyled(part, tails, combed, skull)).part
    before, after = locks_of(part), locks_of(found)
    others = groups != number
    moved = np.linalg.norm(after.tip - before.tip, axis=1)
    assert not others.any() or np.median(moved[others]) < 0.002  # of what the face clears
    own = ~others & (before.root[:, 1] - before.tip[:, 1] > 0.05)
    assert np.median(after.tip[own, 1] - before.tip[own, 1]) < -0.008
    if name != "fringe":  # which the face keeps from falling back
        assert np.median(after.tip[own, 2] - before.tip[own, 2]) < -0.012
    assert np.median(np.linalg.norm(after.root - before.root, axis=1)[own]) < 0.004


def test_locks_are_left_out_whole_and_tails_are_known_still(style, skull):
    part, tails, groups = style
    combed = Restyling(sides=LockForm(left_out=0.5), seed=2)
    found = of(restyled(part, tails, combed, skull))
    assert found.part.strands is not None
    count = int(found.part.strands.max()) + 1
    gone = len(groups) - count
    assert 0.2 * (groups == 1).sum() < gone < 0.8 * (groups == 1).sum()
    assert len(found.tails) == count and found.tails.sum() == tails.sum()
    sizes = sorted(locks_of(part).size.tolist())
    for size in locks_of(found.part).size.tolist():  # each is one that was there
        sizes.remove(size)


def test_groups_can_be_had_alone_and_make_up_the_whole(style, skull):
    part, tails, _ = style
    combed = Restyling(sides=LockForm(length=1.2), seed=2)
    whole = of(restyled(part, tails, combed, skull)).part
    pieces = [restyled(part, tails, combed, skull, [name]) for name in GROUPS]
    assert sum(len(each.part.faces) for each in pieces if each is not None) == len(whole.faces)
    assert (pieces[3] is None) == (not tails.any())
    fringe = of(pieces[0]).part
    assert len(fringe.positions) < len(whole.positions)
    corners = {tuple(p) for p in whole.positions.round(9)}
    assert {tuple(p) for p in fringe.positions.round(9)} <= corners


def test_fringe_and_sides_are_lent_by_other_models_of_the_same_split(folder, library):
    """Property: the head wears locks of both, its ledger names both, neither is held out."""
    assets = assets_of("train", open_engine("remixed", folder).assets)
    chosen = [choose_remix(library, seed, assets) for seed in range(60)]
    borrowing = [r for r in chosen if r.restyling is not None and lent(r.restyling)]
    assert 5 < len(borrowing) < 50
    for remix in borrowing:
        assert remix.restyling is not None
        for name in lent(remix.restyling):
            assert name != remix.hair and split_of_asset("fringe hair", name) == "train"
    remix = next(r for r in borrowing if r.restyling and r.restyling.fringe_from)
    assert remix.restyling is not None and remix.restyling.fringe_from is not None
    lender = remix.restyling.fringe_from
    fitted = fit_remix(library, remix)
    assert fitted.assets["fringe hair"] == lender and fitted.assets["hair"] == remix.hair
    named = {source.asset for source in fitted.sources}
    assert {f"{remix.hair}:hair", f"{lender}:hair"} <= named
    without = replace(remix, restyling=replace(remix.restyling, fringe_from=None, sides_from=None))

    def faces(found):
        return [len(p.faces) for p in found.pieces if p.surface.label == "hair"]

    assert faces(fitted) != faces(fit_remix(library, without))


def test_held_out_hair_is_worn_as_it_is(folder, library):
    """Property: of seeds of each split; chosen anew it is the same."""
    engine = open_engine("remixed", folder)
    for split in ("train", "val", "test"):
        assets = assets_of(split, engine.assets)
        chosen = [choose_remix(library, seed, assets) for seed in range(40)]
        combed = [r for r in chosen if r.restyling is not None]
        worn = [r for r in chosen if r.hair is not None]
        assert all(r.hair and split_of_asset("hair", r.hair) == "train" for r in combed)
        assert (0.4 * len(worn) < len(combed) < len(worn)) == (split == "train")
        assert chosen[:5] == [choose_remix(library, seed, assets) for seed in range(5)]


def test_all_may_wear_hair_combed_anew_or_bent(folder, library):
    """Property: of seeds for training; those of other splits keep what their author combed."""
    engine = open_engine("remixed", folder, varied=True)
    assets = assets_of("train", engine.assets)
    chosen = [choose_remix(library, seed, assets, VARIED) for seed in range(60)]
    assert all((r.restyling is None) != (r.grown is None) for r in chosen)
    assert sum(r.restyling is not None for r in chosen) > 25
    assert sum(r.grown is not None and r.grown.bend is not None for r in chosen) > 15
    held = [choose_remix(library, k, assets_of("val", engine.assets), VARIED) for k in range(20)]
    assert all(r.restyling is None for r in held)
    made = engine.make(3, assets)
    assert made.design["remix"] == choose_remix(library, 3, assets, VARIED).to_json()


def test_faces_may_be_stretched_beyond_the_usual(folder, library):
    """Property: most numbers stray farther, and heads that are made of them are whole."""
    assets = assets_of("train", open_engine("remixed", folder).assets)

    def strayed(shares):
        chosen = [choose_remix(library, seed, assets, shares) for seed in range(150)]
        numbers = [(r.proportions.eye_size, r.proportions.jaw, r.proportions.mouth) for r in chosen]
        return np.abs(np.subtract(numbers, 1)).max(0)

    usual, varied = strayed(None), strayed(VARIED)
    assert (usual < [0.24, 0.20, 0.41]).all()
    assert (varied > 1.1 * usual).all()


def test_restylings_differ_and_fringes_leave_eyes_free():
    made = [draw_restyling(np.random.default_rng(seed)) for seed in range(200)]
    assert len(set(made)) == 200
    assert max(each.fringe.length for each in made) <= 1.15
    assert all(0 <= each.sides.left_out <= 0.5 and each.back.left_out == 0 for each in made)
