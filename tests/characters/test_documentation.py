"""What docs/characters.md tells people to type does what it says, and its tables are true."""

import json
import re
import shlex

from panic3d.characters.splits import split_of_asset
from tests.documents import ROOT, blocks, run

TEXT = (ROOT / "docs" / "characters.md").read_text(encoding="utf-8")


def test_the_command_makes_what_is_listed(tmp_path, rasteriser):
    commands = "\n".join(blocks(TEXT, "bash")).splitlines()
    (command,) = [line for line in commands if line.startswith("panic3d characters make")]
    few = shlex.split(command.replace("--count 12", "--count 2"))
    run(["-m", "panic3d.cli.main", *few[1:]], tmp_path)
    root = tmp_path / "data" / "renders" / "made"
    (listed,) = blocks(TEXT, "text")
    for line in listed.splitlines():
        place = line.split()[0]
        if "shards" in place or "PICTURE" in place:
            continue
        place = place.removesuffix(",").replace("OUT", "data").replace("SET", "made")
        for old, new in (("KIND/ID", "procedural/p000000"), ("KIND", "procedural")):
            place = place.replace(old, new)
        assert (tmp_path / place).exists(), place
    (line, _) = (root / "made_characters.jsonl").read_text().splitlines()
    about = json.loads((root / "character/procedural/p000000/character.json").read_text())
    assert json.loads(line)["tags"] == about["tags"]
    fields = TEXT.partition("`character.json` holds")[2].partition("In a shard")[0]
    named = {word for row in re.findall(r"^\| (`.+?) \|", fields, re.M) for word in words(row)}
    assert named and named <= set(about)


def test_the_python_lines_and_the_drawings_of_their_model(tmp_path, rasteriser):
    run(["-c", blocks(TEXT, "python")[0]], tmp_path)
    assert (tmp_path / "seven.vrm").is_file()
    commands = "\n".join(blocks(TEXT, "bash")).splitlines()
    (command,) = [line for line in commands if line.startswith("panic3d characters illustrate")]
    few = shlex.split(command.replace("--count 8", "--count 1 --size 128"))
    few = ["seven.vrm" if word == "my_model.vrm" else word for word in few]
    run(["-m", "panic3d.cli.main", *few[1:]], tmp_path)
    made = [path.name for path in (tmp_path / "drawn").rglob("*") if path.is_file()]
    assert any(name.endswith(".json") for name in made)
    assert sum(name.endswith(".png") for name in made) >= 5


def words(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_table_of_splits_is_the_programs():
    table = TEXT.partition("### Splits")[2].partition("### Licences")[0]
    for split in ("test", "val"):
        (row,) = re.findall(rf"^\| {split} \| (.+) \| (.+) \|$", table, re.M)
        for kind, cell in zip(("hair", "face"), row, strict=True):
            assert {split_of_asset(kind, name) for name in words(cell)} == {split}
