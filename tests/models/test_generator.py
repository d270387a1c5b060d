from dataclasses import replace

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.cameras import NAMED_VIEWS, Perspective
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.models.fields import PlaneField, TableField
from panic3d.models.generator import Generator, seeded_latents, unit_range
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.recipes.generators import released, trainer_defaults
from panic3d.render.march import March
from panic3d.render.volume import Clouds, RayColours

SMALL = GeneratorConfig(
    cond_mode="ortho_front.concatfront.crossavg_4",
    z_dim=6,
    w_dim=5,
    camera_dim=25,
    channel_base=256,
    channel_max=16,
    plane_resolution=16,
    plane_width=4,
    plane_depth=2,
    image_size=128,
    superres_channels=4,
    rendering=March(coarse_samples=8, fine_samples=8),
    render_resolution=8,
)


def build(**changes):
    torch.manual_seed(0)
    generator = Generator(replace(SMALL, **changes)).eval()
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                parameter.add_(torch.randn(parameter.shape) * 0.3)
        last = generator.decoder.get_submodule("net.2")
        last.get_parameter("weight")[0] *= 4
        last.get_parameter("bias")[0] += 6.0  # neither empty nor solid, as a test makes sure
    return generator


def conditions(n=2):
    front = torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(4))
    return {"image_ortho_front": front}


def scene(generator, n=2):
    """Style vectors and planes of n different scenes."""
    z = generator.latents(range(n))
    ws = generator.mapping(z, z.new_zeros(n, 25), conditions(n))
    return ws, generator.planes(ws, conditions(n), noise_mode="none")


def rays_of(*cameras, resolution=8):
    rays = [camera_rays(camera, resolution) for camera in cameras]
    return Rays(torch.stack([r.origins for r in rays]), torch.stack([r.directions for r in rays]))


FRONT_AND_TURNED = (NAMED_VIEWS["front"], Perspective(elevation_deg=20.0, azimuth_deg=30.0))


# --- sizes


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (trainer_defaults(), 30_662_136),
        (replace(trainer_defaults(), plane_depth=3), 31_228_728),
        (released(), 29_211_200),
    ],
)
def test_a_full_size_generator_has_the_originals_tensors(config, parameters):
    """Oracle: the counts of the published code."""
    with torch.device("meta"):
        generator = Generator(config)
    trainable = sum(p.numel() for p in generator.parameters())
    assert trainable == parameters
    assert len(list(generator.parameters())) == 132
    # The constant filters are not saved; the original's count of buffers has them.
    saved = sum(t.numel() for t in generator.state_dict().values()) - trainable
    filters = [n for n, _ in generator.named_buffers() if n.endswith("resample_filter")]
    assert saved + 16 * len(filters) == 831_024
    assert len(list(generator.buffers())) == 44


def test_a_full_size_discriminator_has_the_originals_tensors():
    """Oracle: the counts of the published code; its buffers are filters, which are not saved."""
    with torch.device("meta"):
        discriminator = DualDiscriminator(DiscriminatorConfig())
    assert sum(p.numel() for p in discriminator.parameters()) == 31_359_744
    assert len(list(discriminator.parameters())) == len(discriminator.state_dict()) == 61
    assert sum(b.numel() for b in discriminator.buffers()) == 496


@pytest.mark.parametrize(("resolution", "count"), [(8, 4), (64, 10), (128, 12), (256, 14)])
def test_there_is_a_style_vector_per_convolution_and_one_for_the_last_picture(resolution, count):
    """Oracle: one convolution at 4, two at each further level, one to-RGB layer at the end."""
    assert replace(trainer_defaults(), plane_resolution=resolution).num_ws == count


def test_levels_have_the_originals_widths():
    """Oracle: the table of the published code."""
    config = trainer_defaults()
    assert [config.channels(r) for r in config.resolutions] == [512, 512, 512, 512, 512, 256, 128]


# --- mapping


def test_a_seed_gives_numpys_old_normal_numbers_in_float32():
    """Oracle: NumPy."""
    found = seeded_latents([0, 7], 5)
    assert found.dtype == torch.float32
    assert found[0, :4].tolist() == pytest.approx([1.764052, 0.400157, 0.978738, 2.240893])
    expected = np.random.RandomState(7).randn(5).astype(np.float32)
    assert found[1].tolist() == expected.tolist()


def test_latents_need_a_seed():
    with pytest.raises(ConfigError, match="seeds is empty"):
        build().latents([])


def test_the_camera_reaches_the_styles_only_if_configured():
    """Oracle: the mapping network itself, on the label that should arrive."""
    z, camera = seeded_latents([0, 1], 6), torch.randn(2, 25)
    blind, seeing = build(), build(camera_conditioning=True, camera_scale=0.5)
    zero = blind.backbone.mapping(z, torch.zeros(2, 25), {})
    assert torch.equal(blind.mapping(z, camera, {}), zero)
    half = seeing.backbone.mapping(z, camera * 0.5, {})
    assert torch.equal(seeing.mapping(z, camera, {}), half)
    assert not torch.allclose(seeing.mapping(z, camera, {}), zero)


