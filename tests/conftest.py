"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the golden recordings come from another folder."""
    parser.addoption(
        "--golden-dir",
        type=Path,
        default=SHARED / "golden",
        help="folder of recorded arrays (default: golden/ of the shared data folder)",
    )


@pytest.fixture(scope="session")
def golden_dir(request: pytest.FixtureRequest) -> Path:
    """Folder of recorded arrays of the original networks."""
    folder: Path = request.config.getoption("--golden-dir")
    if not (folder / "generator.npz").is_file():
        pytest.skip(
            "the recordings of the original are not here: pass --golden-dir DIR, the folder golden "
            "of the shared data folder"
        )
    return folder


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Switch the shape checker of the tests off, to see what users see."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
