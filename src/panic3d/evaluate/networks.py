"""What every perceptual network here needs: pictures as tensors, and what it saw of the truth."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from panic3d.errors import PictureError
from panic3d.evaluate.image_metrics import Rgb

REMEMBERED = 16
"""True pictures whose features are kept: a case has 14 that are compared. In LPIPS each takes
10 MB at 512 x 512 pixels."""

Seen = TypeVar("Seen")
Trained = TypeVar("Trained", bound=nn.Module)


class Memory(Generic[Seen]):
    """What a network made of the latest true pictures; several predictions meet the same ones."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self.size = size
        self._seen: OrderedDict[bytes, Seen] = OrderedDict()

    def recall(self, picture: Rgb, how: str, look: Callable[[], Seen]) -> Seen:
        """Return what the network made of a picture, looking at it if it is not remembered.

        Args:
            picture: the network sees this one.
            how: the way it is looked at; another way is another memory.
            look: looks at it.
        """
        content = np.ascontiguousarray(picture)
        digest = hashlib.blake2b(content.data, digest_size=16)
        digest.update(f"{content.shape}{content.dtype}{how}".encode())
        key = digest.digest()
        found = self._seen.pop(key) if key in self._seen else look()
        self._seen[key] = found  # at the end: the one that was met longest ago goes first
        if len(self._seen) > self.size:
            self._seen.popitem(last=False)
        return found


def check_pair(predicted: Rgb, truth: Rgb, least: int) -> None:
    """Make sure that two pictures can be compared.

    Args:
        predicted: RGB in [0, 1].
        truth: of the same size.
        least: pixels that a side must have.

    Raises:
        PictureError: the pictures differ in size or are too small for the network.
    """
    if predicted.shape != truth.shape or min(truth.shape[:2]) < least:
        raise PictureError(
            f"the pictures have shapes {predicted.shape} and {truth.shape}, expected the same with "
            f"at least {least} pixels each way: compare a larger region"
        )


def network_input(network: nn.Module, picture: Rgb) -> Float32[Tensor, "1 3 h w"]:
    """Return a picture as a batch of one on the network's device, channels last, values kept."""
    tensor = torch.from_numpy(np.array(picture, np.float32)).permute(2, 0, 1)[None]
    device = next(network.parameters()).device
    # Convolutions of this layout take a sixth to a third less time on the CPU.
    return tensor.to(device, memory_format=torch.channels_last)


def frozen(network: Trained) -> Trained:
    """Return a network ready to measure: nothing is learned, its kernels lie channels last."""
    for tensor in network.parameters():
        if tensor.ndim == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    return network.eval().requires_grad_(False)


def unit_channels(features: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Scale the channels of each pixel to length 1; where all are 0 they stay 0."""
    length = features.square().sum(1, keepdim=True).sqrt()
    return features / (length + 1e-10)
