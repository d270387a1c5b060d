"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unchecked import shapes_unchecked

if TYPE_CHECKING:
    from panic3d.render.raster import Rasteriser

# Nothing of panic3d is imported here: this file is read before the shape checker is in place.

SHARED = Path(__file__).resolve().parents[2] / "shared"
SHARED_MODELS = sorted((SHARED / "data" / "vrm").glob("*.vrm"))


LONGEST = ("test_overfits.py", "test_campaign.py", "test_remix_landmarks.py", "test_landmarks.py")
"""Files that begin first, so that no process is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


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


@pytest.fixture(scope="session")
def rasteriser() -> Iterator[Rasteriser]:
    """An OpenGL context; whoever needs one skips where there is none."""
    from panic3d.errors import RenderError
    from panic3d.render.raster import Rasteriser

    pytest.importorskip("moderngl", reason="moderngl is not installed: pip install 'panic3d[data]'")
    try:
        drawn = Rasteriser()
    except RenderError as error:
        pytest.skip(str(error))
    with drawn:
        yield drawn


@pytest.fixture(scope="session")
def shared_models() -> list[Path]:
    """The openly licensed VRM models of the shared data folder."""
    if not SHARED_MODELS:
        pytest.skip("the shared data folder with its VRM models is not here")
    return SHARED_MODELS


@pytest.fixture(params=[path.stem for path in SHARED_MODELS] or ["none"])
def shared_model(request: pytest.FixtureRequest) -> Path:
    """Each of those models in turn."""
    if not SHARED_MODELS:
        pytest.skip("the shared data folder with its VRM models is not here")
    return SHARED / "data" / "vrm" / f"{request.param}.vrm"


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Small work is no quicker with more threads, and far slower where cores are busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """See `shapes_unchecked`."""
    with shapes_unchecked():
        yield
