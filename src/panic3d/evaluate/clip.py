"""CLIP ViT-B/32: how alike two pictures are to a network that was trained to describe pictures.

Through `transformers`, of the extra `eval`, with the processor that works by Pillow: the other one
needs torchvision, and resizes differently.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn.functional import cosine_similarity

from panic3d.errors import MissingDependencyError, WeightsError
from panic3d.evaluate.image_metrics import Rgb
from panic3d.evaluate.networks import Memory, check_pair

if TYPE_CHECKING:
    from PIL import Image

HUB_NAME = "openai/clip-vit-base-patch32"
HUB_REVISION = "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268"
"""Of `HUB_NAME`, so that a change on the hub changes no number here."""


class Clip(NamedTuple):
    """The half of CLIP that looks at pictures."""

    model: Any
    processor: Any
    memory: Memory[Tensor]


def load_clip(source: str | Path = HUB_NAME, revision: str | None = None) -> Clip:
    """Load the network and what prepares pictures for it. It is frozen, on the CPU, float32.

    Args:
        source: a folder that `transformers` wrote or that was copied from the hub, or a name on
            the hub, which is downloaded on first use, 0.6 GB.
        revision: on the hub; by default a fixed one of `HUB_NAME`, the newest of any other.

    Raises:
        MissingDependencyError: transformers is not installed.
        WeightsError: there is no such network, it cannot be downloaded, or it is not CLIP's.
    """
    try:
        from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection
        from transformers.utils import logging
    except ImportError as error:
        raise MissingDependencyError(
            "transformers 5.4 or newer, which runs CLIP, is not installed: run "
            "pip install 'panic3d[eval]'"
        ) from error
    if revision is None and str(source) == HUB_NAME:
        revision = HUB_REVISION
    options: dict[str, Any] = {} if revision is None else {"revision": revision}
    talkative, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    try:
        # A file of all of CLIP holds the text half besides, of which much would be said.
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        loaded: Any = CLIPVisionModelWithProjection.from_pretrained(
            str(source), dtype=torch.float32, output_loading_info=True, **options
        )
        model, report = loaded
        processor = CLIPImageProcessorPil.from_pretrained(str(source), **options)
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"CLIP cannot be loaded from {source} ({reason}): give a folder with config.json, "
            f"preprocessor_config.json and the weights, or the name {HUB_NAME} and a network"
        ) from error
    finally:
        logging.set_verbosity(talkative)
        if bars:
            logging.enable_progress_bar()
    missing = sorted(report["missing_keys"])
    if missing:  # transformers would fill them with random numbers
        raise WeightsError(
            f"{source} lacks {len(missing)} of CLIP's tensors ({', '.join(missing[:3])}): it is "
            f"cut short or of another network; copy {HUB_NAME} again"
        )
    return Clip(model.eval().requires_grad_(False), processor, Memory())


def embedding(clip: Clip, picture: Rgb) -> Float32[Tensor, "1 d"]:
    """Return where CLIP places a picture.

    Its shorter side is scaled to 224 pixels by bicubic interpolation and the middle square is cut
    out, so the ends of a long region go unseen, as in the paper's evaluation. If an odd number of
    pixels is left over, half of it is rounded to the even one, as CLIP's own preparation does
    (torchvision's ``center_crop``); transformers would round it down.

    Args:
        clip: the network.
        picture: RGB in [0, 1]; it is rounded to 8 bits first, as pictures in files are.
    """
    from PIL import Image

    levels = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    image = _middle_square(Image.fromarray(levels), int(clip.processor.size["shortest_edge"]))
    given = clip.processor(images=image, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        found: Tensor = clip.model(pixel_values=given.to(clip.model.device)).image_embeds
    return found.float()


def _middle_square(image: Image.Image, side: int) -> Image.Image:
    """Scale a picture's shorter side to so many pixels and cut out the middle."""
    from PIL import Image

    short = min(image.size)
    width, height = (int(side * length / short) for length in image.size)
    scaled = image.resize((width, height), Image.Resampling.BICUBIC)
    # Python rounds halves to even numbers, as torchvision's crop does.
    left, top = round((width - side) / 2), round((height - side) / 2)
    return scaled.crop((left, top, left + side, top + side))


def clip_similarity(clip: Clip, predicted: Rgb, truth: Rgb) -> float:
    """Return the cosine of the two pictures' places, 1 for equal ones. Tables print it x 100.

    Args:
        clip: the network.
        predicted: RGB in [0, 1].
        truth: RGB in [0, 1], of the same size.

    Raises:
        PictureError: the pictures differ in size.
    """
    check_pair(predicted, truth, 1)
    theirs = clip.memory.recall(truth, "", lambda: embedding(clip, truth))
    return float(cosine_similarity(embedding(clip, predicted), theirs)[0])
