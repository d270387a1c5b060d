"""What a few procedural characters are, kept in golden_procedural.json.

``python -m tests.characters.golden`` writes it anew, after a change that is meant to change them;
with a path, all vertices go there instead.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from panic3d.characters.procedural import make_procedural

SEEDS = (1, 8, 34)
FILE = Path(__file__).with_name("golden_procedural.json")
_VERTICES = 6
"""Kept of each primitive, besides its least and greatest coordinates."""


def primitives(made):
    return [one for mesh in made.character.meshes for one in mesh.primitives]


def described(made):
    """Return attributes, digests of topology, and some vertices."""
    parts = []
    for one in primitives(made):
        points = one.positions.astype(np.float64)
        rows = np.linspace(0, len(points) - 1, _VERTICES).astype(np.int64)
        kept = np.concatenate([points[rows], [points.min(0), points.max(0)]])
        faces = np.ascontiguousarray(one.faces, "<u4").tobytes()
        parts.append(
            {
                "vertices": len(points),
                "faces": hashlib.sha256(faces).hexdigest()[:16],
                "points": np.round(kept, 7).tolist(),
            }
        )
    return {
        "tags": list(made.tags),
        "assets": dict(made.assets),
        "labels": list(made.part_labels),
        "expression": dict(made.expression),
        "landmarks": [[made.part_of(anchor), anchor.vertex] for anchor in made.landmarks],
        "parts": parts,
    }


def main():
    made = {seed: make_procedural(seed) for seed in SEEDS}
    described_all = {str(seed): described(one) for seed, one in made.items()}
    if len(sys.argv) > 1:
        out = Path(sys.argv[1])
        every: dict[str, Any] = {
            f"{s}": np.concatenate([p.positions for p in primitives(m)]) for s, m in made.items()
        }
        np.savez(out.with_suffix(".npz"), **every)
        out.write_text(json.dumps(described_all))
        return
    lines = [f"{json.dumps(seed)}: {json.dumps(one)}" for seed, one in described_all.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
