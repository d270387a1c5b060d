"""Parts of different models become one character."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from panic3d.characters.build import build_character
from panic3d.characters.colour import mixed, oklab_from_srgb
from panic3d.characters.made import PROCEDURAL, MadeCharacter, Source
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.kind import Anchor
from panic3d.characters.piece import Mark, Piece, Surface
from panic3d.characters.remix.drape import NECK_LEAN_M, NECK_Z_M
from panic3d.characters.remix.ears import ears_under_hair, pointed
from panic3d.characters.remix.features import with_brows
from panic3d.characters.remix.fit import bent, fit_hair, formed
from panic3d.characters.remix.gaps import without_slits
from panic3d.characters.remix.grown import grow
from panic3d.characters.remix.landmarks import marks_of
from panic3d.characters.remix.layout import Fall, fall_of, style_tails, style_ties
from panic3d.characters.remix.measure import anatomy_of, shape_of
from panic3d.characters.remix.mesh import compacted
from panic3d.characters.remix.paint import hair_paint, head_surfaces
from panic3d.characters.remix.parts import HeadParts, Part, part_of
from panic3d.characters.remix.plan import Remix
from panic3d.characters.remix.proportions import hair_move, head_move
from panic3d.characters.remix.recolour import average
from panic3d.characters.remix.restyle import GROUPS, Restyled, lent, restyled
from panic3d.characters.remix.scalp import (
    directions_of_cap,
    make_cap,
    scalp_texture,
    split_share,
)
from panic3d.characters.remix.skull import skull_of_shape
from panic3d.characters.remix.sources import Library
from panic3d.characters.remix.swap import with_mouth, with_skin
from panic3d.characters.remix.tags import remix_tags
from panic3d.characters.remix.tails import drawn_in
from panic3d.characters.remix.whole import shorn
from panic3d.characters.shape import HeadShape
from panic3d.errors import ModelError
from panic3d.geometry.character import Meta

Doubles = NDArray[np.float64]

_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
_CC_BY = "https://creativecommons.org/licenses/by/4.0/"
_SHORT = 0.86
"""Length of the neck of heads with their own hair, which are a child's or a toy's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A head with its hair, not yet a character: what further parts are fitted to."""

    pieces: tuple[Piece, ...]
    shape: HeadShape
    landmarks: tuple[Mark, ...]
    """The 28, on the pieces."""
    expressions: Mapping[str, Mapping[str, float]]
    sources: tuple[Source, ...]
    assets: Mapping[str, str]
    tags: tuple[str, ...]
    locks: tuple[NDArray[np.int64] | None, ...]
    """For each piece of a model's hair the lock each vertex belongs to; None for all others."""
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    """Where grown hair can be tied."""


