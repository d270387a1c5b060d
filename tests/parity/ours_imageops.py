"""Our answers to the arrays of imageops.npz."""

from __future__ import annotations

import torch
from torch import Tensor

from panic3d.image import Picture
from panic3d.models.tagger import (
    MEAN,
    STANDARD_DEVIATION,
    FeatureProjection,
    FeatureProjectionConfig,
    tagger_input,
    with_mirrored,
)
from panic3d.ops.pictures import picture_of, tensor_of
from panic3d.pipeline.features import BLACK
from panic3d.pipeline.lines import WHITE

from .recordings import Recorded, Recording


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    config = recording.config
    assert (tuple(config["mean"]), tuple(config["std"])) == (MEAN, STANDARD_DEVIATION)
    picture = Picture(recording.arrays["in/rgba_u8"])
    portrait = Picture(recording.arrays["in/portrait_u8"])
    saved = torch.from_numpy(picture_of(recording["in/float_image"]).rgba[..., :3])
    box = config["box_warp"]
    position = (recording["in/xyz"][0] + box / 2) / box
    _, components, features = recording.arrays["in/pca_weights"].shape
    projection = FeatureProjection(
        FeatureProjectionConfig(components=components, features=features)
    )
    projection.load_state_dict(
        {"components": recording["in/pca_weights"][0], "mean": recording["in/pca_mean"][0]}
    )
    seen = with_mirrored(tensor_of(portrait.on(BLACK)))
    return {
        "out/on_white_u8": torch.from_numpy(picture.on(WHITE).rgba[..., :3]),
        "out/on_black_u8": torch.from_numpy(picture.on(BLACK).rgba),
        "out/saved_u8": saved,
        "out/saved_numpy_u8": saved,
        "out/xyza_u8": torch.from_numpy(picture_of(position, recording["in/weights"][0, 0]).rgba),
        "out/tagger_input_resize40": tagger_input(seen, config["resize"]),
        "out/pca": projection(recording["in/layer4"]),
    }
