import json

import pytest

from panic3d.errors import ConfigError
from panic3d.models.linefill import LineFillConfig, LineFillDiscriminatorConfig
from panic3d.weights.convert.options import (
    discriminator_from_upstream,
    generator_from_upstream,
)
from panic3d.weights.shapes import (
    FILTER,
    discriminator_tensor_shapes,
    features_pca_tensor_shapes,
    generator_tensor_shapes,
    linefill_discriminator_tensor_shapes,
    linefill_tensor_shapes,
    tagger_tensor_shapes,
    without_filters,
)
from tests.weights.published import recorded_config, recorded_tensors


@pytest.fixture(scope="module")
def full_size(golden_dir):
    return json.loads((golden_dir / "full_size_state_dict_keys.json").read_text())


def shapes(entries):
    return {name: tuple(shape) for name, shape in entries.items()}


@pytest.mark.parametrize("run", ["trainer_defaults", "published_run"])
def test_full_size_names_and_shapes_are_the_original_s(run, full_size):
    """Oracle: the recorded key lists, 176 tensors of the generator and 92 of the discriminator."""
    entry = full_size[run]
    config = generator_from_upstream(
        entry["config_G"], None, entry["neural_rendering_resolution"]
    ).config
    assert generator_tensor_shapes(config) == shapes(entry["G"])
    assert len(entry["G"]) == 176
    config_d = discriminator_from_upstream(entry["config_D"]).config
    recorded = shapes(entry.get("D", full_size["trainer_defaults"]["D"]))
    assert discriminator_tensor_shapes(config_d) == recorded
    assert len(recorded) == 92


def test_small_names_and_shapes_are_the_recorded_ones(golden_dir):
    """Oracle: the recorded state dicts of the small networks."""
    g = recorded_config(golden_dir, "generator.npz")
    config = generator_from_upstream(g["G"], None, g["neural_rendering_resolution"]).config
    recorded = recorded_tensors(golden_dir, "generator.npz", "sd/")
    assert generator_tensor_shapes(config) == {n: tuple(t.shape) for n, t in recorded.items()}
    d = discriminator_from_upstream(recorded_config(golden_dir, "discriminator.npz")["D"]).config
    recorded = recorded_tensors(golden_dir, "discriminator.npz", "sd/")
    assert discriminator_tensor_shapes(d) == {n: tuple(t.shape) for n, t in recorded.items()}


def test_the_networks_store_what_the_files_hold(golden_dir):
    """What is left out of our files is exactly what the networks do not store."""
    from panic3d.models.generator import Generator

    g = recorded_config(golden_dir, "generator.npz")
    config = generator_from_upstream(g["G"], None, 64).config
    stored = without_filters(generator_tensor_shapes(config))
    assert stored == {n: tuple(t.shape) for n, t in Generator(config).state_dict().items()}
    assert not any(FILTER in name for name in stored)


def test_tagger_names_and_shapes_are_the_original_s(golden_dir):
    """Oracle: the recorded key list of the tagger's checkpoint."""
    recorded = json.loads((golden_dir / "tagger_state_dict_keys.json").read_text())
    assert tagger_tensor_shapes() == shapes(recorded["checkpoint"])
    pca = shapes(recorded["feature_extractor_pca"])
    body = {name.replace("resnet.", "rfe."): s for name, s in tagger_tensor_shapes().items()}
    assert {n: s for n, s in pca.items() if ".pca_" not in n} == body
    ours = features_pca_tensor_shapes()
    assert pca["rfe.pca_weights"][1:] == ours["components"]
    assert pca["rfe.pca_mean"][1:] == ours["mean"]


@pytest.mark.parametrize("variant, channels", [("hull", 4), ("nohull", 3)])
def test_linefill_names_and_shapes_are_the_recorded_ones(variant, channels, golden_dir):
    """Oracle: the recorded state dicts of both variants."""
    recorded = recorded_tensors(golden_dir, "rmline.npz", f"sd_{variant}/")
    filler = LineFillConfig(channels=channels, width=32, depth=6)
    judge = LineFillDiscriminatorConfig(channels=channels, width=16, depth=4)
    ours = {**linefill_tensor_shapes(filler), **linefill_discriminator_tensor_shapes(judge)}
    assert ours == {name: tuple(tensor.shape) for name, tensor in recorded.items()}