def fit_remix(library: Library, remix: Remix) -> Fitted:
    """Make head and hair of a remix.

    Raises:
        ConfigError: an asset is not in the library.
        ModelError: an asset's file is broken or lacks what is asked of it.
    """
    head = worn_head(library, remix)
    # Its own where another's does not fit, as the design sees to.
    for name, put in ((remix.skin, with_skin), (remix.mouth, with_mouth)):
        other = None if name is None else library[name].parts.head
        head = head if other is None else put(head, other) or head
    if remix.brows != remix.face:
        brows = library[remix.brows].parts.head
        head = head if brows is None else with_brows(head, brows) or head
    anatomy = anatomy_of(head)
    move = head_move(remix.proportions, anatomy)
    follow = hair_move(remix.proportions)
    positions = [move(part.positions) for part in head.parts]
    body = dict(remix.body)
    if head.whole:  # large, on a short neck
        usual = HeadShape()
        body["neck_length"] = _SHORT * usual.neck_length
        body["shoulder_y"] = (
            body.get("shoulder_y", usual.shoulder_y) + (1 - _SHORT) * usual.neck_length
        )
    shape = shape_of(head, positions, **body)
    if remix.ear_point > 0:
        skin = np.concatenate(
            [at for p, at in zip(head.parts, positions, strict=True) if p.role == "face"]
        )
        positions = [
            pointed(at, skin, remix.ear_point) if part.role == "ear" else at
            for part, at in zip(head.parts, positions, strict=True)
        ]
    pieces = [
        _head_piece(part, place, move, surface)
        for part, place, surface in zip(
            head.parts,
            _tucked(head, positions, shape),
            head_surfaces(library, head, remix),
            strict=True,
        )
    ]
    worn = _worn_hair(library, head, remix)
    fall = fall_of([follow(p.positions) for p, _ in worn if p.role == "hair"]) if worn else None
    if head.whole if remix.grown is not None else remix.hair is not None or not head.whole:
        # Grown hair has a scalp, out of which the corners of coarse heads would come.
        pieces.append(_cap_piece(head, remix, follow, fall))
    anchors: Mapping[str, Anchor] = {}
    if remix.grown is not None:
        grown, anchors = grow(head, positions, shape, remix)
        pieces += grown
    locks: list[NDArray[np.int64] | None] = [None] * len(pieces)
    sources = [library[remix.face].source("face")]
    if remix.hair is not None:
        for piece, lock in _hair_pieces(worn, fall, remix, follow):
            pieces.append(piece)
            locks.append(lock)
        sources.append(library[remix.hair].source("hair"))
        if remix.restyling is not None:
            sources += [library[name].source("hair") for name in lent(remix.restyling)]
    elif head.whole and remix.grown is None:
        sources.append(library[remix.face].source("hair"))
    pieces = ears_under_hair(pieces)
    assets = {"face": remix.face, "eyes": remix.eyes, "brows": remix.brows}
    assets |= {"mouth": remix.mouth or remix.face, "skin": remix.skin or remix.face}
    for what, name in assets.items():
        if name != remix.face:
            sources.append(library[name].source(what))
    if remix.grown is not None:
        assets["hair"] = remix.grown.family
    elif remix.hair is not None or head.whole:
        assets["hair"] = remix.hair or remix.face
        for name, groups in ({} if remix.restyling is None else lent(remix.restyling)).items():
            assets |= {f"{group} hair": name for group in groups}
    return Fitted(
        pieces=tuple(pieces),
        shape=shape,
        landmarks=marks_of(head, pieces),
        expressions=_expressions(head),
        sources=tuple(sources),
        assets=assets,
        tags=remix_tags(library, remix),
        locks=tuple(locks),
        anchors=anchors,
    )


def worn_head(library: Library, remix: Remix) -> HeadParts:
    """Return the head of a remix, without hair of its own where other hair is worn.

    Raises:
        ConfigError: there is no such model.
        ModelError: it has no head.
    """
    head = library[remix.face].parts.head
    if head is None:
        raise ModelError(f"the model {remix.face} has no head")
    return shorn(head) if remix.hair is not None or remix.grown is not None else head


def body_palette(library: Library, remix: Remix, fitted: Fitted) -> Palette:
    """Return the colours of a body for a head: of its lower face's skin, and as softly shaded.

    Heads that are told apart by colour keep the light and dark painted on them, so that their
    skin is not quite the palette's, and they are painted flat.
    """
    head = worn_head(library, remix)
    if not head.whole:
        return remix.palette
    seen = []
    for part, piece in zip(head.parts, fitted.pieces, strict=False):
        if part.role != "face":
            continue
        middle = piece.positions[piece.faces].mean(1)
        low = (middle[:, 1] < 0.5 * fitted.shape.eye_y) & (middle[:, 2] > -0.02)
        corners = piece.uvs[piece.faces[low]]
        uv = np.concatenate([corners.mean(1), *(0.7 * corners + 0.3 * corners.mean(1)[:, None])])
        texture = piece.surface.texture
        size = np.array(texture.shape[1::-1])
        column, row = np.clip(uv * size, 0, size - 1).astype(np.int64).T
        seen.append(oklab_from_srgb(texture[row, column, :3] / 255))
    skin = average(np.median(np.concatenate(seen), axis=0))
    shade = mixed(skin, remix.palette.skin_shade, 0.45)
    return replace(remix.palette, skin=skin, skin_shade=shade)


def compose(
    library: Library,
    remix: Remix,
    fitted: Fitted | None = None,
    extras: Sequence[Piece] = (),
    tags: Sequence[str] = (),
    name: str = "remix",
    design: Mapping[str, Any] | None = None,
    expression: Mapping[str, float] | None = None,
) -> MadeCharacter:
    """Make a character.

    Args:
        library: holds the assets.
        remix: what to make.
        fitted: of this remix, if there already is one.
        extras: procedural pieces for the fitted shape: bust, clothes, accessories, hair.
        tags: of the extras.
        name: of the model.
        design: choices to record.
        expression: how it usually looks.
    """
    fitted = fit_remix(library, remix) if fitted is None else fitted
    pieces = [*fitted.pieces, *extras]
    sources = [*fitted.sources, PROCEDURAL]
    built = build_character(
        pieces,
        fitted.shape,
        fitted.expressions,
        _meta(name, sources),
        marked=fitted.landmarks,
    )
    return MadeCharacter(
        character=built.character,
        labels=built.labels,
        landmarks=built.anchors,
        tags=tuple(sorted({*fitted.tags, *tags})),
        sources=tuple(sources),
        assets=fitted.assets,
        expression={
            name: weight
            for name, weight in (expression or {}).items()
            if name in built.character.expressions
        },
        design=design or {},
    )


