"""Procedural characters differ: no two alike, many tags, and some like each openly licensed model.

A seed stands for `CASES` characters, so that all seeds are a thousand. Their outlines, colours and
tags are kept; ``python -m campaign.variety`` makes what is missing and prints how they differ.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from campaign import SEEDS, STATE
from panic3d.characters.make.engines import engine_sha256
from panic3d.characters.procedural import FAMILIES, make_procedural
from panic3d.characters.variety import (
    Looks,
    Pair,
    best_matches,
    look,
    near_identical,
    outline_ious,
    tag_shares,
)
from panic3d.files import atomic_write
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser

CASES = 10

TAGS, SHARE = 150, 0.005
"""So many tags, each in so large a share of the characters."""
LIKENESS = 0.85
"""Overlap of a model's front and side with those of the character most like it."""

_KEPT = STATE.parent / "variety"
_MODELS = Path(__file__).resolve().parents[2] / "shared" / "data" / "vrm"
_HAIR_ONLY = ("hair_sendagaya_shibu", "hair_darkness_shibu")


def run(seed: int, cases: int) -> None:
    """Make `cases` characters and compare them with each other and with those of other seeds.

    Raises:
        AssertionError: two could be taken for one character, or one shows nothing; the message
            names the characters' seeds.
    """
    looks, tags = _made(range(seed * cases, (seed + 1) * cases))
    _keep(seed, cases, looks, tags)
    areas = np.unpackbits(looks.outlines, axis=-1).mean(-1)
    assert (areas > 0.05).all(), f"hardly anything is seen of one of {cases} from {seed * cases}"
    assert all("solo" in one for one in tags), "a character without tags"
    numbers = [k for s in _kept_seeds(cases) for k in range(s * cases, (s + 1) * cases)]
    pairs = near_identical(Looks.together(part for part, _ in _all(cases)))
    alike = [(numbers[pair.one], numbers[pair.other], pair) for pair in pairs]
    mine = [row for row in alike if seed in (row[0] // cases, row[1] // cases)]
    assert not mine, f"near-identical characters: {mine}"


def _made(seeds: range) -> tuple[Looks, list[list[str]]]:
    looks, tags = [], []
    with Rasteriser() as rasteriser:
        for seed in seeds:
            made = make_procedural(seed, FAMILIES)
            pose = Pose(expressions=dict(made.expression))
            looks.append(look(made.character, rasteriser, pose))
            tags.append(list(made.tags))
    return Looks.together(looks), tags


# What is kept


def _folder(cases: int) -> Path:
    # Characters of another engine do not count.
    return _KEPT / f"{engine_sha256('procedural', None)[:16]}-{cases}"


def _keep(seed: int, cases: int, looks: Looks, tags: list[list[str]]) -> None:
    with atomic_write(_folder(cases) / f"{seed:04d}.npz") as file:
        np.savez_compressed(
            file, outlines=looks.outlines, colours=looks.colours, tags=np.array(json.dumps(tags))
        )


def _kept_seeds(cases: int) -> list[int]:
    return sorted(int(path.stem) for path in _folder(cases).glob("*.npz"))


def _all(cases: int) -> Iterator[tuple[Looks, list[list[str]]]]:
    for seed in _kept_seeds(cases):
        with np.load(_folder(cases) / f"{seed:04d}.npz") as kept:
            yield Looks(kept["outlines"], kept["colours"]), json.loads(str(kept["tags"]))


# The table


def main() -> int:
    """Make what is missing of a thousand characters, print how they differ; 1 if too little."""
    for seed in range(SEEDS):
        if not (_folder(CASES) / f"{seed:04d}.npz").is_file():
            _keep(seed, CASES, *_made(range(seed * CASES, (seed + 1) * CASES)))
            print(f"{(seed + 1) * CASES} characters", file=sys.stderr, flush=True)
    looks = Looks.together(part for part, _ in _all(CASES))
    tags = [one for _, part in _all(CASES) for one in part]
    shares = tag_shares(tags)
    common = {tag: share for tag, share in shares.items() if share >= SHARE}
    print(f"{len(looks)} characters, {len(shares)} tags, {len(common)} of them in {SHARE:.1%} each")
    rows = [f"{share:7.2%} {tag}" for tag, share in shares.items()]
    third = -(-len(rows) // 3)
    for k in range(third):
        print("  ".join(row.ljust(36) for row in rows[k::third]).rstrip())
    pairs = near_identical(looks)
    print(f"{len(pairs)} near-identical pairs")
    for pair in pairs:
        print(f"  {pair}")
    likest = _likest(looks)
    print(
        f"most alike by outline: {likest.one} and {likest.other}, "
        f"{likest.front_iou:.3f} in front, {likest.side_iou:.3f} from the side"
    )
    fits = _print_models(looks)
    return 0 if len(common) >= TAGS and not pairs and fits else 1


def _likest(looks: Looks) -> Pair:
    ious = outline_ious(looks, looks)
    one, other = np.unravel_index(np.triu(ious.min(-1), 1).argmax(), ious.shape[:2])
    front, side = ious[one, other]
    return Pair(int(one), int(other), float(front), float(side), 0.0)


def _print_models(looks: Looks) -> bool:
    paths = [path for path in sorted(_MODELS.glob("*.vrm")) if path.stem not in _HAIR_ONLY]
    if not paths:
        print("the shared data folder with its models is not here")
        return True
    with Rasteriser() as rasteriser:
        models = Looks.together(look(read_vrm(path), rasteriser) for path in paths)
    fits = True
    print("model                 most like    front   side")
    for path, match in zip(paths, best_matches(models, looks), strict=True):
        print(f"{path.stem:20} {match.number:10}  {match.front_iou:.3f}  {match.side_iou:.3f}")
        fits &= min(match.front_iou, match.side_iou) >= LIKENESS
    return fits


if __name__ == "__main__":
    sys.exit(main())
