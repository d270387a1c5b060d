"""The licence ledger."""

from panic3d.characters.ledger import ledger, ledger_json, ledger_text
from panic3d.characters.made import PROCEDURAL, Source
from panic3d.characters.splits import Split

HAIR = Source(
    asset="a:hair",
    title="A | b",
    author="Ann",
    licence="CC-BY-4.0",
    url="https://x/",
    address="https://github.com/ann/a",
    reference="https://help/a",
    changed=True,
)
FACE = Source(asset="b:face", title="B", author="Bob", licence="CC0-1.0")


def test_sources_are_counted_by_split_once_a_character():
    found = ledger([("train", [HAIR, HAIR, FACE]), ("test", [HAIR]), ("train", [HAIR])])
    assert [(entry.source, entry.characters) for entry in found] == [
        (HAIR, {"train": 2, "test": 1}),
        (FACE, {"train": 1}),
    ]


def test_the_order_of_the_characters_does_not_matter():
    characters: list[tuple[Split, list[Source]]] = [
        ("train", [HAIR, FACE]),
        ("test", [FACE]),
        ("val", [PROCEDURAL]),
    ]
    one, other = (ledger(rows) for rows in (characters, characters[::-1]))
    assert ledger_json(one) == ledger_json(other) and ledger_text(one) == ledger_text(other)


def test_the_page_names_whom_the_licence_wants_named_and_no_other():
    text = ledger_text(ledger([("train", [HAIR, FACE])]))
    licence = "[CC-BY-4.0](https://x/) | https://help/a | https://github.com/ann/a | yes"
    assert f"| a:hair | A / b | Ann | {licence} | 1 | 0 | 0 |" in text
    assert "| b:face | B | Bob | CC0-1.0 |  |  | no | 1 | 0 | 0 |" in text
    (line,) = [line for line in text.splitlines() if line.startswith("- ")]
    assert all(
        word in line for word in ("Ann", "https://x/", "https://github.com/ann/a", "changed")
    )
    assert "Bob" not in text.partition("must name")[2]


def test_the_json_says_where_an_asset_was_had_and_that_it_was_changed():
    (row,) = ledger_json(ledger([("val", [HAIR])]))["assets"]
    assert row["address"] == "https://github.com/ann/a" and row["reference"] == "https://help/a"
    assert row["changed"] is True and row["characters"] == {"val": 1}
