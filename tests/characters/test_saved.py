"""What a saved character says of itself when it is read again."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from panic3d.characters.labels import label_materials
from panic3d.characters.procedural import make_procedural
from panic3d.characters.remix import Library, make_remix
from panic3d.characters.saved import KEY, read_saved, to_save
from panic3d.formats.vrm import parse_vrm
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.posing import Pose, posed
from tests.characters.fakes import FAMILIES, make_fake


def assert_kept(made, version):
    """Oracle: the character before it was saved."""
    read = parse_vrm(vrm_bytes(to_save(made), version))
    found = read_saved(read)
    assert found is not None
    assert found.part_labels == made.part_labels
    assert (found.tags, found.sources) == (made.tags, made.sources)
    assert found.traits == made.traits
    assert found.assets == made.assets and found.expression == made.expression
    for mine, theirs in zip(made.landmarks, found.landmarks, strict=True):
        before, after = (
            anchor.of(one.character.meshes[anchor.mesh].primitives[anchor.primitive].positions)
            for one, anchor in ((made, mine), (found, theirs))
        )
        np.testing.assert_allclose(after, before, atol=1e-6)
    return found


@pytest.mark.parametrize("version", ["1.0", "0.x"])
@pytest.mark.parametrize("seed", [3, 7])
def test_a_saved_character_has_its_labels_and_landmarks(seed, version):
    made = make_procedural(seed)
    found = assert_kept(made, version)
    assert {"skin", "hair", "iris", "lash"} <= set(found.labels)
    # Names alone would not do: that is why it is kept.
    assert label_materials(found.character) != found.labels
    posed(found.character, Pose(expressions=dict(found.expression)))


def test_a_saved_remix_has_its_labels_and_landmarks(shared_models):
    made = make_remix(Library.load(shared_models[0].parent), 5)
    found = assert_kept(made, "1.0")
    posed(found.character, Pose(expressions=dict(found.expression)))


def test_files_with_landmarks_on_vertices_only_are_still_read():
    made = make_procedural(3)
    assert any(anchor.others for anchor in made.landmarks)
    character = to_save(made)
    known = {k: v for k, v in character.extras[KEY].items() if k != "landmark_shares"}
    old = replace(character, extras={**character.extras, KEY: known})
    found = read_saved(parse_vrm(vrm_bytes(old)))
    assert found is not None
    assert [a[:3] for a in found.landmarks] == [a[:3] for a in made.landmarks]
    assert not any(anchor.others for anchor in found.landmarks)
    known["landmark_shares"] = [[[10**9, 0.5]]] * 28
    assert read_saved(replace(character, extras={KEY: known})) is None


def test_our_own_characters_allow_what_cc0_allows():
    meta = parse_vrm(vrm_bytes(make_procedural(2).character)).meta
    assert meta is not None and meta.licence_url.endswith("/publicdomain/zero/1.0/")
    assert meta.violent_use and meta.sexual_use and meta.antisocial_or_hate_use
    assert meta.political_or_religious_use and meta.redistribution and not meta.credit_required
    assert (meta.allowed_user, meta.commercial_use) == ("everyone", "corporation")
    assert meta.modification == "allowModificationRedistribution"


def changed(extras, **fields):
    return {KEY: {**extras[KEY], **fields}}


def test_what_no_longer_fits_the_meshes_is_not_believed():
    character = to_save(make_fake(1, FAMILIES))
    extras = character.extras
    known = extras[KEY]
    assert read_saved(character) is not None
    assert read_saved(replace(character, extras={})) is None
    marks = known["landmarks"]
    spoiled: list[dict[str, Any]] = [
        {KEY: []},
        {KEY: "x"},
        changed(extras, format=99),
        changed(extras, parts=known["parts"][:-1]),
        changed(extras, parts=[{**part, "vertices": 3} for part in known["parts"]]),
        changed(extras, parts=[{**part, "label": "wing"} for part in known["parts"]]),
        changed(extras, parts=7),
        changed(extras, landmarks=marks[:-1]),
        changed(extras, landmarks=[[99, 0], *marks[1:]]),
        changed(extras, landmarks=[[-1, 0], *marks[1:]]),
        changed(extras, landmarks=[[0, 10**9], *marks[1:]]),
        changed(extras, landmarks=[["a", None], *marks[1:]]),
        changed(extras, sources=[{"shop": "x"}]),
        changed(extras, expression=[1]),
        {KEY: {"format": 1}},
    ]
    for broken in spoiled:
        assert read_saved(replace(character, extras=broken)) is None, broken


def test_extras_of_other_kinds_are_kept_too():
    made = make_fake(2, FAMILIES)
    made = replace(made, character=replace(made.character, extras={"mine": [1, "a"]}))
    read = parse_vrm(vrm_bytes(to_save(made)))
    assert read.extras["mine"] == [1, "a"] and KEY in read.extras
    found = read_saved(read)
    assert found is not None and found.sources == made.sources
