"""Which portraits a command line names, and where their heads go."""

from pathlib import Path

import pytest

from panic3d.cli.portraits import find_portraits, folders_of
from panic3d.errors import ConfigError


def test_folders_and_patterns_are_what_is_in_them(tmp_path):
    for name in ("b.PNG", "a.jpg", "notes.txt", "c[1].webp"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "d.png").mkdir()
    names = [path.name for path in find_portraits([tmp_path])]
    assert names == ["a.jpg", "b.PNG", "c[1].webp"]
    found = find_portraits([tmp_path / "*.jpg", tmp_path / "c[1].webp", tmp_path])
    assert [path.name for path in found] == ["a.jpg", "c[1].webp", "b.PNG"]
    assert find_portraits([tmp_path / "missing.png"]) == [tmp_path / "missing.png"]


def test_nothing_is_refused_with_what_to_do(tmp_path):
    for named, words in (([], "no portrait"), ([tmp_path], "no pictures"), (["*.q"], "no file")):
        with pytest.raises(ConfigError, match=words):
            find_portraits([tmp_path / part for part in named])


def test_each_of_several_has_a_folder_of_its_own():
    paths = [Path(name) for name in ("x/a.png", "x/a.jpg", "y/a.png", "x/b.png")]
    names = [folder.name for folder in folders_of(paths, Path("out"))]
    assert names == ["a.png", "a.jpg", "a.png-2", "b"]
    assert folders_of(paths[:1], Path("out")) == [Path("out")]
