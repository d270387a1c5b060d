"""A head: planes once, and views, volume and mesh from them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from panic3d.bench import picture_difference
from panic3d.errors import ConfigError, MeshError, ShapeError
from panic3d.geometry.cameras import NAMED_VIEWS, Camera, Perspective, evaluation_cameras
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.models.generator import Generator
from panic3d.pipeline.head import HeadField, Settings, reconstruct
from panic3d.pipeline.original import OriginalJob
from panic3d.pipeline.paste import PasteConfig
from panic3d.render.volume import Clouds

CAMERAS: list[Camera] = [NAMED_VIEWS["front"], NAMED_VIEWS["left"], Perspective(azimuth_deg=-30.0)]


@pytest.mark.parametrize("skip_empty", [True, False])
def test_the_quick_way_gives_the_original_ways_pictures(generator, conditions, head, skip_empty):
    """Oracle: the job done as the original does it, every sample decoded."""
    # A portrait is pasted where the surface is flat enough; here that has to be often.
    paste = PasteConfig(max_edge=0.05, max_deviation_m=1e-3, min_opacity=0.5)
    settings = replace(head.settings, paste=paste, skip_empty=skip_empty)
    ours = reconstruct(generator, conditions, settings)
    theirs = OriginalJob(generator, conditions, settings)
    pairs = [
        (ours.view(camera, seed=k), theirs.view(camera, seed=k)) for k, camera in enumerate(CAMERAS)
    ]
    quick, slow = ({str(k): pair[side] for k, pair in enumerate(pairs)} for side in (0, 1))
    difference = picture_difference(quick, slow)
    assert difference.mean < 1e-5 and difference.high < 1e-3
    assert sum(float(v.pasted.mask.mean()) for v in quick.values() if v.pasted) > 0.02


def test_the_quick_volume_and_mesh_are_the_originals(generator, conditions, head):
    """Oracle: the volume as the original makes it."""
    theirs = OriginalJob(generator, conditions, head.settings)
    volume = theirs.volume()
    mesh = head.mesh("paper")
    assert len(mesh.vertices) == theirs.mesh(volume)
    alive = head.volume("paper").raw > -1000
    ours = 1 - torch.exp(-torch.nn.functional.softplus(head.volume("paper").raw - 1))
    assert torch.allclose(ours[alive], volume.raw[alive], atol=1e-4)


def test_both_meshes_look_outward_and_agree(head):
    """Oracle: signed volume; the paper's threshold lies inside the exact surface."""
    paper, exact = head.mesh("paper"), head.mesh("fixed")
    assert 0 < paper.signed_volume() < exact.signed_volume()
    voxel = 0.7 / 63
    assert np.all(paper.vertices.max(0) < exact.vertices.max(0) + 2 * voxel)
    assert np.all(exact.colours >= 0) and np.all(exact.colours <= 1)
    assert np.allclose(np.linalg.norm(exact.normals, axis=1), 1, atol=1e-3)


def test_an_empty_field_says_that_it_is_empty(generator, conditions):
    settings = Settings(volume_resolution=32, clouds=Clouds(crop_m=0.349, cull=1.0))
    with pytest.raises(MeshError, match="empty"):
        reconstruct(generator, conditions, settings).mesh("fixed")


def test_the_same_seed_gives_the_same_picture(head):
    camera = CAMERAS[2]
    assert torch.equal(head.view(camera, seed=3).image, head.view(camera, seed=3).image)
    assert not torch.equal(head.view(camera, seed=3).image, head.view(camera, seed=4).image)


def test_the_evaluation_has_the_papers_sixteen_views():
    assert list(evaluation_cameras()) == ["front", "left", "right", "back"] + [
        f"{k:04d}" for k in (42, 43, 44, 45, 46, 47, 36, 37, 38, 39, 40, 41)
    ]


def test_a_head_looked_at_otherwise_shares_what_it_can(head):
    _ = head.occupancy
    other = head.looked_at(replace(head.settings, paste=None, skip_empty=False))
    assert other.field is head.field and other.volume("fixed") is head.volume("fixed")
    assert other.view(CAMERAS[0]).pasted is None
    cropped = head.looked_at(replace(head.settings, clouds=Clouds(crop_m=0.2, cull=0.5)))
    assert cropped.field is head.field and cropped.volume("fixed") is not head.volume("fixed")


