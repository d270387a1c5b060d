"""A character made in milliseconds: a plain head with a cap of hair, eyes and a mouth."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from panic3d.characters.build import build_character
from panic3d.characters.made import PROCEDURAL, MadeCharacter, Source, stream
from panic3d.characters.make.engines import Engine, Kind
from panic3d.characters.piece import Label, Piece, Surface, flat_texture
from panic3d.characters.shape import HeadShape
from panic3d.characters.splits import Assets
from panic3d.geometry.character import Meta

FAMILIES = {
    "hair": ("bob", "wolf", "two_side_up", "hime", "drills"),
    "face": ("soft", "drowsy", "doll", "retro"),
}


def _ball(
    shape: HeadShape, label: Label, colour: np.ndarray, low: float, high: float, grown: float
) -> Piece:
    """A band of the head between two heights (0 to 1), grown by some metres."""
    y = shape.chin_y + shape.height * np.linspace(low, high, 12)
    angle = np.linspace(-180, 180, 25)
    points = shape.section(y[:, None], angle[None, :])
    points += grown * np.stack([np.sin(np.radians(angle)), 0 * angle, np.cos(np.radians(angle))], 1)
    index = np.arange(12 * 25).reshape(12, 25)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1)
    corners = quads.reshape(-1, 4)
    surface = Surface(
        name=label.title(), label=label, texture=flat_texture(colour.tolist()), culling="none"
    )
    return Piece(
        surface=surface,
        positions=points.reshape(-1, 3),
        faces=np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]).astype(np.int32),
        uvs=np.full((300, 2), 0.5),
    )


def make_fake(seed: int, families: Assets) -> MadeCharacter:
    """Make one; its width and colours go by the seed."""
    rng = stream(seed, "fake")
    assets = {kind: names[int(rng.integers(len(names)))] for kind, names in families.items()}
    shape = HeadShape(width=rng.uniform(0.9, 1.1))
    skin = _ball(shape, "skin", np.array([0.96, 0.87, 0.82]), 0.01, 0.99, 0.0)
    hair = _ball(shape, "hair", rng.uniform(0.1, 0.9, 3), rng.uniform(0.45, 0.6), 0.999, 0.006)
    # The front of the skin; the chin's tip first.
    front = np.argsort(-skin.positions[:, 2], kind="stable")[:28]
    built = build_character(
        [skin, hair],
        shape,
        {},
        Meta(name="Fake", authors=("Nobody",)),
        marked=[(0, int(k)) for k in front],
    )
    return MadeCharacter(
        character=built.character,
        labels=built.labels,
        landmarks=built.anchors,
        tags=("1girl", f"{assets['hair']}_hair"),
        sources=(PROCEDURAL,),
        assets=assets,
        design={"seed": seed, "width": shape.width},
    )


def make_fake_remix(seed: int, allowed: Assets) -> MadeCharacter:
    """Make one that says it is taken from models."""
    from dataclasses import replace

    made = make_fake(seed, allowed)
    sources = tuple(
        Source(asset=f"{name}:{kind}", title=name.title(), author="Somebody", licence="CC-BY-4.0")
        for kind, name in made.assets.items()
    )
    return replace(made, sources=sources)


def open_fake(kind: Kind, sources: Path | None) -> Engine:
    """Open the engines of fakes, as `open_engine` does those of characters."""
    if kind == "procedural":
        return Engine(FAMILIES, make_fake)
    models = ("vita", "godette", "victoria_rubin", "sendagaya_shino", "hairsample_male")
    return Engine({"hair": models, "face": models}, make_fake_remix)


def open_faulty(kind: Kind, sources: Path | None) -> Engine:
    """Open an engine that fails for one seed in three, and breaks its process for another."""

    def make(seed: int, families: Assets) -> MadeCharacter:
        if seed % 3 == 0:
            raise ZeroDivisionError("no such hair")
        if seed % 7 == 0:
            os._exit(3)
        return make_fake(seed, families)

    return Engine(FAMILIES, make)


def open_leaking(kind: Kind, sources: Path | None) -> Engine:
    """Open an engine that pays no heed to what a split may use."""
    return Engine(FAMILIES, lambda seed, allowed: make_fake(seed, {"hair": ("bob",)}))
