"""Fixtures that tests of characters share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unchecked import shapes_unchecked

if TYPE_CHECKING:
    from panic3d.characters.procedural import ProceduralDesign


@pytest.fixture(scope="session")
def designs() -> list[ProceduralDesign]:
    """Designs of the first 2 000 seeds, any family allowed."""
    from panic3d.characters.procedural import draw_procedural

    with shapes_unchecked():
        return [draw_procedural(seed) for seed in range(2000)]