def test_a_latent_per_style_vector_maps_each_by_itself():
    """Oracle: style i from latent i, one call each."""
    generator = build()
    zs, camera = torch.randn(2, 6, 6), torch.zeros(2, 25)
    found = generator.mapping_zplus(zs, camera, {})
    for i in range(6):
        torch.testing.assert_close(found[:, i], generator.mapping(zs[:, i], camera, {})[:, i])


@pytest.mark.parametrize("shape", [(2, 5, 6), (2, 6, 5), (6, 6)])
def test_latents_that_do_not_fit_the_style_vectors_are_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="zs"):
        build().mapping_zplus(torch.zeros(shape), torch.zeros(2, 25), {})


# --- planes and fields


@pytest.mark.parametrize("name", ["dw", "dws"])
def test_an_injection_into_the_styles_is_added_to_them(name):
    """Oracle: the sum, handed in as styles."""
    generator = build()
    ws, _ = scene(generator)
    extra = torch.randn_like(ws)
    injections = {name: extra}
    found = generator.planes(ws, conditions(), injections=injections)
    assert torch.equal(found, generator.planes(ws + extra, conditions()))
    assert list(injections) == [name]


def test_without_gradients_a_cpu_looks_planes_up_in_tables():
    """Oracle: plain twin, at points inside and outside the box."""
    generator = build()
    with torch.no_grad():
        _, planes = scene(generator)
        quick = generator.field(planes[0])
    assert isinstance(quick, TableField)
    plain = generator.field(planes[0])
    assert isinstance(plain, PlaneField)
    points = torch.rand(500, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    torch.testing.assert_close(quick.density(points), plain.density(points), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(quick.value(points), plain.value(points), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(24, 16, 8), (23, 16, 16), (1, 24, 16, 16)])
def test_planes_of_another_generator_are_refused(unchecked, shape):
    with pytest.raises(ShapeError, match="planes"):
        build().field(torch.zeros(shape))


# --- pictures


def test_the_scenes_of_these_tests_are_worth_looking_at():
    generator = build()
    with torch.no_grad():
        ws, planes = scene(generator)
        view = generator.render(planes, ws, rays_of(*FRONT_AND_TURNED), jitter=False)
    assert (view.opacity.mean((1, 2, 3)) > 0.2).all()
    assert (view.opacity.mean((1, 2, 3)) < 0.98).all()
    assert view.image_raw.std() > 0.02


def test_a_view_has_the_sizes_that_were_asked_for():
    generator = build()
    ws, planes = scene(generator)
    with torch.no_grad():
        view = generator.render(planes, ws, rays_of(*FRONT_AND_TURNED), jitter=False)
    assert view.image.shape == (2, 3, 128, 128)
    assert view.image_raw.shape == view.position.shape == view.xyz.shape == (2, 3, 8, 8)
    assert view.features.shape == (2, 32, 8, 8)
    assert view.depth.shape == view.opacity.shape == (2, 1, 8, 8)
    assert torch.equal(view.image_raw, view.features[:, :3])
    assert torch.equal(view.xyz, view.position * torch.tensor([-1.0, 1, -1]).reshape(3, 1, 1))
    assert torch.equal(view.image, generator.enlarge(view.features, ws))


def test_scenes_of_a_batch_do_not_depend_on_each_other():
    generator = build()
    with torch.no_grad():
        ws, planes = scene(generator)
        rays = rays_of(*FRONT_AND_TURNED)
        both = generator.render(planes, ws, rays, jitter=False)
        for n in range(2):
            one = Rays(rays.origins[n : n + 1], rays.directions[n : n + 1])
            alone = generator.render(planes[n : n + 1], ws[n : n + 1], one, jitter=False)
            for name in ("features", "opacity", "position"):
                assert torch.equal(getattr(alone, name)[0], getattr(both, name)[n])
            torch.testing.assert_close(alone.image[0], both.image[n], atol=1e-4, rtol=1e-4)


def test_chance_comes_from_the_generator_that_is_handed_in():
    generator = build()
    with torch.no_grad():
        ws, planes = scene(generator, 1)
        rays = rays_of(FRONT_AND_TURNED[1])

        def raw(seed):
            chance = torch.Generator().manual_seed(seed)
            return generator.render(planes, ws, rays, generator=chance).image_raw

        assert torch.equal(raw(0), raw(0))
        assert not torch.equal(raw(0), raw(1))


def test_with_and_without_gradients_the_pictures_agree():
    """Oracle: plain twin; tables and gradients are never both at work."""
    generator = build()
    with torch.no_grad():
        ws, planes = scene(generator)
        quick = generator.render(planes, ws, rays_of(*FRONT_AND_TURNED), jitter=False)
    plain = generator.render(planes, ws, rays_of(*FRONT_AND_TURNED), jitter=False)
    for name in ("image_raw", "depth", "opacity", "position"):
        a, b = getattr(plain, name), getattr(quick, name)
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)
    plain.image.square().sum().backward()
    missing = [
        name
        for name, parameter in generator.named_parameters()
        if parameter.grad is None and name.startswith(("decoder", "superresolution.block1.torgb"))
    ]
    assert not missing


