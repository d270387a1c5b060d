"""No accessory floats on whole characters: each part holds to head, hair or clothes, or by others.

A seed is a character; its halo, which is to float, is taken off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from panic3d.characters.made import MadeCharacter
from panic3d.characters.parts.accessories.design import KINDS, AccessoryDesign
from panic3d.characters.procedural import build_procedural, draw_procedural

CASES = 1

TOUCH_M = 0.004
"""What is so near to another thing, on a head of usual size, holds to it."""
_STEP_M = 0.004
"""Points are so dense on surfaces, or denser."""
_MOST_STEPS = 12
_FAR_M = 0.05


class Floating(NamedTuple):
    """A part of an accessory that holds to nothing."""

    middle: tuple[float, ...]
    """Metres, in the model's space."""
    triangles: int
    gap_m: float
    """To the nearest thing that holds."""


def run(seed: int, cases: int) -> None:
    """Make `cases` characters and look for what floats.

    Raises:
        AssertionError: something does.
    """
    for case in range(seed * cases, (seed + 1) * cases):
        design = draw_procedural(case)
        kept = tuple(name for name in design.accessories.items if not KINDS[name].floats)
        made = build_procedural(replace(design, accessories=AccessoryDesign(items=kept)))
        found = floating(made, max(design.face.scale, 1.0))
        assert not found, f"character {case}: {found}"


def floating(made: MadeCharacter, scale: float = 1.0) -> list[Floating]:
    """Return the parts of accessories that hold to nothing, on a character at rest.

    Args:
        made: the character.
        scale: of its head, the usual being 1.
    """
    ground, points, sizes = [], [], []
    for label, positions, faces in _primitives(made):
        if label != "accessory":
            ground.append(_dense(positions[faces], _STEP_M * scale))
            continue
        own = _components(positions, faces)
        for part in np.unique(own):
            points.append(_dense(positions[faces[own == part]], _STEP_M * scale))
            sizes.append(int((own == part).sum()))
    left, new = list(range(len(points))), ground
    gaps = [_FAR_M] * len(points)
    while new and left:
        tree = cKDTree(np.concatenate(new))
        for k in left:
            gap, _ = tree.query(points[k], distance_upper_bound=gaps[k])
            gaps[k] = min(gaps[k], float(gap.min()))
        new = [points[k] for k in left if gaps[k] < TOUCH_M * scale]
        left = [k for k in left if gaps[k] >= TOUCH_M * scale]
    return [
        Floating(tuple(round(float(x), 3) for x in points[k].mean(0)), sizes[k], round(gaps[k], 4))
        for k in left
    ]


def _primitives(
    made: MadeCharacter,
) -> list[tuple[str, NDArray[np.float64], NDArray[np.int64]]]:
    primitives = [one for mesh in made.character.meshes for one in mesh.primitives]
    return [
        (label, one.positions.astype(np.float64), one.faces.astype(np.int64))
        for label, one in zip(made.part_labels, primitives, strict=True)
        if len(one.faces)
    ]


def _components(positions: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the number of the connected part of each triangle; places count, not vertices."""
    _, place = np.unique(np.round(positions, 5), axis=0, return_inverse=True)
    at = place.reshape(-1)[faces]
    ends = at[:, [0, 1, 1, 2]].reshape(-1, 2)
    count = int(place.max()) + 1
    graph = coo_array((np.ones(len(ends)), ends.T), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    found: NDArray[np.int32] = label[at[:, 0]]
    return found


def _dense(corners: NDArray[np.float64], step_m: float) -> NDArray[np.float64]:
    """Return points on triangles (n, 3, 3), about as far apart as a step."""
    found = [corners.reshape(-1, 3)]
    longest = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1).max(1)
    steps = np.clip(np.ceil(longest / step_m), 1, _MOST_STEPS).astype(np.int64)
    for count in range(2, _MOST_STEPS + 1):
        some = corners[steps == count]
        if len(some):
            i, j = np.mgrid[0 : count + 1, 0 : count + 1].reshape(2, -1)
            inside = i + j <= count
            weight = np.stack([i, j, count - i - j], -1)[inside] / count
            found.append((weight @ some).reshape(-1, 3))
    return np.concatenate(found)
