"""Networks that prepare a portrait, from the authors' files to results."""

import numpy as np
import pytest
import torch

from campaign import _pickle_files as files
from panic3d.cli import weights as command
from panic3d.errors import WeightsError
from panic3d.models.linefill import LineFillDiscriminator, LineFiller, lay_over
from panic3d.weights.load import (
    load_feature_projection,
    load_linefill,
    load_linefill_discriminator,
    load_tagger,
)
from panic3d.weights.store import save_weights
from tests.weights import published

ABOUT = {"licence": "CC0-1.0", "origin": "random numbers", "made_from": "nothing"}


@pytest.mark.parametrize("variant", ["hull", "nohull"])
def test_a_recorded_line_filler_works_as_recorded_once_converted(variant, golden_dir, tmp_path):
    """Oracle: the recording, by way of a checkpoint in the original's layout."""
    state = published.recorded_tensors(golden_dir, "rmline.npz", f"sd_{variant}/")
    path = tmp_path / "rmlineE_rmlineganA_n04_epoch=0199.ckpt"
    path.write_bytes(files.checkpoint(state, published.HYPER_PARAMETERS))
    command.convert(path, out=tmp_path, discriminator=True)
    filler = load_linefill("cvpr2023/linefill", tmp_path)
    judge = load_linefill_discriminator("cvpr2023/linefill_discriminator", tmp_path)
    assert isinstance(filler, LineFiller) and isinstance(judge, LineFillDiscriminator)
    with np.load(golden_dir / "rmline.npz", allow_pickle=False) as arrays:
        given = {name: torch.from_numpy(arrays[name]) for name in arrays if name[:3] == "in/"}
        lerp, logits = (arrays[f"out/{variant}/{name}"] for name in ("lerp", "disc_logits"))
    picture, lines = given["in/image"], given["in/line_mask"]
    filled = lay_over(picture, filler(picture, lines, given["in/face_hull"]), lines)
    np.testing.assert_allclose(filled, lerp, atol=1e-5)
    found = judge(given["in/patch_image"], given["in/patch_face_hull"])
    np.testing.assert_allclose(found, logits, atol=1e-5)


def test_the_options_of_a_checkpoint_decide_what_the_network_is_shown(tmp_path):
    """The published run's own values are in its checkpoint alone."""
    tensors = published.linefill_tensors(3)
    for given, expected in ((True, True), (False, False), (None, True)):
        options = {} if given is None else {"model": {"gen_mask_input": given}}
        path = tmp_path / "epoch=0199.ckpt"
        path.write_bytes(files.checkpoint(tensors, options))
        command.convert(path, out=tmp_path)
        assert load_linefill("cvpr2023/linefill", tmp_path).config.mask_input is expected


def test_a_tagger_and_its_projection_are_loaded(tmp_path):
    tensors = published.tagger_tensors(tags=4)
    path = tmp_path / "tagger.safetensors"
    config = {"tags": 4, "size": 64}
    save_weights(path, tensors, about={**ABOUT, "name": "t", "network": "tagger", "config": config})
    tagger = load_tagger(path, tmp_path)
    assert tagger.config.size == 64 and not tagger.training
    assert {n: t.tolist() for n, t in tagger.state_dict().items() if n.endswith("bias")} == {
        n: t.tolist() for n, t in tensors.items() if n.endswith("bias")
    }
    with pytest.raises(WeightsError, match="expected a linefill"):
        load_linefill(path, tmp_path)
    path = tmp_path / "pca.safetensors"
    numbers = {"components": torch.randn(512, 2048), "mean": torch.randn(2048)}
    about = {**ABOUT, "name": "p", "network": "features_pca"}
    save_weights(path, numbers, about={**about, "config": {"components": 512, "features": 2048}})
    projection = load_feature_projection(path, tmp_path)
    assert torch.equal(projection.components, numbers["components"])
    assert torch.equal(projection.mean, numbers["mean"])
