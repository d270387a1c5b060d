"""The line that tells of a run on the test set."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from panic3d.evaluate.instruments import Instruments
from panic3d.evaluate.plan import EvaluationPlan, Keys
from panic3d.evaluate.run import Evaluation
from panic3d.evaluate.runs_table import runs_line
from tests.documents import ROOT

from .balls import Balls, Neighbour


@pytest.fixture
def evaluation(tmp_path) -> Evaluation:
    source = Balls(2)
    plan = EvaluationPlan(
        source=source,
        predictors=(Neighbour("ours", 1), Neighbour("sheet", 2, role="floor")),
        out=tmp_path,
        floors=tmp_path,
        instruments=Instruments(folder=Path()),
    )
    return Evaluation(
        plan=plan,
        title="open-bench-1 (procedural half, 32 characters)",
        cases=tuple(source.cases),
        results=(),
        digests=Keys("b", ("0123456789abcdef", "fedcba9876543210"), "r"),
    )


def test_a_run_on_the_test_set_has_a_line_that_fits_the_table(evaluation):
    """Oracle: the table's own heading; who was judged is in it, floors are not."""
    line = runs_line(evaluation)
    assert "ours (01234567)" in line and "sheet" not in line
    assert "open-bench-1 (procedural half, 32 characters), fixed mode" in line
    assert re.match(r"\| \d{4}-\d\d-\d\d \|", line)
    table = (ROOT / "docs" / "evaluation.md").read_text("utf-8").partition("## Runs")[2]
    heading = next(row for row in table.splitlines() if row.startswith("| date"))
    assert line.count("|") == heading.count("|")


@pytest.mark.parametrize("title", ["open-bench-1-val", "open-bench-10", "AnimeRecon, 68 of 68"])
def test_other_benchmarks_have_none(evaluation, title):
    assert runs_line(replace(evaluation, title=title)) == ""
