"""Which characters teach, check and judge."""

from collections import Counter
from itertools import combinations, islice

import pytest

from panic3d.characters.made import stream
from panic3d.characters.procedural import FAMILIES, draw_procedural
from panic3d.characters.remix import Library
from panic3d.characters.remix.design import draw_remix_design
from panic3d.characters.splits import (
    SHARES,
    SPLITS,
    assets_of,
    check_assets,
    numbers_of,
    split_of,
    split_of_asset,
)
from panic3d.errors import CharacterError


def test_characters_fall_into_splits_as_the_shares_say():
    """Oracle: the binomial spread of 5 000 draws, four deviations wide."""
    assert SHARES == {"train": 0.90, "val": 0.04, "test": 0.06}
    found = Counter(split_of(k, 7) for k in range(5000))
    for split, share in SHARES.items():
        assert abs(found[split] / 5000 - share) < 4 * (share * (1 - share) / 5000) ** 0.5


def test_the_split_of_a_character_does_not_depend_on_the_others():
    assert [split_of(k, 3) for k in (5, 900, 5)] == [
        split_of(5, 3),
        split_of(900, 3),
        split_of(5, 3),
    ]
    assert [split_of(k, 3) for k in range(200)] != [split_of(k, 4) for k in range(200)]
    some = list(islice(numbers_of("test", 3), 20))
    assert {split_of(k, 3) for k in some} == {"test"}
    assert set(some) < set(islice(numbers_of("all", 3), some[-1] + 1))


@pytest.mark.parametrize("kind", ["hair", "face"])
def test_the_models_that_judge_are_those_that_were_agreed(kind):
    """Oracle: the issue: vita and godette, and of hair both Shibu as well."""
    agreed = {"vita", "godette"}
    if kind == "hair":
        agreed |= {"hair_sendagaya_shibu", "hair_darkness_shibu"}
    models = (
        *("hairsample_female", "hairsample_male", "victoria_rubin", "vita", "sendagaya_shino"),
        *("hair_sendagaya_shibu", "hair_darkness_shibu", "godette"),
    )
    assert set(assets_of("test", {kind: models})[kind]) == agreed
    assert assets_of("val", {kind: models})[kind]


def test_eyes_and_mouths_go_with_the_face_that_they_are_of():
    assert split_of_asset("eyes", "vita") == "test" == split_of_asset("brows", "godette")
    # Shibu's files have no face: another part of that name is not held back.
    assert split_of_asset("face", "hair_darkness_shibu") == "train"


def test_what_is_allowed_is_divided_and_nothing_is_lost():
    known = {"hair": ("hime", "bob", "vita"), "eyes": ("vita", "x"), "face": ("soft",)}
    parts = [assets_of(split, known) for split in SPLITS]
    for kind, names in known.items():
        together = [name for part in parts for name in part.get(kind, ())]
        assert sorted(together) == sorted(names)
    assert "face" not in assets_of("test", known)


def test_a_character_with_an_asset_of_another_split_is_refused():
    check_assets("test", {"hair": "vita", "face": "godette"})
    with pytest.raises(CharacterError, match="'vita' belongs to test"):
        check_assets("train", {"hair": "bob", "face": "vita"})
    with pytest.raises(CharacterError, match="'bob' belongs to train"):
        check_assets("test", {"hair": "bob"})


def test_no_family_of_one_split_appears_in_another(unchecked):
    """Oracle: thousands of designs of each split, drawn as `make` draws them."""
    found = {
        split: Counter(
            asset
            for seed in range(700)
            for asset in draw_procedural(seed, assets_of(split, FAMILIES)).assets.items()
        )
        for split in SPLITS
    }
    for one, other in combinations(SPLITS, 2):
        assert not set(found[one]) & set(found[other])
    known = {(kind, name) for kind, names in FAMILIES.items() for name in names}
    assert set().union(*found.values()) == known, "a family that nobody ever gets"
    assert sorted(found["test"]) == sorted(
        [("hair", "hime"), ("hair", "drills"), ("face", "doll"), ("face", "retro")]
    )


def test_no_part_of_a_model_of_one_split_appears_in_another(shared_models, unchecked):
    """Oracle: hundreds of remixes of each split, chosen as `make` chooses them."""
    library = Library.load(shared_models[0].parent)
    known = {"hair": library.hairs, "face": library.heads}
    for split in SPLITS:
        allowed = assets_of(split, known)
        for seed in range(300):
            remix = draw_remix_design(
                stream(seed, "remix"), library, faces=allowed["face"], hairs=allowed["hair"]
            )
            parts = {"face": remix.face, "eyes": remix.eyes, "brows": remix.brows}
            parts |= {"mouth": remix.mouth or remix.face, "skin": remix.skin or remix.face}
            check_assets(split, parts | ({} if remix.hair is None else {"hair": remix.hair}))
