"""Every recorded array of the original against ours. Oracle: the published code, run once.

The recordings' README gives the tolerances: 1e-4 absolute for float32, 1e-3 for raw density,
99.8 % of the pixels for binary masks and for what depends on one. Distances and meshes agree to
1e-6 m, 8-bit pictures exactly. Losses agree to a ten-thousandth, lengths of their gradients to a
thousandth, and to a ten-thousandth of a phase's longest.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from .recordings import FILES, Recorded, Recording

ABSOLUTE = 1e-4
RAW_DENSITY = 1e-3
METRES = 1e-6
LOSS = 1e-4
GRADIENT = 1e-3
AGREEING = 0.998

BEHIND_A_THRESHOLD = (
    "image_sub", "paste_sub", "mask_sub", "mask_occ_sub", "mask_frontweight_sub",
    "occlusion_weights",
)  # fmt: skip
"""In paste.npz these depend on a hard threshold, or look up a picture with sharp edges."""


PAINTED = (("rmline", "out/wrapper_rgba"), ("rmline", "out/wrapper_on_white_u8"))
"""The only 8-bit picture that a network painted, and what it is made of: where a line is is a hard
threshold, and so is the conversion to 8 bits."""

DECIBELS = ("out/psnr", "out/psnr_dim", "out/psnr_dim_after")
"""The only numbers in metrics.npz that are no lengths in metres or shares of points."""


@cache
def recording(folder: Path, name: str) -> Recording:
    return Recording(folder, name)


@cache
def recorded(folder: Path) -> Recorded:
    return Recorded(folder)


@cache
def answers(folder: Path, name: str) -> dict[str, Tensor]:
    module = import_module(f".ours_{name}", __package__)
    with torch.no_grad():
        result: dict[str, Tensor] = module.ours(recording(folder, name), recorded(folder))
    return result


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case per recorded result, read from the files themselves."""
    if "array" not in metafunc.fixturenames:
        return
    folder: Path = metafunc.config.getoption("--golden-dir")
    present = [name for name in FILES if (folder / f"{name}.npz").is_file()]
    cases = [(name, key) for name in present for key in recording(folder, name).outputs()]
    ids = [f"{name}-{key.removeprefix('out/')}" for name, key in cases]
    metafunc.parametrize("array", cases, ids=ids)


def test_ours_agrees_with_the_recorded(array: tuple[str, str], golden_dir: Path) -> None:
    """Oracle: the recording."""
    name, key = array
    theirs = recording(golden_dir, name).arrays[key]
    found = answers(golden_dir, name)
    assert key in found, f"{key} of {name}.npz is recorded and nobody computes it"
    ours = found[key].detach().numpy()
    if key.endswith("/stats"):  # text: numbers by name
        theirs = np.array(list(json.loads(str(theirs)).values()))
    assert ours.shape == theirs.shape
    if key.endswith("_u8"):
        agreeing = (ours == theirs).mean()
        painted = (name, key) in PAINTED
        assert ours.dtype == np.uint8 and agreeing >= (AGREEING if painted else 1.0), agreeing
        return
    if theirs.dtype == np.uint8:
        agreeing = ((ours > 0.5) == (theirs > 0.5)).mean()
        assert agreeing >= AGREEING, f"{agreeing:.4%} of the mask agrees"
        return
    if theirs.dtype == np.int32:
        assert np.array_equal(ours, theirs)
        return
    if key.endswith(("/stats", "/grad_norms")):
        stats = key.endswith("/stats")
        floor = 1e-9 if stats else LOSS * np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, rtol=LOSS if stats else GRADIENT, atol=floor)
        return
    raw_density = key in ("out/points_sigma", "out/sigmas")
    error = np.abs(ours.astype(np.float64) - theirs)
    limit = RAW_DENSITY if raw_density else ABSOLUTE
    if name == "metrics" and key not in DECIBELS:
        limit = METRES
    short = key.rsplit("/", 1)[-1]
    hard = name == "paste" and short in BEHIND_A_THRESHOLD
    hard |= "_binarize/" in key or (name, key) in PAINTED
    close = (error <= limit).mean()
    assert close >= (AGREEING if hard else 1.0), f"{close:.4%} close, largest {error.max():.3g}"


@pytest.mark.parametrize("name", FILES)
def test_every_recording_is_there(name: str, golden_dir: Path) -> None:
    assert (golden_dir / f"{name}.npz").is_file()


def test_every_recording_is_on_the_list(golden_dir: Path) -> None:
    assert {path.stem for path in golden_dir.glob("*.npz")} <= set(FILES)
