"""LPIPS with random weights: the published ones are not needed to know that the sums are right."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from panic3d.errors import PictureError, WeightsError
from panic3d.evaluate.lpips import LEAST_SIDE, Lpips, load_lpips, lpips_distance
from panic3d.weights.shapes import ALEXNET_CONVOLUTIONS, lpips_tensor_shapes
from panic3d.weights.store import save_weights


@pytest.fixture(scope="module")
def network():
    generator = torch.Generator().manual_seed(0)
    made = Lpips()
    state = {}
    for name, tensor in made.state_dict().items():
        drawn = torch.randn(tensor.shape, generator=generator)
        fan = tensor[0].numel() if tensor.ndim == 4 else 1.0
        state[name] = drawn.abs() if name.startswith("channel") else drawn * (2 / fan) ** 0.5
    made.load_state_dict(state)
    return made.eval().requires_grad_(False)


def pictures(height=67, width=71, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((2, height, width, 3), dtype=np.float32)


def independent(network, predicted, truth, scaled):
    """LPIPS in NumPy, in float64, from the definitions of its parts."""
    state = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

    def features(picture):
        x = picture.astype(np.float64)
        if scaled:  # the usual normalisation of pictures in [0, 1]
            x = (x - mean) / deviation
        else:  # that of pictures in [-1, 1], whatever comes in
            x = ((x + 1) / 2 - mean) / deviation
        x = x.transpose(2, 0, 1)
        found = []
        for layer, (outputs, _, _, stride, padding) in enumerate(ALEXNET_CONVOLUTIONS):
            if layer in (1, 2):
                windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))
                x = windows[:, ::2, ::2].max((-1, -2))
            padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
            weight = state[f"convolutions.{layer}.weight"]
            full = [correlate(padded, weight[k], mode="valid")[0] for k in range(outputs)]
            x = np.stack(full)[:, ::stride, ::stride]
            x = np.maximum(x + state[f"convolutions.{layer}.bias"][:, None, None], 0)
            found.append(x / np.maximum(np.linalg.norm(x, axis=0), 1e-30))
        return found

    total = 0.0
    for layer, (a, b) in enumerate(zip(features(predicted), features(truth), strict=True)):
        weights = state[f"channel_weights.{layer}"][:, None, None]
        total += (weights * (a - b) ** 2).sum(0).mean()
    return total


@pytest.mark.parametrize("mode", ["paper", "fixed"])
def test_the_distance_is_what_the_definition_gives(mode, network):
    """Oracle: the definition in NumPy, by correlations; the modes differ in what is fed."""
    predicted, truth = pictures()
    wanted = independent(network, predicted, truth, scaled=mode == "fixed")
    assert lpips_distance(network, predicted, truth, mode) == pytest.approx(wanted, rel=1e-4)


def test_the_two_modes_are_two_numbers(network):
    predicted, truth = pictures()
    paper, fixed = (lpips_distance(network, predicted, truth, mode) for mode in ("paper", "fixed"))
    assert abs(paper - fixed) > 0.01 * fixed


def test_equal_pictures_have_no_distance_and_order_plays_no_part(network):
    predicted, truth = pictures()
    assert lpips_distance(network, truth, truth, "fixed") == 0.0
    there = lpips_distance(network, predicted, truth, "fixed")
    assert there == pytest.approx(lpips_distance(network, truth, predicted, "fixed"), rel=1e-5)
    assert there > 0


def test_the_truth_is_remembered_in_each_mode_apart(network):
    """Oracle: a network that remembers nothing."""
    fresh = Lpips().eval()
    fresh.load_state_dict(network.state_dict())
    fresh.memory.size = 0
    predicted, truth = pictures(31, 40)
    for mode in ("paper", "fixed", "paper"):
        ours = lpips_distance(network, predicted, truth, mode)
        assert ours == lpips_distance(fresh, predicted, truth, mode)


def test_a_batch_is_as_good_as_its_parts_and_can_be_learned_from(network):
    first, second = (torch.from_numpy(pictures(40, 40, s)).permute(0, 3, 1, 2) for s in (0, 1))
    first.requires_grad_()
    both = network(first, second)
    parts = torch.cat([network(first[k : k + 1], second[k : k + 1]) for k in range(2)])
    assert torch.allclose(both, parts, rtol=1e-5)
    both.sum().backward()
    assert first.grad is not None and first.grad.abs().sum() > 0


def test_pictures_that_leave_nothing_to_compare_are_refused(network, unchecked):
    small = np.zeros((LEAST_SIDE - 1, 90, 3), np.float32)
    with pytest.raises(PictureError, match="at least 31"):
        lpips_distance(network, small, small, "fixed")
    least = np.zeros((LEAST_SIDE, LEAST_SIDE, 3), np.float32)
    assert lpips_distance(network, least, least, "fixed") == 0.0
    with pytest.raises(PictureError, match="the same"):
        lpips_distance(network, least, least[:, 1:], "fixed")


def test_weights_come_from_a_file_strictly(network, tmp_path):
    texts = dict.fromkeys(("name", "network", "licence", "origin", "made_from"), "x")
    about = {**texts, "config": {}}
    path = tmp_path / "lpips-alex.safetensors"
    save_weights(path, network.state_dict(), about=about)
    loaded = load_lpips("lpips-alex", tmp_path)
    assert {n: tuple(t.shape) for n, t in loaded.state_dict().items()} == lpips_tensor_shapes()
    predicted, truth = pictures()
    ours = lpips_distance(loaded, predicted, truth, "fixed")
    assert ours == pytest.approx(lpips_distance(network, predicted, truth, "fixed"), rel=1e-5)
    tensors = network.state_dict()
    del tensors["channel_weights.4"]
    save_weights(path, tensors, about=about)
    with pytest.raises(WeightsError, match=r"channel_weights\.4"):
        load_lpips(path, tmp_path)
    with pytest.raises(WeightsError, match="panic3d weights fetch lpips-alex"):
        load_lpips("lpips-alex", tmp_path / "nowhere")
