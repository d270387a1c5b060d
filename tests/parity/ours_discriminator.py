"""Our answers to the arrays of discriminator.npz."""

from __future__ import annotations

import torch
from torch import Tensor

from panic3d.models.stylegan2.discriminator import (
    DualDiscriminator,
    minibatch_std,
)
from panic3d.ops.resizing import resized_square
from panic3d.weights.convert.options import discriminator_from_upstream

from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    config = discriminator_from_upstream(recording.config["D"]).config
    network = DualDiscriminator(config).eval()
    network.load_state_dict(recording.state("sd/"), strict=True)
    image = recording["in/image"].clone().requires_grad_()
    raw = recording["in/image_raw"].clone().requires_grad_()
    camera = recording["in/c"]
    conditions = {
        key.removeprefix("in/"): recording[key]
        for key in recording.arrays
        if key.startswith("in/resnet_")
    }
    with torch.enable_grad():
        logits = network(image, raw, camera, conditions)
        gradients = torch.autograd.grad(logits.sum(), [image, raw])
    features = network.features(image, raw).detach()
    return {
        "out/logits": logits.detach(),
        "out/r1_penalty": sum(
            (g.square().sum((1, 2, 3)) for g in gradients), torch.zeros(len(image))
        ),
        "out/cmap": network.mapping(None, camera, conditions),
        "out/raw_resized_sub": resized_square(raw.detach()[:2], config.image_size),
        "out/features4": features,
        "out/features4_mbstd": minibatch_std(features, config.group_size),
    }
