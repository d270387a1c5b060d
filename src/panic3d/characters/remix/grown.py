"""Hair grown by rules on the heads of models."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.colour import alike
from panic3d.characters.made import stream
from panic3d.characters.parts.accessories.kind import Anchor, HairAnchor
from panic3d.characters.parts.hair import FAMILIES, HairDesign, draw_hair_design, make_hair
from panic3d.characters.parts.hair.tie_kinds import TIED
from panic3d.characters.piece import Piece
from panic3d.characters.remix.dissect import measured_skull
from panic3d.characters.remix.fit import bent, cleared
from panic3d.characters.remix.parts import HeadParts
from panic3d.characters.remix.plan import Remix
from panic3d.characters.remix.skull import skull_of_shape
from panic3d.characters.shape import HeadShape

Doubles = NDArray[np.float64]

SHARE = 0.4
"""Of model heads that hair is grown on, where model hair may be used as well."""
_ELFIN = 0.15
"""Of those, who have pointed ears: grown hair makes room for them."""


def families_among(names: Collection[str] | None, models: Collection[str]) -> tuple[str, ...]:
    """Return the families of procedural hair among names of hair; None: all there are.

    Args:
        names: of models and of families.
        models: names that models have: such a one means the model.
    """
    return tuple(
        name for name in FAMILIES if name not in models and (names is None or name in names)
    )


def with_grown_hair(
    remix: Remix,
    seed: int,
    families: Sequence[str],
    share: float = SHARE,
    pointable: bool = True,
    bent: float = 0.0,
) -> Remix:
    """Return a remix, on a share of seeds with grown hair in place of a model's.

    Args:
        remix: whose head can wear other hair.
        seed: of the character.
        families: of hair that may be grown; where there are none the remix stays as it is.
        share: of seeds.
        pointable: ears of the head are fine enough to be drawn out into points.
        bent: share of grown hairstyles between families; see `draw_hair_design`.
    """
    if not families or stream(seed, "grown hair").random() >= share:
        return remix
    design = draw_hair_design(
        stream(seed, "grown hair", "design"),
        families,
        boyish=remix.body.get("chest") == 0,
        second_colour=remix.hair_colour.kind != "plain",
        bent=bent,
    )
    if design.colour == "roots" and alike(remix.palette.hair_second, remix.palette.skin):
        design = replace(design, colour="tips")  # roots like skin look bald
    elfin, length = stream(seed, "grown hair", "ears").random(2)
    return replace(
        remix,
        hair=None,
        grown=design,
        grown_seed=seed,
        ear_point=0.4 + 0.45 * float(length) if pointable and elfin < _ELFIN else 0.0,
    )


def tied_strands(design: HairDesign) -> tuple[str, ...]:
    """Return names of what a hairstyle ties."""
    return tuple(tie.name for tie in TIED[design.back].ties) if design.back in TIED else ()


def grow(
    head: HeadParts, positions: list[Doubles], shape: HeadShape, remix: Remix
) -> tuple[list[Piece], dict[str, Anchor]]:
    """Grow hair on a model's head.

    Args:
        head: of the model.
        positions: where its parts' vertices are at last.
        shape: its numbers.
        remix: with a design of hair.

    Returns:
        The hair, its scalp first, and where it can be tied.
    """
    assert remix.grown is not None
    hair = make_hair(
        remix.grown,
        shape,
        remix.palette,
        stream(remix.grown_seed, "grown hair", "locks"),
        ear_point=remix.ear_point,
    )
    source, target = skull_of_shape(shape), measured_skull(head.parts, positions)
    pieces = []
    for piece in hair.pieces:
        places = bent(piece.positions, source, target)
        if piece.surface.label == "hair":
            places = cleared(places, target)
        pieces.append(replace(piece, positions=places))
    anchors: dict[str, Anchor] = {
        name: HairAnchor(
            bent(np.asarray(anchor.position)[None], source, target)[0],
            anchor.direction,
            anchor.radius,
        )
        for name, anchor in hair.anchors.items()
    }
    return pieces, anchors
