"""Which models of a folder may be used, and why others may not."""

import json
from dataclasses import replace

import pytest

from campaign._gltf_files import figure_build
from panic3d.characters.remix import make_remix
from panic3d.characters.remix.sources import Asset, Library, _asset
from panic3d.errors import ConfigError
from panic3d.formats.vrm import parse_vrm, read_vrm
from panic3d.formats.vrm_write import write_vrm
from panic3d.geometry.character import Meta


@pytest.fixture
def figure():
    return parse_vrm(figure_build("1.0").packed())


FREE = Meta(
    name="Free",
    authors=("Ada",),
    licence_url="https://vrm.dev/licenses/1.0/",
    allowed_user="everyone",
    redistribution=True,
    modification="allowModificationRedistribution",
    commercial_use="corporation",
)


@pytest.mark.parametrize(
    "meta",
    [
        replace(FREE, redistribution=False),
        replace(FREE, modification="allowModification"),
        replace(FREE, allowed_user="onlyAuthor"),
        replace(FREE, commercial_use="personalNonProfit"),
        Meta(name="Nothing said", authors=("Ada",), licence_url="https://vrm.dev/licenses/1.0/"),
    ],
)
def test_a_model_whose_terms_bind_is_refused_with_the_reason(tmp_path, figure, meta):
    write_vrm(replace(figure, meta=meta), tmp_path / "bound.vrm")
    library = Library.load(tmp_path)
    assert not library.assets
    assert "licence" in library.refused["bound.vrm"]


def test_a_model_that_may_be_used_but_cannot_be_taken_apart_is_refused_too(tmp_path, figure):
    """It fails later than one whose terms bind: the terms let it in."""
    write_vrm(replace(figure, meta=FREE), tmp_path / "free.vrm")
    reason = Library.load(tmp_path).refused["free.vrm"]
    assert "licence" not in reason
    assert "cannot be read" in reason


def test_the_index_speaks_for_a_file(tmp_path, shared_models):
    hair = next(path for path in shared_models if path.stem == "hair_sendagaya_shibu")
    (tmp_path / "mine.vrm").write_bytes(hair.read_bytes())

    def with_licence(words):
        entry = {"file": "mine.vrm", "title": "Mine", "author": "Ada", "licence_class": words}
        (tmp_path / "INDEX.json").write_text(json.dumps({"models": [entry]}), encoding="utf-8")
        return Library.load(tmp_path)

    assert with_licence("CC BY 4.0").assets["mine"].licence == "CC-BY-4.0"
    source = with_licence("CC0").assets["mine"].source("hair")
    assert (source.asset, source.author, source.licence) == ("mine:hair", "Ada", "CC0-1.0")
    for words in ("CC-BY-NC", "CC BY-SA", "", "All rights reserved"):
        library = with_licence(words)
        assert not library.assets
        assert "CC0 or CC BY" in library.refused["mine.vrm"]


def test_without_an_index_the_file_speaks_for_itself(tmp_path, shared_models):
    hair = next(path for path in shared_models if path.stem == "hair_sendagaya_shibu")
    meta = read_vrm(hair).meta
    assert meta is not None and meta.licence_name == "CC0"
    (tmp_path / "mine.vrm").write_bytes(hair.read_bytes())
    library = Library.load(tmp_path)
    assert library.assets["mine"].licence == "CC0-1.0"
    assert library.hairs == ("mine",) and library.heads == ()


def test_a_missing_folder_and_a_broken_index_are_named(tmp_path):
    with pytest.raises(ConfigError, match="no folder"):
        Library.load(tmp_path / "none")
    (tmp_path / "INDEX.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ConfigError, match="models"):
        Library.load(tmp_path)


@pytest.fixture(scope="module")
def shared_library(shared_models):
    return Library.load(shared_models[0].parent)


def test_all_shared_models_may_be_used(shared_library):
    library = shared_library
    assert not library.refused
    assert {asset.licence for asset in library.assets.values()} == {"CC0-1.0", "CC-BY-4.0"}
    assert library["godette"].author == "SirRichard94"
    assert len(library.faces) == 5 and len(library.heads) == 6 and len(library.hairs) == 7


def test_the_ledger_knows_where_the_shared_models_come_from(shared_models, shared_library):
    """Oracle: the folder's own index."""
    index = shared_models[0].parent / "INDEX.json"
    for entry in json.loads(index.read_text(encoding="utf-8"))["models"]:
        source = shared_library[entry["slug"]].source("face")
        assert source.address == f"https://github.com/{entry['source']['repo']}"
        assert source.reference == entry.get("licence_reference", "") and source.changed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://example.org/a.vrm", "https://example.org/a.vrm"),
        ({"repo": "ann/a.b"}, "https://github.com/ann/a.b"),
        ({"url": "https://example.org/"}, "https://example.org/"),
        ("bought in a shop", "bought in a shop"),
        (7, ""),
        (None, ""),
    ],
)
def test_an_address_is_read_as_indexes_give_it(tmp_path, source, expected):
    entry = {"file": "mine.vrm", "licence_class": "CC0", "source": source}
    asset = _asset(tmp_path / "mine.vrm", entry)
    assert isinstance(asset, Asset) and asset.address == expected


def test_a_head_with_hair_of_its_own_lists_both(shared_library):
    """Godette's hair is part of her head; her author is owed for it all the same."""
    made = make_remix(shared_library, 3, {"face": ("godette",), "hair": ("godette",)})
    assert [source.asset for source in made.sources][:2] == ["godette:face", "godette:hair"]
    meta = made.character.meta
    assert meta is not None and meta.licence_name == "CC_BY" and meta.credit_required
    assert meta.sexual_use and meta.antisocial_or_hate_use