def test_scenes_of_a_batch_are_rendered_as_if_alone(generator, conditions):
    """Invariant: a batch is nothing but its members."""
    z = generator.latents([0, 1])
    both = {k: torch.cat([v, v.flip(-1)]) for k, v in conditions.items()}
    ws = generator.mapping(z, torch.zeros(2, 25), both)
    planes = generator.planes(ws, both)
    one = camera_rays(CAMERAS[2], 16)
    rays = Rays(one.origins.expand(2, -1, -1), one.directions.expand(2, -1, -1))
    together = generator.render(planes, ws, rays, jitter=False)
    for k in range(2):
        alone = generator.render(
            planes[k : k + 1],
            ws[k : k + 1],
            Rays(one.origins[None], one.directions[None]),
            jitter=False,
        )
        for name in ("image", "image_raw", "opacity", "position"):
            both_k = getattr(together, name)[k]
            assert torch.allclose(both_k, getattr(alone, name)[0], atol=1e-4), name
        mine = {key: v[k : k + 1] for key, v in both.items()}
        assert torch.allclose(generator.planes(ws[k : k + 1], mine)[0], planes[k], atol=1e-4)


def test_gradients_reach_every_part_of_the_generator(conditions, generator):
    training = Generator(generator.config)
    ws = training.mapping(training.latents([0]), torch.zeros(1, 25), conditions)
    planes = training.planes(ws, conditions, noise_mode="random")
    one = camera_rays(CAMERAS[0], 8)
    rays = Rays(one.origins[None], one.directions[None])
    view = training.render(planes, ws, rays, generator=torch.Generator().manual_seed(0))
    (view.image.square().mean() + view.opacity.mean()).backward()
    unreached = {
        name
        for name, p in training.named_parameters()
        if p.grad is None or not p.grad.isfinite().all()
    }
    # The camera is zeroed before it is embedded; its noise layers in super-resolution are off.
    assert all("noise_strength" in name for name in unreached)
    assert any(
        p.grad is not None and p.grad.abs().sum() > 0
        for p in training.backbone.mapping.parameters()
    )


def test_double_precision_follows_the_weights(generator, conditions, head):
    """Oracle: the same in single precision."""
    double = Generator(generator.config).double().eval()
    double.load_state_dict(generator.state_dict())
    wide = reconstruct(double, {k: v.double() for k, v in conditions.items()}, head.settings)
    seen, single = wide.view(CAMERAS[0]), head.view(CAMERAS[0])
    assert seen.image.dtype == torch.float64
    error = (seen.view.opacity - single.view.opacity).abs()
    assert error.mean() < 1e-3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_pictures(generator, conditions, head):
    """Oracle: the CPU."""
    there = Generator(generator.config).cuda().eval().requires_grad_(False)
    there.load_state_dict(generator.state_dict())
    remote = reconstruct(there, {k: v.cuda() for k, v in conditions.items()}, head.settings)
    ours, theirs = head.view(CAMERAS[2]).image, remote.view(CAMERAS[2]).image
    assert theirs.is_cuda
    assert (ours - theirs.cpu()).abs().mean() < 1e-3
    assert len(remote.mesh("fixed").vertices) > 0


@pytest.mark.parametrize("missing", ["image_ortho_front", "resnet_chonk"])
def test_a_missing_condition_is_named(generator, conditions, missing):
    rest = {k: v for k, v in conditions.items() if k != missing}
    with pytest.raises(ShapeError, match=missing):
        reconstruct(generator, rest)


def test_a_portrait_of_another_size_is_refused(generator, conditions, unchecked):
    wrong = {**conditions, "image_ortho_front": torch.zeros(1, 3, 64, 64)}
    with pytest.raises(ShapeError, match="expected"):
        reconstruct(generator, wrong)


@pytest.mark.parametrize("options", [{"volume_resolution": 4}, {"render_resolution": 0}])
def test_settings_out_of_range_are_refused(options):
    with pytest.raises(ConfigError, match="expected"):
        Settings(**options)


def test_rays_that_are_no_square_are_refused(generator, head, unchecked):
    rays = Rays(torch.zeros(1, 7, 3), torch.ones(1, 7, 3))
    with pytest.raises(ShapeError, match="square"):
        generator.render(head.planes, head.ws, rays)


def test_a_head_without_a_portrait_is_rendered_plain(generator, head):
    bare = HeadField(generator, head.ws, head.planes, None, head.settings)
    assert bare.view(CAMERAS[0]).pasted is None


def test_views_need_no_second_volume(head):
    fresh = head.looked_at(replace(head.settings, volume_resolution=48))
    fresh.mesh("fixed")
    fresh.view(CAMERAS[0])
    assert set(fresh._volumes) == {"fixed"}


