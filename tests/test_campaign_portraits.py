"""The campaign of mutated portraits: that it is the same every time, and that it would notice."""

import math
import os
import shutil
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image

from campaign import fuzz_portraits
from campaign._portrait_counts import END, START, counts, write_counts
from campaign._portrait_files import KINDS, WHOLE_EVERY, is_whole, mutated
from campaign._portrait_folders import HEAD, check_complete, check_each
from campaign.fuzz_portraits import Ending, do_case, endings, read_endings
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.prepare import Preparer
from panic3d.pipeline.stage_pictures import write_stages
from tests.pipeline.made_portraits import made, networks

MARKED = 5
"""A case that gives a folder."""


def ending(number, **values):
    usual: dict[str, Any] = {"kind": "cut", "way": "marks", "whole": False, "made": False}
    usual |= {
        "said": "panic3d: no",
        "wrong": "",
        "seconds": 2.0,
        "processor_s": 1.0,
        "peak_bytes": 500_000_000,
    }
    return Ending(number=number, **(usual | values))


def test_a_number_gives_the_same_file_every_time():
    for number in (0, 1, 18, 500):
        one, other = mutated(number), mutated(number)
        assert (one.kind, one.name, one.data, one.marks) == other[:2] + other[2:4]
        assert one.chance.random() == other.chance.random()


def test_the_whole_job_meets_every_kind_and_is_a_tenth():
    assert math.gcd(len(KINDS), WHOLE_EVERY) == 1
    whole = [number for number in range(500) if is_whole(number)]
    assert len(whole) == 50
    assert {list(KINDS)[number % len(KINDS)] for number in whole} == set(KINDS)


@pytest.fixture(autouse=True)
def _what_tests_before_left_in_memory_does_not_count(monkeypatch):
    monkeypatch.setattr(fuzz_portraits, "MEMORY_BYTES", 2**40)


