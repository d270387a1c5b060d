"""The adversary of rendered patches: a small dual discriminator, its objective and its penalty.

Source: EG3D (arXiv:2112.07945), section 4.4, dual discrimination; Goodfellow et al. 2014
(arXiv:1406.2661), the non-saturating objective; Mescheder et al. 2018 (arXiv:1801.04406), R1;
StyleGAN2 (arXiv:1912.04958), appendix B, lazy regularisation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import softplus

from panic3d.errors import ConfigError
from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.ops.resizing import Resizing, check_resizing, resized_square
from panic3d.train.take_rays import CAMERA_NUMBERS

PENALTY_EVERY = 16
"""Steps of the critic, on average, of which one is penalised; with so many times the weight."""


@dataclass(frozen=True, kw_only=True)
class AdversaryOptions:
    """The critic, and how much it counts."""

    weight: float = 0.01
    """Of what it says to the reconstructor, beside the views' errors."""
    gamma: float = 0.1
    """Of the penalty on gradients. What is right grows with the pixels of a patch."""
    resizing: Resizing = "antialiased"
    """How patches are halved for their twins."""
    channel_base: int = 2048
    channel_max: int = 128
    mapping_layers: int = 2
    group_size: int = 4
    """See `DiscriminatorConfig`; batches are multiples of it."""

    def __post_init__(self) -> None:
        for name in ("weight", "gamma"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        check_resizing(self.resizing)
        self.critic(8)

    def critic(self, patch: int) -> DiscriminatorConfig:
        """Return the sizes of the critic of patches.

        Raises:
            ConfigError: one of them, or the patches' side, cannot be.
        """
        return DiscriminatorConfig(
            camera_dim=CAMERA_NUMBERS,
            image_size=patch,
            channel_base=self.channel_base,
            channel_max=self.channel_max,
            mapping_layers=self.mapping_layers,
            group_size=self.group_size,
        )


class Judged(NamedTuple):
    """What the critic says of a batch."""

    real: Float[Tensor, "n 1"]
    """Logits of true patches."""
    made: Float[Tensor, "n 1"]
    penalty: Float[Tensor, " n"]
    """Squared length of the true ones' gradient; 0 if it was not asked for."""


class Critic(nn.Module):
    """Judges patches in float32, whatever else is computed in: gradients of gradients need it."""

    def __init__(self, options: AdversaryOptions, patch: int) -> None:
        """Make it for patches of a side, pixels."""
        super().__init__()
        self.resizing = options.resizing
        self.network = DualDiscriminator(options.critic(patch))

    def logits(
        self, patch: Float[Tensor, "n 3 p p"], camera: Float[Tensor, "n d"]
    ) -> Float[Tensor, "n 1"]:
        """Judge patches.

        Args:
            patch: on white, [0, 1].
            camera: see `panic3d.train.take_rays.PatchRays`.
        """
        with torch.autocast(patch.device.type, enabled=False):
            image, twin = self._inputs(patch)
            return self._judge(image, twin, camera)

    def forward(
        self,
        real: Float[Tensor, "n 3 p p"],
        made: Float[Tensor, "n 3 p p"],
        camera: Float[Tensor, "n d"],
        penalised: bool,
    ) -> Judged:
        """Judge true and made patches, for learning; all in one pass, which processes can share.

        Args:
            real: on white, [0, 1].
            made: of the same rays.
            camera: of either, as for `logits`.
            penalised: is the gradient of the true ones wanted?
        """
        with torch.autocast(real.device.type, enabled=False):
            inputs = [each.detach().requires_grad_(penalised) for each in self._inputs(real)]
            said = self._judge(inputs[0], inputs[1], camera)
            steep = gradient_penalty(said, inputs) if penalised else said.new_zeros(len(said))
            return Judged(said, self._judge(*self._inputs(made), camera), steep)

    def _inputs(self, patch: Tensor) -> tuple[Tensor, Tensor]:
        """Return patches and their smoothed twins of half the size, [-1, 1]."""
        image = 2 * patch.float() - 1
        return image, resized_square(image, image.shape[-1] // 2, self.resizing)

    def _judge(self, image: Tensor, twin: Tensor, camera: Tensor) -> Tensor:
        found: Tensor = self.network(image, twin, camera.float())
        return found


def gradient_penalty(
    logits: Float[Tensor, "n 1"], inputs: Sequence[Float[Tensor, "n ..."]]
) -> Float[Tensor, " n"]:
    """Return the squared length of a critic's gradient for each sample, over all of its inputs.

    Args:
        logits: of the inputs.
        inputs: that logits were computed from; they must require gradients.
    """
    found = torch.autograd.grad(logits.sum(), list(inputs), create_graph=True)
    return torch.stack([each.square().flatten(1).sum(1) for each in found]).sum(0)


def convincing_loss(made: Float[Tensor, "n 1"]) -> Float[Tensor, ""]:
    """Return what the maker of patches makes small: -log of the critic's belief in them."""
    return softplus(-made).mean()


def telling_loss(real: Float[Tensor, "n 1"], made: Float[Tensor, "n 1"]) -> Float[Tensor, ""]:
    """Return what the critic makes small: -log of its belief in true and its doubt of made ones."""
    return softplus(made).mean() + softplus(-real).mean()


def critic_losses(judged: Judged, penalised: bool, gamma: float) -> dict[str, Tensor]:
    """Return the critic's total, and what it is made of.

    Returns:
        total; tells: share of patches that it is right about; penalty: R1 with its weight, 0 in
        steps without: its mean over many steps is what the loss has of it.
    """
    penalty = judged.penalty.mean() * (gamma / 2 * PENALTY_EVERY if penalised else 0.0)
    right = torch.cat([judged.real > 0, judged.made < 0])
    return {
        "total": telling_loss(judged.real, judged.made) + penalty,
        "tells": right.float().mean(),
        "penalty": penalty,
    }