def test_pictures_are_laid_out_row_by_row_and_empty_rays_lie_at_the_batchs_largest_depth():
    """Oracle: number by number."""
    generator = build()
    seen = [
        RayColours(
            value=torch.rand(9, 32),
            depth=torch.rand(9) + k,
            opacity=torch.tensor([0.0, 1, 0.5, 0, 1, 1, 0.1, 1, 1]),
            position=torch.rand(9, 3),
        )
        for k in range(2)
    ]
    with torch.no_grad():
        view = generator.view_of(seen, scene(generator)[0])
    largest = max(float(one.depth.max()) for one in seen)
    for n, one in enumerate(seen):
        for i in range(3):
            for j in range(3):
                ray = 3 * i + j
                assert torch.equal(view.features[n, :, i, j], one.value[ray])
                assert torch.equal(view.position[n, :, i, j], one.position[ray])
                assert view.opacity[n, 0, i, j] == one.opacity[ray]
                expected = float(one.depth[ray]) if one.opacity[ray] > 0 else largest
                assert view.depth[n, 0, i, j] == expected


def test_a_scene_of_nothing_is_white():
    """Oracle: closed form; the last sample lies half a step behind the far end."""
    generator = build()
    with torch.no_grad():
        generator.decoder.get_parameter("net.2.bias")[0] = -1000.0
        ws, planes = scene(generator)
        view = generator.render(planes, ws, rays_of(*FRONT_AND_TURNED), jitter=False)
    assert not view.opacity.any()
    march = generator.march
    step = (march.far_m - march.near_m) / (march.coarse_samples - 1)
    assert (view.depth - (march.far_m + step / 2)).abs().max() < 1e-6
    assert (view.image_raw == 1).all()
    assert (view.position == 1).all()


def test_a_crop_leaves_white_where_it_cuts():
    generator = build()
    with torch.no_grad():
        generator.decoder.get_parameter("net.2.bias")[0] = 1000.0  # solid everywhere
        ws, planes = scene(generator, 1)
        rays = rays_of(NAMED_VIEWS["front"])
        view = generator.render(planes, ws, rays, clouds=Clouds(crop_m=0.2), jitter=False)
    columns = camera_rays(NAMED_VIEWS["front"], 8).origins[:, 0].reshape(8, 8)
    inside = (columns.abs() <= 0.35 - 0.2).float()
    torch.testing.assert_close(view.opacity[0, 0], inside)


def test_tanh_limits_the_pictures_where_configured():
    """Oracle: the tangent of the same network without it."""
    plain, limited = build(), build(tanh_output=True)
    with torch.no_grad():
        ws, planes = scene(plain, 1)
        rays = rays_of(FRONT_AND_TURNED[1])
        one, other = (g.render(planes, ws, rays, jitter=False) for g in (plain, limited))
    assert torch.equal(other.image, one.image.tanh())
    assert torch.equal(other.image_raw, one.image_raw.tanh())
    assert torch.equal(other.features, one.features)


def test_unit_range_maps_minus_one_to_zero_and_one_to_one_without_clamping():
    """Oracle: closed form."""
    assert unit_range(torch.tensor([-1.0, 0.0, 1.0, 5.0])).tolist() == [0.0, 0.5, 1.0, 3.0]


@pytest.mark.parametrize(
    ("origins", "directions", "message"),
    [
        ((2, 63, 3), (2, 63, 3), "no square picture"),
        ((1, 64, 3), (1, 64, 3), "rays.origins"),
        ((2, 64, 3), (2, 63, 3), "rays.directions"),
        ((64, 3), (64, 3), "rays.origins"),
    ],
)
def test_rays_that_make_no_picture_are_refused(unchecked, origins, directions, message):
    generator = build()
    ws, planes = scene(generator)
    with pytest.raises(ShapeError, match=message):
        generator.render(planes, ws, Rays(torch.zeros(origins), torch.ones(directions)))


# --- configuration


@pytest.mark.parametrize(
    "values",
    [
        {"plane_resolution": 4},
        {"plane_resolution": 48},
        {"z_dim": 0},
        {"plane_depth": -1},
        {"superres_channels": 1},
        {"render_resolution": 0},
        {"cond_mode": "ortho_front.concatfornt"},
        {"cond_mode": "reschonk_add_17"},
        {"cond_mode": "ortho_front.concatfront", "channel_base": 48},
    ],
)
def test_a_generator_that_cannot_be_built_is_refused(values):
    with pytest.raises(ConfigError):
        replace(SMALL, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"box_m": 0.0},
        {"box_m": float("nan")},
        {"near_m": -0.1},
        {"near_m": 1.5},
        {"far_m": float("inf")},
        {"coarse_samples": 3},
        {"fine_samples": -1},
        {"density_noise": -0.5},
    ],
)
def test_a_rendering_that_cannot_work_is_refused(values):
    with pytest.raises(ConfigError):
        March(**values)
