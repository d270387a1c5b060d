"""What the pages on evaluation tell people to type is understood; what they link to is there."""

import functools
import re
import shlex

import pytest

from panic3d.cli import main as cli
from panic3d.evaluate.bootstrap import FEWEST_ASSETS
from panic3d.evaluate.open_bench.recipe import RECIPES
from tests.documents import ROOT, blocks

PAGES = ("README.md", "docs/evaluation.md", "docs/open-benchmark.md")


def commands(page):
    """Return all commands of a page's shell blocks, line continuations joined."""
    text = "".join(blocks((ROOT / page).read_text("utf-8"), "bash")).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("panic3d ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.fixture
def understood(monkeypatch):
    """Commands are parsed by their own signatures and do nothing."""
    import tyro

    called: list[str] = []

    def parse(program, function, arguments):
        @functools.wraps(function)
        def nothing(*_, **given):
            called.append(program)

        tyro.cli(nothing, prog=program, args=arguments)

    monkeypatch.setattr(cli, "_call", parse)
    return called


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_are_understood(page, understood):
    found = commands(page)
    assert [cli.main(arguments) for arguments in found] == [0] * len(found)
    assert len(understood) == len(found) > 0
    assert cli.main([*found[0], "--no-such-option"]) == 2


@pytest.mark.parametrize("page", PAGES[1:])
def test_linked_files_exist(page):
    place = ROOT / page
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", place.read_text("utf-8"))
    assert links
    assert not [link for link in links if "://" not in link and not (place.parent / link).exists()]


def test_all_options_that_the_pages_name_exist(understood, capsys):
    """Oracle: what the commands say of themselves."""
    text = "".join((ROOT / page).read_text("utf-8") for page in PAGES[1:])
    known = ""
    for words in (["evaluate"], ["benchmark", "make"], ["render"], ["reconstruct"]):
        assert cli.main([*words, "--help"]) == 0
        known += capsys.readouterr().out
    named = set(re.findall(r"`?(--[a-z]+(?:-[a-z]+)*)", text))
    assert len(named) > 10
    assert {name for name in named if name not in known} == set()


def test_the_benchmarks_have_the_faces_and_hairstyles_that_the_page_counts():
    """Oracle: their recipes; whole benchmarks have enough for intervals, their halves do not."""
    text = (ROOT / "docs/evaluation.md").read_text("utf-8")
    said = re.findall(
        r"`([\w-]+)` has (\d+) faces and (\d+) hairstyles,[^.]*?\((\d+) and (\d+) faces\)", text
    )
    assert {name for name, *_ in said} == set(RECIPES)
    for name, *numbers in said:
        recipe = RECIPES[name]
        both = (*recipe.procedural, *recipe.remixed)
        halves = [len({cell.face for cell in half}) for half in (recipe.procedural, recipe.remixed)]
        counts = [len({cell.face for cell in both}), len({cell.hair for cell in both})]
        assert [*counts, *halves] == [int(number) for number in numbers]
        assert min(counts) >= FEWEST_ASSETS > max(halves)
