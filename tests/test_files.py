import os
import stat
from pathlib import Path

import pytest

from panic3d.errors import Panic3dError, WeightsError
from panic3d.files import atomic_write, file_sha256

AS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="folder permissions do not stop root (nor Windows): run the tests as another user",
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_there_afterwards(tmp_path):
    with atomic_write(tmp_path / "a") as file:
        file.write(b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_a_missing_folder_is_made(tmp_path):
    with atomic_write(tmp_path / "b" / "c" / "a") as file:
        file.write(b"new")
    assert (tmp_path / "b" / "c" / "a").read_bytes() == b"new"


def test_until_the_end_the_old_file_is_there(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Panic3dError])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(error, match="midway"), atomic_write(path) as file:
        file.write(b"half of the n")
        raise error("midway")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_an_error_in_words_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(
        Panic3dError, match=r"a cannot be written \(No space left .*free some space"
    ):
        with atomic_write(path):
            raise OSError(28, "No space left on device")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_folder_in_the_files_place_is_an_error_in_words(tmp_path):
    (tmp_path / "a").mkdir()
    with (
        pytest.raises(Panic3dError, match="cannot be written"),
        atomic_write(tmp_path / "a") as file,
    ):
        file.write(b"new")
    assert names(tmp_path) == ["a"]


def test_a_file_in_the_folders_place_is_an_error_in_words(tmp_path):
    (tmp_path / "b").write_bytes(b"")
    with pytest.raises(Panic3dError, match="cannot be written"), atomic_write(tmp_path / "b" / "a"):
        raise AssertionError("nothing to write to")


@AS_ROOT
def test_a_read_only_folder_is_an_error_in_words(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Panic3dError, match="Permission denied"), atomic_write(tmp_path / "a"):
            raise AssertionError("nothing to write to")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_file_gets_the_permissions_of_any_new_file(tmp_path, mask, expected):
    """Oracle: 0666 without the mask's bits; the temporary file is private at first."""
    before = os.umask(mask)
    try:
        with atomic_write(tmp_path / "a") as file:
            file.write(b"new")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == expected


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a"
    with atomic_write(path) as one, atomic_write(path) as other:
        one.write(b"one")
        other.write(b"other")
    assert path.read_bytes() == b"one"  # the last to finish
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["ü ñ.png", ".hidden", "a" * 200])
def test_odd_names_are_written_too(tmp_path, name):
    with atomic_write(tmp_path / name) as file:
        file.write(b"new")
    assert names(tmp_path) == [name]


def test_a_name_as_long_as_the_disk_allows_is_written_too(tmp_path):
    with atomic_write(tmp_path / ("a" * 255)) as file:
        file.write(b"new")
    assert names(tmp_path) == ["a" * 255]


def test_a_digest_is_that_of_the_bytes(tmp_path):
    """Oracle: the published digest of "abc" (FIPS 180-2)."""
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_has_no_digest(tmp_path, name):
    with pytest.raises(WeightsError, match="cannot be read"):
        file_sha256(tmp_path / name, WeightsError)
