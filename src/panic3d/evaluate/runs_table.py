"""The list of runs on the test set, which docs/evaluation.md keeps: a line for each."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from panic3d.evaluate.provenance import code_digest
from panic3d.evaluate.run import Evaluation

TEST_SET = "open-bench-1"


def runs_line(evaluation: Evaluation) -> str:
    """Return the line of the table that tells of a run; empty if it was not on the test set.

    The last column, what the run was for, is left to whoever ran it.
    """
    if not re.match(rf"{TEST_SET}(?![\w-])", evaluation.title):
        return ""
    judged = [
        f"{predictor.name} ({digest[:8]})"
        for predictor, digest in zip(
            evaluation.plan.predictors, evaluation.digests.predictors, strict=True
        )
        if predictor.role == "entry"
    ]
    if not judged:
        return ""
    day = datetime.now(UTC).date().isoformat()
    where = f"{evaluation.title}, {evaluation.plan.mode} mode, code {code_digest()[:8]}"
    cells = [day, where, ", ".join(judged), "…"]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
