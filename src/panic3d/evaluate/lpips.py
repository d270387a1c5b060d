"""LPIPS with AlexNet: a learned perceptual distance, in plain torch.

The weights are fetched, `panic3d weights fetch lpips-alex`: the backbone of torchvision and the
published weights of its channels, version 0.1. The published package itself needs torchvision.
"""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, relu

from panic3d.config import check_choice
from panic3d.evaluate.image_metrics import Rgb
from panic3d.evaluate.networks import Memory, check_pair, frozen, network_input, unit_channels
from panic3d.evaluate.regions import Mode
from panic3d.weights.shapes import ALEXNET_CONVOLUTIONS, lpips_tensor_shapes
from panic3d.weights.store import open_weights

LEAST_SIDE = 31
"""Pixels; of a smaller picture nothing is left after the second pooling."""

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_POOLED_BEFORE = (1, 2)


class Lpips(nn.Module):
    """The convolutions of AlexNet and how much each of their channels matters.

    Source: Zhang et al. 2018 (arXiv:1801.03924), eq. 1; AlexNet is the one of Krizhevsky 2014
    (arXiv:1404.5997), whose five layers are compared after their rectifiers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, side, stride=stride, padding=padding)
            for outputs, inputs, side, stride, padding in ALEXNET_CONVOLUTIONS
        )
        self.channel_weights = nn.ParameterList(
            torch.ones(layer[0]) for layer in ALEXNET_CONVOLUTIONS
        )
        # ImageNet's statistics, of pictures in [-1, 1].
        self.register_buffer("mean", 2 * torch.tensor(_MEAN)[:, None, None] - 1, persistent=False)
        self.register_buffer(
            "deviation", 2 * torch.tensor(_DEVIATION)[:, None, None], persistent=False
        )
        self.memory: Memory[list[Tensor]] = Memory()
        self.mean: Tensor
        self.deviation: Tensor

    def features(self, pictures: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """Return the five layers' features, each pixel's scaled to length 1.

        Args:
            pictures: RGB in [-1, 1], at least 31 pixels each way.
        """
        found = []
        x = (pictures - self.mean) / self.deviation
        for layer, convolution in enumerate(self.convolutions):
            if layer in _POOLED_BEFORE:
                x = max_pool2d(x, 3, 2)
            x = relu(convolution(x))
            found.append(unit_channels(x))
        return found

    def forward(
        self, first: Float[Tensor, "n 3 h w"], second: Float[Tensor, "n 3 h w"]
    ) -> Float[Tensor, " n"]:
        """Return the distance of each pair; 0 for equal pictures.

        Args:
            first: RGB in [-1, 1].
            second: RGB in [-1, 1].
        """
        return self.distance(self.features(first), self.features(second))

    def distance(self, first: list[Tensor], second: list[Tensor]) -> Float[Tensor, " n"]:
        """Return the distance of each pair of what `features` returned."""
        total = first[0].new_zeros(len(first[0]))
        for weights, a, b in zip(self.channel_weights, first, second, strict=True):
            total = total + torch.einsum("nchw,c->nhw", (a - b).square(), weights).mean((1, 2))
        return total


def load_lpips(name_or_path: str | Path, folder: Path) -> Lpips:
    """Build the network and fill it, strictly. It is frozen, on the CPU, float32.

    Args:
        name_or_path: ``lpips-alex``, or the path of a .safetensors file.
        folder: where named weights lie.

    Raises:
        WeightsError: the file is missing, damaged, or of another network.
    """
    opened = open_weights(name_or_path, folder, expected=lpips_tensor_shapes(), network="lpips")
    network = Lpips()
    network.load_state_dict(opened.tensors, strict=True)
    return frozen(network)


def lpips_distance(network: Lpips, predicted: Rgb, truth: Rgb, mode: Mode) -> float:
    """Return the perceptual distance of two pictures; 0 for equal ones. Tables print it x 100.

    Args:
        network: with its weights.
        predicted: RGB in [0, 1], at least 31 pixels each way.
        truth: RGB in [0, 1].
        mode: "fixed" scales to the [-1, 1] that the network was made for, "paper" leaves [0, 1],
            as the paper's code does. The two are not comparable.

    Raises:
        PictureError: the pictures differ in size or are too small.
    """
    check_choice("mode", mode, ("paper", "fixed"))
    check_pair(predicted, truth, LEAST_SIDE)

    def look(picture: Rgb) -> list[Tensor]:
        given = network_input(network, picture)
        with torch.inference_mode():
            return network.features(2 * given - 1 if mode == "fixed" else given)

    ours = look(predicted)
    theirs = network.memory.recall(truth, mode, lambda: look(truth))
    with torch.inference_mode():
        return float(network.distance(ours, theirs)[0])
