"""The small network that turns sampled plane features into colour features and raw density."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.models.stylegan2.layers import FullyConnected

HIDDEN = 64
VALUE_CHANNELS = 32
SIGMOID_MARGIN = 0.001
"""How far the widened sigmoid reaches below 0 and above 1."""


def squash(logits: Float[Tensor, "*n c"], force_sigmoid: bool) -> Float[Tensor, "*n c"]:
    """Squash colours to [0, 1], or, unless forced, `SIGMOID_MARGIN` beyond."""
    value = torch.sigmoid(logits)
    return value if force_sigmoid else value * (1 + 2 * SIGMOID_MARGIN) - SIGMOID_MARGIN


class Decoder(nn.Module):
    """Fully connected to 64, softplus, fully connected to one density and 32 colours.

    Source: EG3D (arXiv:2112.07945), section 4.2; the widened sigmoid is that of Mip-NeRF
    (arXiv:2103.13415).
    """

    channels = VALUE_CHANNELS

    def __init__(self, inputs: int, *, lr_multiplier: float = 1.0) -> None:
        super().__init__()
        self.net = nn.Sequential(
            FullyConnected(inputs, HIDDEN, lr_multiplier=lr_multiplier),
            nn.Softplus(),
            FullyConnected(HIDDEN, 1 + VALUE_CHANNELS, lr_multiplier=lr_multiplier),
        )

    @property
    def first(self) -> FullyConnected:
        """The layer from features to hidden numbers."""
        layer = self.net[0]
        assert isinstance(layer, FullyConnected)
        return layer

    @property
    def last(self) -> FullyConnected:
        """The layer whose row 0 is the density and whose other rows are colours."""
        layer = self.net[2]
        assert isinstance(layer, FullyConnected)
        return layer

    def forward(
        self, features: Float[Tensor, "*n w"], *, force_sigmoid: bool = False
    ) -> tuple[Float[Tensor, "*n 32"], Float[Tensor, "*n"]]:
        """Decode mean plane features to colour features and raw density.

        Args:
            features: of the planes.
            force_sigmoid: a plain sigmoid instead of the widened one that networks are trained
                with; the paper's evaluation uses it.
        """
        out = self.net(features)
        return squash(out[..., 1:], force_sigmoid), out[..., 0]

    def folded(self, *, force_sigmoid: bool = False) -> FoldedDecoder:
        """Return the same function with all run-time gains multiplied into the weights."""
        first, last = self.first, self.last
        return FoldedDecoder(
            first.weight.detach() * first.gain,
            first.bias.detach() * first.lr_multiplier,
            last.weight.detach() * last.gain,
            last.bias.detach() * last.lr_multiplier,
            force_sigmoid,
        )


class FoldedDecoder:
    """The decoder for inference: density first, colours only where they are asked for."""

    def __init__(self, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, force_sigmoid: bool) -> None:
        self._w1, self._b1 = w1.contiguous(), b1
        self._w_density, self._b_density = w2[:1].contiguous(), b2[:1]
        self._w_colour, self._b_colour = w2[1:].contiguous(), b2[1:]
        self._force_sigmoid = force_sigmoid

    def hidden(self, features: Float[Tensor, "n w"]) -> Float[Tensor, "n 64"]:
        """Return the hidden layer after its softplus."""
        return functional.softplus(functional.linear(features, self._w1, self._b1))

    def density(self, hidden: Float[Tensor, "n 64"]) -> Float[Tensor, " n"]:
        """Return the raw density."""
        return functional.linear(hidden, self._w_density, self._b_density)[:, 0]

    def value(self, hidden: Float[Tensor, "n 64"]) -> Float[Tensor, "n 32"]:
        """Return the colour features."""
        logits = functional.linear(hidden, self._w_colour, self._b_colour)
        return squash(logits, self._force_sigmoid)
