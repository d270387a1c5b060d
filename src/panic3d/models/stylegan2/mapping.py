"""The mapping network: latent and camera label in, style vectors out."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from panic3d.checks import check_shape
from panic3d.models.conditioning import Conditioning, Conditions, require
from panic3d.models.stylegan2.layers import FullyConnected, normalize_2nd_moment

HIDDEN_LR_MULTIPLIER = 0.01
W_AVERAGE_DECAY = 0.998


class Mapping(nn.Module):
    """StyleGAN2's mapping network with an embedded camera label.

    Source: StyleGAN2 (arXiv:1912.04958); EG3D (arXiv:2112.07945), section 4.3.
    """

    w_avg: Tensor

    def __init__(
        self,
        *,
        z_dim: int,
        camera_dim: int,
        w_dim: int,
        num_ws: int | None,
        layers: int,
        mode: Conditioning,
    ) -> None:
        """Build it.

        Args:
            z_dim: latent size; 0 for a network of the label alone (discriminator).
            camera_dim: size of the camera label.
            w_dim: size of a style vector.
            num_ws: how many copies to return; None returns one vector per sample and keeps no
                running average.
            layers: fully connected layers.
            mode: its tagger channels widen the label.
        """
        super().__init__()
        self.z_dim, self.camera_dim, self.num_ws, self.layers = z_dim, camera_dim, num_ws, layers
        self.tagger_channels = mode.tagger_channels
        self.embed = FullyConnected(camera_dim + self.tagger_channels, w_dim)
        for k in range(layers):
            inputs = z_dim + w_dim if k == 0 else w_dim
            layer = FullyConnected(
                inputs, w_dim, activation="lrelu", lr_multiplier=HIDDEN_LR_MULTIPLIER
            )
            self.add_module(f"fc{k}", layer)
        if num_ws is not None:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self,
        z: Float[Tensor, "n z"] | None,
        camera: Float[Tensor, "n c"],
        conditions: Conditions,
        *,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        update_average: bool = False,
    ) -> Tensor:
        """Map.

        Args:
            z: latents; None for the network of the label alone.
            camera: labels.
            conditions: ``resnet_feats`` is read if the mode has tagger channels.
            truncation_psi: 1 changes nothing, 0 gives the average style.
            truncation_cutoff: truncate only the first so many style vectors.
            update_average: move the running average (training).

        Returns:
            (n, num_ws, w) styles, or (n, w) if num_ws is None.

        Raises:
            ShapeError: an input has the wrong shape.
        """
        n = check_shape("camera", camera, f"N {self.camera_dim}")["N"]
        label = camera
        if self.tagger_channels:
            features = require(conditions, "resnet_feats", "N K", n)
            check_shape(
                "conditions['resnet_feats'] (first channels)",
                features[:, : self.tagger_channels],
                f"N {self.tagger_channels}",
            )
            label = torch.cat([label, features[:, : self.tagger_channels].to(label)], 1)
        x = normalize_2nd_moment(self.embed(label))
        if self.z_dim:
            assert z is not None
            check_shape("z", z, f"N {self.z_dim}", N=n)
            x = torch.cat([normalize_2nd_moment(z), x], 1)
        for k in range(self.layers):
            x = self.get_submodule(f"fc{k}")(x)
        if self.num_ws is None:
            return x
        if update_average:
            with torch.no_grad():
                self.w_avg.copy_(x.detach().mean(0).lerp(self.w_avg, W_AVERAGE_DECAY))
        ws = x[:, None].repeat(1, self.num_ws, 1)
        if truncation_psi != 1:
            cut = self.num_ws if truncation_cutoff is None else truncation_cutoff
            ws = torch.cat([self.w_avg.lerp(ws[:, :cut], truncation_psi), ws[:, cut:]], 1)
        return ws
