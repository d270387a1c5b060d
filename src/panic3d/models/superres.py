"""Super-resolution: from the rendered features to the picture, four times as large.

Source: EG3D (arXiv:2112.07945), section 4.3; PAniC-3D makes its width a parameter.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.models.stylegan2.synthesis import NoiseMode, SynthesisBlock

INPUT_CHANNELS = 32
ENLARGEMENT = 4


class Superresolution(nn.Module):
    """Two synthesis blocks that double the size each.

    The input is resized to a quarter of the output first: 128 for a 512 pixel picture (the
    paper's only size), 64 for 256, 32 for 128.
    """

    def __init__(
        self,
        *,
        image_size: int,
        channels: int,
        w_dim: int,
        antialias: bool = True,
        clamp: float | None = 256.0,
    ) -> None:
        super().__init__()
        self.w_dim, self.antialias = w_dim, antialias
        self.input_size = image_size // ENLARGEMENT
        self.block0 = SynthesisBlock(
            INPUT_CHANNELS,
            channels,
            w_dim=w_dim,
            resolution=2 * self.input_size,
            image_channels=3,
            clamp=clamp,
        )
        self.block1 = SynthesisBlock(
            channels,
            channels // 2,
            w_dim=w_dim,
            resolution=4 * self.input_size,
            image_channels=3,
            clamp=clamp,
        )

    def forward(
        self,
        features: Float[Tensor, "n 32 r r"],
        ws: Float[Tensor, "n k d"],
        noise_mode: NoiseMode = "none",
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "n 3 s s"]:
        """Enlarge.

        Args:
            features: rendered features in [-1, 1]; the first three are the picture.
            ws: style vectors; only the last one is used, for all layers.
            noise_mode: see `Synthesis`.
            generator: source of random noise.

        Returns:
            The picture, around [-1, 1] but not clamped.

        Raises:
            ShapeError: an input has the wrong shape.
        """
        n = check_shape("features", features, f"N {INPUT_CHANNELS} R R")["N"]
        check_shape("ws", ws, f"N K {self.w_dim}", N=n)
        size = self.input_size
        if features.shape[-1] != size:
            # Antialiasing exists for float32 and float64 alone.
            wide = features.float() if features.element_size() < 4 else features
            features = functional.interpolate(
                wide, (size, size), mode="bilinear", align_corners=False, antialias=self.antialias
            ).to(features.dtype)
        # Few channels, large pictures: with channels innermost the same takes a third of the time.
        features = features.contiguous(memory_format=torch.channels_last)
        last = ws[:, -1:].repeat(1, 3, 1)
        x, rgb = self.block0(features, features[:, :3], last, noise_mode, generator)
        _, rgb = self.block1(x, rgb, last, noise_mode, generator)
        return rgb
