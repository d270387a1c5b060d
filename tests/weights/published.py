"""Files in the layout of the authors' archive, made from recorded or random numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from campaign import _pickle_files as files
from panic3d.models.linefill import LineFillConfig, LineFillDiscriminatorConfig
from panic3d.models.tagger import TaggerConfig
from panic3d.weights.convert.options import (
    discriminator_from_upstream,
    generator_from_upstream,
)
from panic3d.weights.shapes import (
    FILTER,
    Shapes,
    discriminator_tensor_shapes,
    generator_tensor_shapes,
    linefill_discriminator_tensor_shapes,
    linefill_tensor_shapes,
    tagger_tensor_shapes,
)

FILTER_VALUE = torch.outer(*[torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8] * 2)

RENDERING_KWARGS = {
    "image_resolution": 512,
    "disparity_space_sampling": False,
    "clamp_mode": "softplus",
    "superresolution_module": "training.superresolution.SuperresolutionHybrid8XDC",
    "c_gen_conditioning_zero": True,
    "gpc_reg_prob": None,
    "c_scale": 1,
    "superresolution_noise_mode": "none",
    "density_reg": 0.5,
    "density_reg_p_dist": 0.004,
    "reg_type": "l1",
    "decoder_lr_mul": 1,
    "sr_antialias": True,
    "white_back": True,
    "triplane_depth": 3,
    "use_triplane": 1,
    "tanh_rgb_output": 0,
    "box_warp": 0.7,
    "ray_start": 0.5,
    "ray_end": 1.5,
    "depth_resolution": 48,
    "depth_resolution_importance": 48,
    "avg_camera_radius": 1.0,
    "avg_camera_pivot": [0, 0, 0],
}

GENERATOR_KWARGS: dict[str, Any] = {
    "z_dim": 16,
    "w_dim": 16,
    "cond_mode": "ortho_front.cond_img_norm_4.concatfront.crossavg_4.reschonk_add_8.inj_6b_4",
    "mapping_kwargs": {"num_layers": 2},
    "channel_base": 256,
    "channel_max": 16,
    "sr_channels_hidden": 4,
    "triplane_width": 4,
    "backbone_resolution": 32,
    "fused_modconv_default": "inference_only",
    "rendering_kwargs": RENDERING_KWARGS,
    "num_fp16_res": 0,
    "sr_num_fp16_res": 4,
    "sr_kwargs": {"channel_base": 256, "channel_max": 16},
    "conv_clamp": None,
    "c_dim": 25,
    "img_resolution": 512,
    "img_channels": 3,
}

DISCRIMINATOR_KWARGS: dict[str, Any] = {
    "block_kwargs": {"freeze_layers": 0},
    "cond_mode": GENERATOR_KWARGS["cond_mode"],
    "mapping_kwargs": {},
    "epilogue_kwargs": {"mbstd_group_size": 4},
    "channel_base": 128,
    "channel_max": 8,
    "disc_c_noise": 0,
    "num_fp16_res": 4,
    "conv_clamp": 256,
    "c_dim": 25,
    "img_resolution": 16,
    "img_channels": 3,
}

HYPER_PARAMETERS = {"model": {"gen_use_hull": False, "gen_width": 32}, "prep": {"size": 21}}


def recorded_config(folder: Path, file: str) -> dict[str, Any]:
    """The options beside recorded arrays."""
    with np.load(folder / file, allow_pickle=False) as arrays:
        config: dict[str, Any] = json.loads(str(arrays["config"]))
    return config


def recorded_tensors(folder: Path, file: str, prefix: str) -> dict[str, torch.Tensor]:
    """A recorded state dict."""
    with np.load(folder / file, allow_pickle=False) as arrays:
        return {
            name.removeprefix(prefix): torch.from_numpy(arrays[name])
            for name in arrays
            if name.startswith(prefix)
        }


def random_tensors(shapes: Shapes, seed: int = 0) -> dict[str, torch.Tensor]:
    """Normal numbers, constant filters, whole counters."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in shapes.items():
        if name.split(".")[-1] == FILTER:
            found[name] = FILTER_VALUE
        elif name.endswith("num_batches_tracked"):
            found[name] = torch.tensor(1234)
        else:
            found[name] = torch.randn(shape, generator=generator)
    return found


def small_snapshot(**changes: Any) -> tuple[bytes, dict[str, torch.Tensor]]:
    """A snapshot of small networks, and the generator's tensors.

    Args:
        changes: tensors of G_ema to replace or, if None, to leave out.
    """
    g = generator_tensor_shapes(generator_from_upstream(GENERATOR_KWARGS, None, 96).config)
    d = discriminator_tensor_shapes(discriminator_from_upstream(DISCRIMINATOR_KWARGS).config)
    ema = random_tensors(g, 1)
    attributes = {
        "neural_rendering_resolution": 96,
        "rendering_kwargs": {**RENDERING_KWARGS, "depth_resolution": 96},
    }
    full = {**ema, "dataset_label_std": torch.arange(25.0)}
    for name, value in changes.items():
        full.pop(name)
        if value is not None:
            full[name] = value
    raw = files.snapshot(
        {
            "G": (GENERATOR_KWARGS, random_tensors(g, 2), attributes),
            "D": (DISCRIMINATOR_KWARGS, random_tensors(d, 3), {}),
            "G_ema": (GENERATOR_KWARGS, full, attributes),
        }
    )
    return raw, ema


def linefill_tensors(channels: int) -> dict[str, torch.Tensor]:
    """Both networks of the line filler."""
    shapes = {
        **linefill_tensor_shapes(LineFillConfig(channels=channels, width=32, depth=6)),
        **linefill_discriminator_tensor_shapes(
            LineFillDiscriminatorConfig(channels=channels, width=16, depth=4)
        ),
    }
    return random_tensors(shapes, channels)


def tagger_tensors(tags: int = 5) -> dict[str, torch.Tensor]:
    """A tagger of full size; zeros where it is large, so that it is made quickly."""
    shapes = tagger_tensor_shapes(TaggerConfig(tags=tags))
    small = random_tensors({n: s for n, s in shapes.items() if np.prod(s) < 10_000}, 5)
    return {name: small.get(name, torch.zeros(shape)) for name, shape in shapes.items()}
