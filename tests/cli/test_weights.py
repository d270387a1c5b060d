"""What the weights commands print of foreign files."""

import json

import pytest
import torch

from panic3d.cli.main import main
from panic3d.cli.text import printable
from panic3d.weights.specs import find_spec
from panic3d.weights.store import save_weights

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e\r\n" + "a" * 100_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("größer µm", "größer µm"),
        ("\x1b[2J\x9b\u202e\n\udc80", "?[2J????"),
        ("a" * 11, "a" * 9 + "…"),
        ("a" * 10, "a" * 10),
        (None, "None"),
    ],
)
def test_control_characters_are_replaced_and_length_is_bounded(text, expected):
    assert printable(text, 10) == expected


@pytest.fixture
def hostile(tmp_path):
    """A tagger's file whose texts are escape sequences."""
    spec = find_spec("cvpr2023/tagger")
    path = tmp_path / spec.file
    about = {key: HOSTILE for key in ("name", "licence", "origin", "made_from", "source_sha256")}
    save_weights(path, {"a": torch.ones(1)}, about={**about, "network": "tagger", "config": {}})
    side = path.with_suffix(".json")
    values = json.loads(side.read_text())
    side.write_text(json.dumps({**values, "weights_sha256": HOSTILE}))
    return side


def test_show_prints_no_control_characters_of_a_file(hostile, tmp_path, capsys):
    assert main(["weights", "show", "cvpr2023/tagger", "--folder", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert all(line.isprintable() and len(line) < 400 for line in text.splitlines())
    assert "?[2J" in text


@pytest.mark.parametrize("field", ["network", "config", "format", "name", HOSTILE])
def test_no_error_prints_control_characters_of_a_file(field, hostile, tmp_path, capsys):
    values = json.loads(hostile.read_text())
    config = {HOSTILE: HOSTILE}
    hostile.write_text(json.dumps({**values, field: config if field == "config" else HOSTILE}))
    assert main(["weights", "verify", "cvpr2023/tagger", "--folder", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable() and len(line) < 2100
