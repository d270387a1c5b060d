"""SqueezeNet 1.0 and the plain distance of its features. That distance is not LPIPS.

The weights are a bare safetensors file that is given by path; docs/weights.md says which.
"""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

from panic3d.errors import WeightsError
from panic3d.evaluate.image_metrics import Rgb
from panic3d.evaluate.networks import Memory, check_pair, frozen, network_input, unit_channels
from panic3d.weights.safetensors_file import check_expected, read_header, read_tensors

LEAST_SIDE = 21
"""Pixels at the network; smaller pictures leave no room for its poolings."""

SHRINK = 2
"""Pixels of a picture that become one along each axis: of 512 a size near the 227 that the network
is made for remains, at a quarter of the cost."""

# squeeze, expand; of fire2 to fire9.
_FIRES = (
    (16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256),
)  # fmt: skip
_POOLED_BEFORE = (2, 5, 9)
_COMPARED = (1, 4, 8, 9)
"""The last layer at each resolution; 1 is conv1, the others are fires."""

_MEANS_BGR = (104.0, 117.0, 123.0)


class Fire(nn.Module):
    """One fire module: few channels, then many by small kernels side by side."""

    def __init__(self, inputs: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h w"]:
        """Return twice `expand` channels."""
        x = relu(self.squeeze(x))
        return relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


class SqueezeNet(nn.Module):
    """The classifier of 1000 kinds of things.

    Source: Iandola et al. 2016 (arXiv:1602.07360), version 1.0 without bypass.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2)
        inputs = 96
        for number, (squeeze, expand) in enumerate(_FIRES, start=2):
            self.add_module(f"fire{number}", Fire(inputs, squeeze, expand))
            inputs = 2 * expand
        self.conv10 = nn.Conv2d(inputs, 1000, 1)
        means = torch.tensor(_MEANS_BGR)[:, None, None]
        self.register_buffer("means", means, persistent=False)
        self.means: Tensor
        self.memory: Memory[list[Tensor]] = Memory()

    def features(self, pictures: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """Return the features at the end of each resolution: 96, 256, 512 and 512 channels.

        Args:
            pictures: RGB in [0, 1], any size from 33 pixels on.
        """
        x = relu(self.conv1(255 * pictures.flip(1) - self.means))
        found = [x]
        for number in range(2, 2 + len(_FIRES)):
            if number in _POOLED_BEFORE:
                x = max_pool2d(x, 3, 2, ceil_mode=True)
            x = self.get_submodule(f"fire{number}")(x)
            if number in _COMPARED:
                found.append(x)
        return found

    def forward(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1000"]:
        """Return what speaks for each class of ImageNet; pictures as for `features`."""
        return relu(self.conv10(self.features(pictures)[-1])).mean((2, 3))


def load_squeezenet(path: Path) -> SqueezeNet:
    """Build the network and fill it, strictly. It is frozen, on the CPU, float32.

    Args:
        path: of squeezenet_v1.0.safetensors; half precision is widened.

    Raises:
        WeightsError: the file is missing, damaged, or of another network.
    """
    network = SqueezeNet()
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    try:
        with path.open("rb") as file:
            entries, digest = read_header(path, file)
            check_expected(path, entries, expected)
            tensors = read_tensors(path, file, entries, digest)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read ({error.strerror or error}): give the path of SqueezeNet's "
            "weights as safetensors"
        ) from error
    network.load_state_dict(tensors, strict=True)
    return frozen(network)


def squeezenet_distance(
    network: SqueezeNet, predicted: Rgb, truth: Rgb, shrink: int = SHRINK
) -> float:
    """Return the distance of the features of two pictures, 0 for equal ones, 2 at most.

    The channels of each pixel are scaled to length 1; the squared distances of corresponding
    pixels are averaged over each layer, and then over the layers.

    Args:
        network: with its weights.
        predicted: RGB in [0, 1].
        truth: RGB in [0, 1].
        shrink: as many pixels along each axis become one, their mean; 1 looks at every pixel.
            Distances of another shrinkage are not comparable.

    Raises:
        PictureError: the pictures differ in size or are too small.
    """
    check_pair(predicted, truth, LEAST_SIDE * shrink)

    def look(picture: Rgb) -> list[Tensor]:
        with torch.inference_mode():
            small = avg_pool2d(network_input(network, picture), shrink)
            return [unit_channels(layer) for layer in network.features(small)]

    ours = look(predicted)
    theirs = network.memory.recall(truth, str(shrink), lambda: look(truth))
    distances = [float((a - b).square().sum(1).mean()) for a, b in zip(ours, theirs, strict=True)]
    return sum(distances) / len(distances)
