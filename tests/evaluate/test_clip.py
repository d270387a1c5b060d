"""CLIP's measure on a small random network that is read from a folder, as the real one is."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from panic3d.errors import MissingDependencyError, PictureError, WeightsError
from panic3d.evaluate.clip import clip_similarity, embedding, load_clip

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed: pip install 'panic3d[eval]'"
)
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning")

MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All of a small CLIP, text half included, with the processor's published settings."""
    made = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    config = transformers.CLIPConfig(
        vision_config={
            **sizes,
            "num_attention_heads": 4,
            "image_size": 224,
            "patch_size": 32,
            "projection_dim": 16,
        },
        text_config={
            **sizes,
            "num_attention_heads": 4,
            "vocab_size": 99,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 0,
        },
        projection_dim=16,
    )
    transformers.CLIPModel(config).save_pretrained(made)
    transformers.CLIPImageProcessorPil().save_pretrained(made)
    return made


@pytest.fixture(scope="module")
def clip(folder):
    return load_clip(folder)


def pictures(height=300, width=280, seed=0):
    """Smooth, as pictures are."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (2, 9, 8, 3), dtype=np.uint8)
    large = [
        Image.fromarray(each).resize((width, height), Image.Resampling.BICUBIC) for each in coarse
    ]
    return [np.asarray(each, np.float32) / 255 for each in large]


def prepared(picture):
    """CLIP's own preparation, by Pillow: shorter side to 224, middle square, normalised."""
    height, width = picture.shape[:2]
    short = min(height, width)
    size = width * 224 // short, height * 224 // short
    image = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    levels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
    normal = (levels - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    return torch.from_numpy(normal).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize("size", [(300, 280), (224, 224), (150, 512), (100, 90), (224, 227)])
def test_the_similarity_is_the_cosine_of_the_projected_places(size, folder, clip):
    """Oracle: all of CLIP by transformers, on pictures that the test prepares by itself."""
    predicted, truth = pictures(*size)
    whole = transformers.CLIPModel.from_pretrained(folder).eval()
    with torch.no_grad():
        seen = [whole.vision_model(pixel_values=prepared(each)) for each in (predicted, truth)]
        a, b = (whole.visual_projection(each.pooler_output)[0].double() for each in seen)
    wanted = float(a @ b / (a.norm() * b.norm()))
    assert clip_similarity(clip, predicted, truth) == pytest.approx(wanted, abs=2e-5)
    assert wanted < 0.999


def test_equal_pictures_are_alike_and_the_ends_of_long_ones_unseen(clip):
    """Oracle: of a region of 2 to 1 only the middle square counts, as in the paper."""
    predicted, truth = pictures(200, 400)
    assert clip_similarity(clip, truth, truth) == pytest.approx(1.0, abs=1e-6)
    before = clip_similarity(clip, predicted, truth)
    changed = predicted.copy()
    changed[:, :80] = changed[:, -80:] = 0
    assert clip_similarity(clip, changed, truth) == before
    changed[:, 180:220] = 0
    assert clip_similarity(clip, changed, truth) != before


@pytest.mark.parametrize(("width", "first"), [(225, 0), (227, 2), (229, 2), (231, 4)])
def test_half_an_odd_remainder_is_rounded_to_the_even_pixel(clip, width, first):
    """Oracle: remainders of 1, 3, 5, 7 by hand; columns that are cut off change nothing."""
    picture = pictures(224, width)[0]
    seen = embedding(clip, picture)
    without = picture.copy()
    without[:, :first] = without[:, first + 224 :] = 0
    assert torch.equal(embedding(clip, without), seen)
    without[:, first] = 1 - without[:, first]
    assert not torch.equal(embedding(clip, without), seen)


def test_the_truth_is_looked_at_once(clip):
    predicted, truth = pictures(60, 60, 7)
    first = clip_similarity(clip, predicted, truth)
    known = len(clip.memory._seen)
    assert clip_similarity(clip, predicted, truth) == first
    assert clip_similarity(clip, truth, truth) == pytest.approx(1.0, abs=1e-6)
    assert len(clip.memory._seen) == known
    assert embedding(clip, truth).shape == (1, 16)


def test_a_folder_without_clip_is_refused(folder, tmp_path):
    with pytest.raises(WeightsError, match=r"config\.json"):
        load_clip(tmp_path)
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load_clip(tmp_path)


def test_tensors_that_are_missing_are_not_made_up(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["visual_projection.weight"]
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(WeightsError, match=r"visual_projection\.weight"):
        load_clip(tmp_path)


def test_the_processor_s_settings_are_read_from_the_folder(folder, clip, tmp_path):
    """A folder that says another normalisation gets it."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text())
    settings["image_mean"] = [0.0, 0.0, 0.0]
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    predicted, truth = pictures()
    other = load_clip(tmp_path)
    assert clip_similarity(other, predicted, truth) != clip_similarity(clip, predicted, truth)


def test_pictures_of_two_sizes_are_refused(clip, unchecked):
    with pytest.raises(PictureError, match="the same"):
        clip_similarity(clip, pictures(50, 50)[0], pictures(50, 51)[0])


def test_without_transformers_the_command_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingDependencyError, match=r"panic3d\[eval\]"):
        load_clip()
