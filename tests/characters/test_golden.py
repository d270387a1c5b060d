"""One seed, one character, on any machine: attributes and topology the same, vertices to 1e-5 m."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from panic3d.characters.procedural import make_procedural
from tests.characters.golden import FILE, SEEDS, described, primitives

TOLERANCE_M = 1e-5
ROOT = Path(__file__).parents[2]


def compare(found, expected):
    """Compare descriptions: all but the points exactly."""
    for name in ("tags", "assets", "labels", "expression", "landmarks"):
        assert found[name] == expected[name], name
    for k, (one, other) in enumerate(zip(found["parts"], expected["parts"], strict=True)):
        assert (one["vertices"], one["faces"]) == (other["vertices"], other["faces"]), k
        apart = np.abs(np.array(one["points"]) - np.array(other["points"])).max()
        assert apart < TOLERANCE_M, (k, apart)


@pytest.fixture(scope="module")
def kept():
    return json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def made():
    return {seed: make_procedural(seed) for seed in SEEDS}


def test_characters_are_those_that_were_kept(made, kept):
    """Oracle: golden_procedural.json; a change that is meant writes it anew."""
    assert list(kept) == [str(seed) for seed in SEEDS]
    for seed, one in made.items():
        compare(json.loads(json.dumps(described(one))), kept[str(seed)])


def plain_processor():
    """Return variables under which NumPy and BLAS use nothing that old processors lack."""
    from numpy._core._multiarray_umath import (  # type: ignore[import-not-found]
        __cpu_dispatch__,
        __cpu_features__,
    )

    features = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    return features, {
        "NPY_DISABLE_CPU_FEATURES": " ".join(features),
        "OPENBLAS_CORETYPE": "Nehalem",
        "OPENBLAS_NUM_THREADS": "1",
    }


def test_another_processor_makes_the_same_characters(made, kept, tmp_path):
    """Oracle: a process without the vector instructions of this one; its every vertex."""
    features, environment = plain_processor()
    if not features:
        pytest.skip("this processor has nothing that NumPy could do without")
    out = tmp_path / "plain.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.characters.golden", str(out)],
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    with np.load(out.with_suffix(".npz")) as points:
        for seed, one in made.items():
            compare(found[str(seed)], kept[str(seed)])
            every = np.concatenate([part.positions for part in primitives(one)])
            assert np.abs(points[str(seed)] - every).max() < TOLERANCE_M, seed


def test_the_comparison_finds_a_vertex_out_of_place(kept):
    """The oracle itself."""
    spoiled = json.loads(json.dumps(kept["1"]))
    spoiled["parts"][0]["points"][0][1] += 2 * TOLERANCE_M
    with pytest.raises(AssertionError):
        compare(spoiled, kept["1"])