def _meta(name: str, sources: Sequence[Source]) -> Meta:
    named = [s for s in sources if s.licence != "CC0-1.0"]
    free = not named
    return Meta(
        name=name,
        version="1",
        authors=tuple(dict.fromkeys(source.author for source in sources)),
        references=tuple(dict.fromkeys(source.asset for source in sources)),
        third_party_licences="; ".join(
            f"{s.title} by {s.author}, {s.licence} ({s.asset})" for s in sources
        ),
        licence_name="CC0" if free else "CC_BY",
        licence_url=_CC0 if free else _CC_BY,
        allowed_user="everyone",
        violent_use=True,
        sexual_use=True,  # neither CC0 nor CC BY forbids any use
        commercial_use="corporation",
        political_or_religious_use=True,
        antisocial_or_hate_use=True,
        credit_required=not free,
        redistribution=True,
        modification="allowModificationRedistribution",
    )


def _expressions(head: HeadParts) -> dict[str, dict[str, float]]:
    """Return the file's own expressions, and brows, eyes and mouths each by themselves."""
    found = {name: dict(targets) for name, targets in head.expressions.items()}
    names = dict.fromkeys(name for part in head.parts for name in part.morphs)
    for name in names:
        kind, _, mood = name.partition("_")
        own = {"BRW": "brow", "EYE": "eye", "MTH": "mouth"}.get(kind)
        if own is not None and mood and mood not in ("Close", "A", "I", "U", "E", "O"):
            found[own + mood.replace("_", "")] = {name: 1.0}
    return found


# The head


def _head_piece(part: Part, place: Doubles, move: Any, surface: Surface) -> Piece:
    morphs = {}
    for name, delta in part.morphs.items():
        rows = np.flatnonzero(np.abs(delta).max(1) > 1e-7)
        moved = np.zeros_like(delta)
        moved[rows] = move(part.positions[rows] + delta[rows]) - place[rows]
        morphs[name] = moved
    weights: dict[str, Doubles] = {}
    if part.neck is not None:
        weights = {"head": 1 - part.neck, "neck": part.neck}
    elif part.role in ("iris", "highlight"):
        left = (place[:, 0] > 0).astype(np.float64)
        weights = {"leftEye": left, "rightEye": 1 - left}
    return Piece(
        surface=surface,
        positions=place,
        faces=part.faces,
        uvs=part.uvs,
        morphs=morphs,
        weights=weights,
        group="Head" if part.role == "neck" else "Face",
    )


def _tucked(head: HeadParts, positions: list[Doubles], shape: HeadShape) -> list[Doubles]:
    """Draw the neck into the procedural one, which so takes over right below the jaw.

    What the neck shares with the face stays in place, or a gap would open there.
    """
    rim = np.concatenate(
        [place for part, place in zip(head.parts, positions, strict=True) if part.role == "face"]
    )
    found = []
    for part, place in zip(head.parts, positions, strict=True):
        if part.role == "neck":
            place = place.copy()
            middle = NECK_Z_M - NECK_LEAN_M * np.clip(-place[:, 1] / shape.neck_length, -0.6, 1.6)
            off = np.hypot(place[:, 0], place[:, 2] - middle)
            reach = shape.neck_radius
            down = np.clip((0.004 - place[:, 1]) / 0.016, 0.0, 1.0)
            down *= np.clip((1.75 * reach - off) / (0.6 * reach), 0.0, 1.0)
            down *= cKDTree(rim).query(place)[0] > 1e-4
            aim = np.minimum(off, 0.86 * reach)
            factor = 1 + down * (aim / np.maximum(off, 1e-6) - 1)
            place[:, 0] *= factor
            place[:, 2] = middle + (place[:, 2] - middle) * factor
        found.append(place)
    return found


# Hair


