"""Our answers to the arrays of rmline.npz."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from panic3d.geometry.affine import moved
from panic3d.geometry.face_hull import face_hull
from panic3d.image import Picture
from panic3d.models.linefill import (
    LineFillConfig,
    LineFillDiscriminator,
    LineFillDiscriminatorConfig,
    LineFiller,
    lay_over,
    line_fill_loss,
)
from panic3d.ops.dog import DogConfig, dark_lines, difference_of_gaussians, grow
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.lines import WHITE, fill_lines, find_lines, remove_lines

from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    fillers = {}
    for variant, options in recording.config.items():
        filler, judge = networks(options["model"], recording.state(f"sd_{variant}/"))
        out |= of_variant(recording, filler, judge, options["model"], f"out/{variant}")
        fillers[variant] = filler
    picture = Picture(recording.arrays["in/rgba_u8"])
    white = tensor_of(picture.on(WHITE))
    default = DogConfig(gain=2.0, sigma_px=1.0)
    out |= {
        "out/rgb_on_white_u8": torch.from_numpy(picture.on(WHITE).rgba[..., :3]),
        "out/dog_random": difference_of_gaussians(recording["in/dog_random"]),
        "out/dog_random_default": difference_of_gaussians(recording["in/dog_random"], default),
        "out/dog_drawing": difference_of_gaussians(white),
        "out/dog_drawing_dilated": grow(dark_lines(white), "paper"),
    }
    points = recording.arrays["in/keypoints"]  # row, column
    landmarks = points[:, ::-1]
    width, height = picture.size
    hull = face_hull(landmarks, height, width)
    score = np.linspace(0.1, 1, len(points))[:, None]
    out |= {
        "out/facehull": torch.from_numpy(hull),
        "out/facehull_dilate1": torch.from_numpy(face_hull(landmarks, height, width, 0)),
        "out/apply_M": torch.from_numpy(
            np.concatenate([moved(points, recording.arrays["in/affine"]), score], 1)
        ),
    }
    filler = fillers["nohull"]
    lines = find_lines(picture, hull, mode="paper")
    colour = fill_lines(picture, lines, hull, filler)[0]
    alpha = torch.from_numpy(picture.rgba[..., 3]) / 255
    removed = remove_lines(picture, landmarks, filler, mode="paper").picture
    out["out/wrapper_rgba"] = torch.cat([colour, alpha[None]])
    out["out/wrapper_on_white_u8"] = torch.from_numpy(removed.on(WHITE).rgba[..., :3])
    return out


def networks(
    options: dict[str, Any], state: dict[str, Tensor]
) -> tuple[LineFiller, LineFillDiscriminator]:
    """Both networks of a variant; options that are not given are the original's defaults."""
    filler = LineFiller(
        LineFillConfig(
            channels=3 + options.get("gen_use_hull", True),
            width=options.get("gen_width", 32),
            depth=options.get("gen_depth", 6),
            mask_input=options.get("gen_mask_input", True),
        )
    )
    judge = LineFillDiscriminator(
        LineFillDiscriminatorConfig(
            channels=3 + options.get("dis_use_hull", True),
            width=options.get("dis_width", 16),
            depth=options.get("dis_depth", 4),
            patch_size=options.get("patch_size", 9),
        )
    )
    for network in (filler, judge):
        own = {name: state.pop(name) for name in network.state_dict()}
        network.eval().load_state_dict(own, strict=True)
    assert not state
    return filler, judge


def of_variant(
    recording: Recording,
    filler: LineFiller,
    judge: LineFillDiscriminator,
    options: dict[str, Any],
    prefix: str,
) -> dict[str, Tensor]:
    """What the networks of one variant say."""
    image, lines, hull = (recording[f"in/{n}"] for n in ("image", "line_mask", "face_hull"))
    painted = filler(image, lines, hull)
    patch, patch_hull = recording["in/patch_image"], recording["in/patch_face_hull"]
    truth = recording["in/patch_gt"]
    # The original's loss lays what was painted over the truth itself.
    filled = lay_over(truth, patch, recording["in/patch_line_mask"])
    loss = line_fill_loss(
        filled,
        truth,
        judge(filled, patch_hull),
        recording["in/patch_real_label"].float(),
        l1_weight=options.get("lambda_l1", 1.0),
        adversarial_weight=options.get("lambda_adv", 1.0),
        smoothing=options.get("label_smoothing", 0.8),
        mode="paper",
    )
    return {
        f"{prefix}/generator": painted,
        f"{prefix}/lerp": lay_over(image, painted, lines),
        f"{prefix}/generator_nopad": filler(image, lines, hull, pad=False),
        f"{prefix}/disc_logits": judge(patch, patch_hull),
        f"{prefix}/loss": loss.total,
        f"{prefix}/loss_l1": loss.l1,
        f"{prefix}/loss_adv": loss.adversarial,
    }