def test_a_volume_too_fine_for_the_paper_still_serves_views(generator, conditions):
    settings = Settings(volume_resolution=264, coarse_samples=8, fine_samples=8)
    fine = reconstruct(generator, conditions, settings)
    assert fine.view(CAMERAS[0]).image.isfinite().all()
    with pytest.raises(ConfigError, match="256"):
        fine.mesh("paper")


def test_a_view_can_be_used_where_gradients_are_wanted(head):
    """Invariant: results are ordinary tensors, not inference tensors."""
    image = head.view(CAMERAS[0]).image
    image.mul_(0.5)
    weight = torch.ones((), requires_grad=True)
    (weight * image).sum().backward()
    assert weight.grad is not None


def test_mixed_precision_around_a_view_changes_nothing(head):
    """Oracle: the same view without it."""
    plain = head.view(CAMERAS[2], seed=1).image
    with torch.autocast("cpu", torch.bfloat16):
        mixed = head.view(CAMERAS[2], seed=1).image
    assert torch.equal(plain, mixed)


def test_a_lower_matrix_precision_does_not_move_lookups(head):
    """Oracle: the lookups at full precision."""
    points = (torch.rand(500, 3, generator=torch.Generator().manual_seed(0)) - 0.5) * 0.7
    exact = head.field.table.mean_features(points)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        lower = head.field.table.mean_features(points)
    finally:
        torch.set_float32_matmul_precision(before)
    assert torch.allclose(exact, lower, atol=1e-4)


def test_noise_in_super_resolution_comes_from_the_seed(generator, conditions, head):
    noisy = Generator(replace(generator.config, superres_noise="random")).eval()
    noisy.load_state_dict(generator.state_dict())
    for layer in (noisy.superresolution.block0, noisy.superresolution.block1):
        torch.nn.init.constant_(layer.conv1.noise_strength, 0.5)
    other = reconstruct(noisy, conditions, head.settings)
    views = [other.view(CAMERAS[0], seed=seed).image for seed in (1, 1, 2)]
    assert torch.equal(views[0], views[1]) and not torch.equal(views[0], views[2])


def test_conditions_of_another_precision_are_brought_along(generator, conditions, head):
    wide = reconstruct(generator, {k: v.double() for k, v in conditions.items()}, head.settings)
    assert torch.equal(wide.planes, head.planes)


@pytest.mark.parametrize("seed", [-1, 2**70])
def test_seeds_out_of_range_are_refused(head, generator, seed):
    with pytest.raises(ConfigError, match="seed"):
        head.view(CAMERAS[0], seed=seed)
    with pytest.raises(ConfigError, match="seed"):
        generator.latents([seed])


@pytest.mark.parametrize(
    "options",
    [
        {"coarse_samples": 1},
        {"fine_samples": -1},
        {"volume_resolution": 100_000},
        {"noise_mode": "Const"},
        {"seed": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(options, unchecked):
    with pytest.raises(ConfigError, match="expected"):
        Settings(**options)


def test_words_that_are_misspelt_are_refused(generator, conditions, head, unchecked):
    with pytest.raises(ConfigError, match="papr"):
        head.mesh("papr")
    with pytest.raises(ConfigError, match="Const"):
        generator.planes(head.ws, conditions, noise_mode="Const")


def test_half_precision_is_refused_where_it_would_overflow(generator, conditions, unchecked):
    half = Generator(generator.config).half().eval()
    with pytest.raises(ShapeError, match="float16"):
        reconstruct(half, conditions)


def test_the_papers_volume_takes_a_crop_of_nothing_for_a_crop(head):
    """Oracle: its sheared grid passes the box, and those points are cut."""
    settings = replace(head.settings, clouds=Clouds(crop_m=0.0, cull=0.5))
    grid = head.looked_at(settings).volume("paper")
    assert (grid.raw[-1, 1:] == -1000).all() and (grid.raw[0] > -1000).all()
    assert (head.looked_at(settings).volume("fixed").raw > -1000).all()


def test_the_front_is_rendered_once_for_its_erosion(head):
    settings = replace(head.settings, paste=PasteConfig(front_erosion=3, max_deviation_m=1e-2))
    eroded = head.looked_at(settings)
    first = eroded.view(CAMERAS[0])
    assert first.pasted is not None and first.pasted.mask_front.mean() < 1
    assert eroded.front_opacity is eroded.front_opacity