def _cap_piece(head: HeadParts, remix: Remix, follow: Any, fall: Fall | None) -> Piece:
    cap = make_cap(head)
    colour = remix.hair_colour
    second = None
    kind = colour.kind if remix.grown is None else remix.grown.colour
    if kind == "split":
        second = (remix.palette.hair_second, split_share())
    elif kind == "gradient" and fall is not None:
        place = follow(directions_of_cap(head).reshape(-1, 3))
        share = fall.share(place).reshape(directions_of_cap(head).shape[:2])
        share = np.clip((share - colour.start) / (colour.end - colour.start), 0.0, 1.0)
        second = (remix.palette.hair_second, share * share * (3 - 2 * share))
    surface = Surface(
        name="Scalp",
        label="scalp",
        texture=scalp_texture(remix.palette.hair, second),
        alpha_mode="MASK",
        outline=False,
    )
    return Piece(
        surface=surface, positions=follow(cap.positions), faces=cap.faces, uvs=cap.uvs, group="Head"
    )


def _worn_hair(
    library: Library, head: HeadParts, remix: Remix
) -> list[tuple[Part, NDArray[np.bool_]]]:
    """Return the parts of the hair in their form, each with which of its locks are of tails."""
    if remix.hair is None:
        return []
    lenders = {} if remix.restyling is None else lent(remix.restyling)
    own = [group for group in GROUPS if not any(group in groups for groups in lenders.values())]
    found = _hair_of(library, remix.hair, head, remix, own)
    for name, groups in lenders.items():
        borrowed = _hair_of(library, name, head, remix, groups)
        found += [each for each in borrowed if each[0].part.role == "hair"]
    worn, ties = [each for each, _ in found], [flags for _, flags in found]
    tails = [each.tails for each in worn]
    parts = drawn_in([each.part for each in worn], tails)
    # Without ornaments tails are still tied.
    return [
        (part if part.role != "ornament" or remix.ornaments else part_of(part, of_tie), of_tail)
        for part, of_tail, of_tie in zip(parts, tails, ties, strict=True)
        if part.role != "ornament" or remix.ornaments or of_tie.any()
    ]


def _hair_of(
    library: Library, name: str, head: HeadParts, remix: Remix, groups: Sequence[str]
) -> list[tuple[Restyled, NDArray[np.bool_]]]:
    """Return the parts of one model's hair, each with which of its faces tie tails.

    Only of `groups` where hair is combed anew.
    """
    hair = library[name].parts.hair
    assert hair is not None
    whole = fit_hair(without_slits(hair), head.skull)
    known = zip(whole, style_tails(hair, head.skull), style_ties(hair, head.skull), strict=True)
    found = []
    for part, of_tail, ties in known:
        formed_part = formed(part, remix.hair_form, head.skull)
        worn: Restyled | None = Restyled(formed_part, of_tail)
        if remix.restyling is not None:
            worn = restyled(formed_part, of_tail, remix.restyling, head.skull, groups)
        if worn is not None:
            found.append((worn, ties))
    return found


def _hair_pieces(
    parts: Sequence[tuple[Part, NDArray[np.bool_]]], fall: Fall | None, remix: Remix, follow: Any
) -> list[tuple[Piece, NDArray[np.int64]]]:
    pieces = []
    for part, tails in parts:
        place = follow(part.positions)
        uvs = part.uvs
        if part.role == "hair" and remix.hair_colour.kind == "gradient" and fall is not None:
            uvs = np.stack([uvs[:, 0], fall.of_part(part, place)], -1)
        for chosen, texture in hair_paint(part, remix, tails):
            vertices, faces = compacted(part.faces[chosen], len(place))
            worn = part.role == "ornament"
            surface = Surface(
                name="HairOrnament" if worn else "Hair",
                label="accessory" if worn else "hair",
                texture=texture,
                alpha_mode="OPAQUE" if part.alpha_mode == "OPAQUE" else "MASK",
                culling="none",
                shade=(0.78, 0.74, 0.84),
            )
            piece = Piece(
                surface=surface,
                positions=place[vertices],
                faces=faces,
                uvs=uvs[vertices],
                group="Accessory" if worn else "Hair",
            )
            lock = np.zeros(len(vertices), np.int64)
            if part.strands is not None:
                lock[faces] = part.strands[chosen][:, None]
            pieces.append((piece, lock))
    return pieces


def bent_to_head(head: HeadParts, points: Doubles, shape: HeadShape) -> Doubles:
    """Bend points that lie around a `HeadShape`'s skull to around a real head's.

    Procedural hair is made for `shape`; the real head differs from it by millimetres, which is
    enough for skin to show through.
    """
    return bent(points, skull_of_shape(shape), head.skull)
