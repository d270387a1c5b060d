"""Weighed means of packed weights: numbers, where inside begins, and what is refused."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from panic3d.cli.main import main
from panic3d.models.feedforward import OCCUPANCY_BIAS, FeedForward, FeedForwardConfig
from panic3d.weights.load import load_feedforward
from panic3d.weights.store import read_about, save_weights

from ..train.taken import NETWORK


def packed(
    path: Path,
    seed: int,
    threshold: float = 0.0,
    config: FeedForwardConfig = NETWORK,
    name: str = "open-v1",
    licence: str = "CC0-1.0",
) -> dict[str, Tensor]:
    """Write weights as 'train pack' does; return them in float16."""
    torch.manual_seed(seed)
    tensors = {k: v.half() for k, v in FeedForward(config).state_dict().items()}
    training = {"options": {"batch": 1, "learning_rate": 1.0, "seed": 0, "mixed_precision": False}}
    save_weights(
        path,
        tensors,
        about={
            "name": name,
            "network": "feedforward",
            "config": asdict(config),
            "licence": licence,
            "origin": "made here",
            "made_from": "chance",
            "training": {**training, "task": {}, **({"threshold": threshold} if threshold else {})},
        },
    )
    return tensors


def test_a_mean_is_weighed(tmp_path, capsys):
    one, other = packed(tmp_path / "a.safetensors", 1), packed(tmp_path / "b.safetensors", 2)
    files = [str(tmp_path / name) for name in ("a.safetensors", "b.safetensors")]
    out = tmp_path / "c.safetensors"
    assert main(["train", "average", *files, "--out", str(out), "--shares", "1", "3"]) == 0
    assert "0.250 of" in capsys.readouterr().out
    found = load_feedforward(out, tmp_path).state_dict()
    for name, tensor in found.items():
        wanted = 0.25 * one[name].double() + 0.75 * other[name].double()
        assert torch.allclose(tensor.double(), wanted, atol=1e-3, rtol=1e-3)
    about = read_about(out)
    assert [text[:8] for text in about.training["averaged"]] == ["0.250 of", "0.750 of"]
    assert "mean of 2 runs" in out.with_suffix(".md").read_text(encoding="utf-8").lower()
    assert main(["train", "average", *files, "--out", str(out)]) == 0
    assert "0.500 of" in capsys.readouterr().out


def test_where_inside_begins_is_known_again(tmp_path):
    """Oracle: biases as they were learned, their mean, and what is said of it taken off again."""
    one = packed(tmp_path / "a.safetensors", 1)
    other = packed(tmp_path / "b.safetensors", 2, threshold=0.5)
    files = [str(tmp_path / name) for name in ("a.safetensors", "b.safetensors")]
    learned = (one[OCCUPANCY_BIAS][0] + other[OCCUPANCY_BIAS][0] + 0.5) / 2
    for words, threshold in (([], 0.25), (["--threshold", "0"], 0.0), (["--threshold", "1"], 1.0)):
        out = tmp_path / "c.safetensors"
        assert main(["train", "average", *files, "--out", str(out), *words]) == 0
        bias = load_feedforward(out, tmp_path).state_dict()[OCCUPANCY_BIAS]
        assert float(bias[0]) == pytest.approx(float(learned) - threshold, abs=2e-3)
        rest = (one[OCCUPANCY_BIAS][1:] + other[OCCUPANCY_BIAS][1:]) / 2
        assert torch.allclose(bias[1:].half(), rest, atol=1e-3)
        about = read_about(out)
        assert about.training.get("threshold", 0.0) == threshold
        assert ("inside from" in about.made_from) == bool(threshold)


@pytest.mark.parametrize(
    ("other", "words", "said"),
    [
        ({}, ["--shares", "1"], "2 weights and 1 shares"),
        ({}, ["--shares", "1", "0"], "expected numbers above 0"),
        ({}, ["--shares", "1", "nan"], "expected numbers above 0"),
        ({"config": replace(NETWORK, plane_width=NETWORK.plane_width * 2)}, [], "have a mean"),
        ({"name": "landmarks"}, [], "have a mean"),
        ({"licence": "proprietary"}, [], "no licence holds"),
    ],
)
def test_what_has_no_mean_is_refused(tmp_path, capsys, other, words, said):
    packed(tmp_path / "a.safetensors", 1)
    packed(tmp_path / "b.safetensors", 2, **other)
    files = [str(tmp_path / name) for name in ("a.safetensors", "b.safetensors")]
    out = tmp_path / "c.safetensors"
    assert main(["train", "average", *files, "--out", str(out), *words]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()