def test_published_options_are_translated(full_size):
    entry = full_size["published_run"]
    config = generator_from_upstream(entry["config_G"], None, 96).config
    assert (config.plane_width, config.plane_depth, config.superres_channels) == (16, 3, 16)
    assert (config.render_resolution, config.superres_clamp, config.conv_clamp) == (96, 256.0, None)
    assert config.distinct_planes and not config.camera_conditioning and not config.tanh_output
    assert (config.rendering.box_m, config.rendering.coarse_samples) == (0.7, 48)


def test_missing_options_mean_what_they_meant_in_the_original(full_size):
    options = full_size["trainer_defaults"]["config_G"]
    rendering = dict(options["rendering_kwargs"])
    del rendering["c_scale"], rendering["triplane_depth"]
    config = generator_from_upstream(options, rendering, 64).config
    assert (config.camera_scale, config.plane_depth) == (0.0, 1)
    assert generator_from_upstream({**options, "sr_num_fp16_res": 0}, None, 64).config == (
        generator_from_upstream(
            {k: v for k, v in options.items() if k != "sr_num_fp16_res"}, None, 64
        ).config
    )


@pytest.mark.parametrize(
    "group, change",
    [
        ("rendering", {"disparity_space_sampling": True}),
        ("rendering", {"c_gen_conditioning_force_ffhq": True}),
        ("rendering", {"superresolution_module": "training.superresolution.Other"}),
        ("rendering", {"clamp_mode": "relu"}),
        ("rendering", {"ray_start": "auto"}),
        ("rendering", {"directionless": True}),
        ("rendering", {"new_option": 1}),
        ("rendering", {"use_triplane": 2}),
        ("options", {"num_fp16_res": 4}),
        ("options", {"new_option": None}),
        ("options", {"mapping_kwargs": {"num_layers": 2, "w_avg_beta": 0.5}}),
        ("options", {"sr_kwargs": {"channels": 3}}),
        ("options", {"cond_mode": "ortho_front.unheard_of"}),
        ("options", {"z_dim": "512"}),
        ("options", {"rendering_kwargs": None}),
    ],
)
def test_an_option_that_is_not_implemented_is_an_error(group, change, full_size):
    options = full_size["trainer_defaults"]["config_G"]
    rendering = None
    if group == "rendering":
        rendering = {**options["rendering_kwargs"], **change}
    else:
        options = {**options, **change}
    with pytest.raises(ConfigError):
        generator_from_upstream(options, rendering, 64)


@pytest.mark.parametrize("key", ["white_back", "box_warp", "use_triplane", "sr_antialias"])
def test_a_missing_option_without_a_fallback_is_an_error(key, full_size):
    options = full_size["trainer_defaults"]["config_G"]
    rendering = {k: v for k, v in options["rendering_kwargs"].items() if k != key}
    with pytest.raises(ConfigError, match=key):
        generator_from_upstream(options, rendering, 64)


@pytest.mark.parametrize(
    "change", [{"epilogue_kwargs": {"mbstd_num_channels": 2}}, {"architecture": "skip"}]
)
def test_a_discriminator_option_that_is_not_implemented_is_an_error(change, full_size):
    options = full_size["trainer_defaults"]["config_D"]
    with pytest.raises(ConfigError):
        discriminator_from_upstream({**options, **change})


def test_an_absurd_size_is_refused_before_a_network_is_made(full_size):
    options = full_size["trainer_defaults"]["config_G"]
    for change in ({"z_dim": 1 << 40}, {"mapping_kwargs": {"num_layers": 1 << 30}}):
        config = generator_from_upstream({**options, **change}, None, 64).config
        with pytest.raises(ConfigError, match="expected at most"):
            generator_tensor_shapes(config)