def test_a_case_that_takes_too_much_memory_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_portraits, "MEMORY_BYTES", 1_000_000)
    monkeypatch.setattr(fuzz_portraits, "panic3d", says(WHY, code=1))
    assert "it took" in do_case(MARKED, tmp_path, tmp_path).wrong


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A complete folder of a preparation."""
    portrait = made((200, 200), [Similarity(scale=0.4)])
    preparer = Preparer(networks(portrait, monkeypatch))
    prepared = preparer.prepare(portrait.picture, stop_after="align")
    names = [path.name for path in write_stages(prepared, tmp_path / "head" / "stages")]
    files = ", ".join(f'"stages/{name}"' for name in names)
    (tmp_path / "head" / "report.json").write_text(f'{{"files": [{files}]}}')
    return tmp_path / "head"


def test_a_complete_folder_is_complete(folder):
    check_complete(folder, whole=False, prepared=True)
    with pytest.raises(AssertionError, match=r"missing .*head\.glb"):
        check_complete(folder, whole=True, prepared=True)
    with pytest.raises(AssertionError, match="not expected"):
        check_complete(folder, whole=False, prepared=False)


@pytest.mark.parametrize("name", ["stages/matte.png", "stages/prepare.json", "report.json"])
@pytest.mark.parametrize("size", [0, 30, -9])
def test_half_a_file_is_noticed(name, size, folder):
    path = folder / name
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(AssertionError, match=path.name):
        check_each(folder)


def test_a_temporary_file_that_is_left_is_noticed(folder):
    shutil.copy(folder / "report.json", folder / ".report.json.1.tmp")
    with pytest.raises(AssertionError, match=r"report\.json\.1\.tmp"):
        check_each(folder)


def test_every_file_of_the_contract_is_expected():
    assert len([name for name in HEAD if name.startswith("views/")]) == 16
    assert {"head.glb", "field.safetensors", "preview.png", "turntable.mp4"} < HEAD


def says(*lines, code=0, folder=None):
    """Return a `main` that prints, and perhaps copies a folder to where it should write."""

    def main(arguments):
        for line in lines:
            print(line, file=sys.stderr)
        if folder is not None:
            shutil.copytree(folder, arguments[arguments.index("--out") + 1])
        return code

    return main


WHY = "panic3d: this picture is of no use at all: take another"


@pytest.mark.parametrize(
    ("lines", "code", "wrong"),
    [
        ((WHY,), 1, ""),
        ((WHY, WHY), 1, "not one line"),
        ((), 1, "not one line"),
        (("Traceback (most recent call last): panic3d, and so on and on",), 1, "not one line"),
        ((WHY + ". This is a bug, please report it",), 1, "bug"),
        (("panic3d: no",), 1, "no sentence"),
        ((WHY,), 2, "exit code 2"),
        ((), 0, "missing"),
    ],
)
def test_an_ending_is_judged(lines, code, wrong, tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz_portraits, "panic3d", says(*lines, code=code))
    found = do_case(MARKED, tmp_path, tmp_path)
    assert wrong in found.wrong and bool(found.wrong) == bool(wrong)


def test_a_folder_beside_a_complaint_or_an_error_is_wrong(folder, tmp_path, monkeypatch):
    def outcome(name, *lines, code=0):
        monkeypatch.setattr(fuzz_portraits, "panic3d", says(*lines, code=code, folder=folder))
        (tmp_path / name).mkdir()
        return do_case(MARKED, tmp_path / name, tmp_path).wrong

    assert outcome("a") == ""
    assert "complained" in outcome("b", "libtiff: strange tag")
    assert "a report" in outcome("c", WHY, code=1)


def test_a_warning_and_what_c_libraries_print_are_seen(folder, tmp_path, monkeypatch):
    def main(arguments):
        warnings.warn("odd", RuntimeWarning, stacklevel=1)
        os.write(2, b"a decoder's word\n")
        return says(folder=folder)(arguments)

    monkeypatch.setattr(fuzz_portraits, "panic3d", main)
    (tmp_path / "case").mkdir()
    found = do_case(MARKED, tmp_path / "case", tmp_path)
    assert "odd" in found.wrong and "a decoder's word" in found.wrong


def dying():
    """Return what kills its process at one number."""

    def test(number):
        if number == 1:
            os._exit(9)
        return ending(number)

    return test


def test_a_process_that_dies_is_a_fault_of_its_case_alone(monkeypatch):
    monkeypatch.setattr(fuzz_portraits, "_tester", dying)
    found = {each.number: each.wrong for each in endings([0, 1])}
    assert found[0] == "" and "exit code 9" in found[1]


def test_the_counts_are_put_between_their_marks(tmp_path):
    found = [ending(0, made=True), ending(1), ending(2, wrong="hung"), ending(3, kind="no face")]
    text = counts(found)
    assert "| cut | 3 | 0 | 1 | 1 | 1 |" in text and "| all | 4 | 0 | 1 | 2 | 1 |" in text
    assert "0.50 GB" in text
    document = tmp_path / "a.md"
    document.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    assert write_counts(found, document) == document
    assert document.read_text() == f"before\n{START}\n{text}\n{END}\nafter\n"
    document.write_text("nothing")
    with pytest.raises(ValueError, match="lacks the line"):
        write_counts(found, document)


def test_what_was_found_is_read_again(tmp_path):
    path = tmp_path / "deep" / "found.json"
    assert read_endings(path) == {}
    found = {3: ending(3), 1: ending(1, made=True)}
    fuzz_portraits._write_endings(found, path)
    assert read_endings(path) == found


def test_pictures_are_what_their_kind_says(tmp_path):
    """Oracle: Pillow."""
    for kind, check in (
        ("CMYK", lambda image: image.mode == "CMYK"),
        ("animated", lambda image: image.n_frames > 1),
        ("ten faces", lambda image: np.asarray(image.convert("L")).std() > 20),
    ):
        number = list(KINDS).index(kind)
        (tmp_path / "file").write_bytes(mutated(number).data)
        with Image.open(tmp_path / "file") as image:
            assert check(image), kind
