"""Rendering fields along rays."""

from dataclasses import replace

import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.cameras import NAMED_VIEWS, Orthographic, Perspective
from panic3d.geometry.rays import camera_rays
from panic3d.render.composite import EMPTY, SOLID
from panic3d.render.density_grid import alive, sample_grid
from panic3d.render.march import March
from panic3d.render.occupancy import occupancy_of_grid
from panic3d.render.sampling import midpoint_uniforms
from panic3d.render.volume import Clouds, draw_uniforms, ray_opacity, render_rays

from .scenes import Balls, one_ball

MARCH = March(box_m=0.7, coarse_samples=48, fine_samples=48)
VIEWS = [*NAMED_VIEWS.values(), Perspective(azimuth_deg=40.0, elevation_deg=20.0)]


def render(field, camera, resolution=24, march=MARCH, **options):
    rays = camera_rays(camera, resolution)
    uniforms = midpoint_uniforms(
        len(rays.origins), march.coarse_samples, march.fine_samples, rays.origins
    )
    return rays, render_rays(field, *rays, march, uniforms, **options)


@pytest.mark.parametrize("camera", VIEWS)
def test_a_solid_ball_is_seen_where_geometry_says(camera):
    """Oracle: the intersection of a ray with a sphere."""
    fine = replace(MARCH, coarse_samples=96, fine_samples=96)
    rays, seen = render(one_ball(0.2, steepness=1e6), camera, march=fine)
    along = -(rays.origins * rays.directions).sum(-1)
    miss = (rays.origins + along[:, None] * rays.directions).norm(dim=-1)
    hit, clear = miss < 0.19, miss > 0.21
    assert hit.any() and clear.any()
    expected = along - (0.2**2 - miss.square()).clamp(min=0).sqrt()
    assert (seen.depth - expected)[hit].abs().max() < 0.01
    assert seen.opacity[hit].min() > 0.999
    assert seen.opacity[clear].max() < 1e-4
    surface = rays.origins + expected[:, None] * rays.directions
    assert (seen.position - surface)[hit].abs().max() < 0.01
    assert (seen.value[clear] == 1).all()
    # Positions carry the white background like a colour.
    assert torch.allclose(seen.position[clear], torch.ones(3), atol=1e-3)


def test_without_a_white_background_nothing_is_added():
    _, seen = render(one_ball(), NAMED_VIEWS["front"], march=replace(MARCH, white_background=False))
    empty = seen.opacity == 0
    assert seen.position[empty].eq(0).all() and seen.value[empty].eq(-1).all()


def test_the_depth_of_an_empty_ray_is_the_largest_one_sampled():
    _, seen = render(one_ball(0.1), NAMED_VIEWS["front"])
    assert seen.depth[seen.opacity == 0].unique().tolist() == [
        pytest.approx(1.5 + 0.5 / 47, abs=1e-6)
    ]


def scattered(seed, count=12):
    generator = torch.Generator().manual_seed(seed)
    # Inside the crop: a sliver that the crop leaves of a ball may be thinner than a grid's step.
    centres = (torch.rand(count, 3, generator=generator) - 0.5) * torch.tensor([0.42, 0.6, 0.42])
    return Balls(centres, 0.03, steepness=20000.0)


@pytest.mark.parametrize("camera", VIEWS)
@pytest.mark.parametrize("seed", range(3))
def test_skipping_what_is_empty_changes_no_picture(camera, seed):
    """Oracle: the same render that looks everywhere."""
    field, clouds = scattered(seed), Clouds(crop_m=0.1, cull=0.5)
    grid = sample_grid(field, 64, 0.7, "fixed", clouds=clouds)
    occupancy = occupancy_of_grid(alive(grid, clouds), 0.7, cells=32, grow=1)
    field.asked = 0
    _, everywhere = render(field, camera, clouds=clouds)
    slow, field.asked = field.asked, 0
    _, skipping = render(field, camera, clouds=clouds, occupancy=occupancy)
    assert field.asked < slow / 2
    for ours, theirs in zip(skipping, everywhere, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("camera", VIEWS)
def test_cropped_rays_see_what_a_cropped_field_shows(camera):
    """Oracle: a field that is empty outside the crop by itself."""
    inner, clouds = scattered(5), Clouds(crop_m=0.1)
    inner.centres *= 1.4  # some of them across the border

    class Cut(Balls):
        def density(self, points):
            raw = super().density(points)
            beyond = (points[:, 0].abs() > 0.25) | (points[:, 2].abs() > 0.25)
            return torch.where(beyond, EMPTY, raw)

    cut = Cut(inner.centres, inner.radius, inner.steepness)
    for ours, theirs in zip(
        render(inner, camera, clouds=clouds)[1], render(cut, camera)[1], strict=True
    ):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_the_crop_keeps_its_faces_and_ignores_y():
    points = torch.tensor(
        [[0.25, 0.0, 0.0], [0.2500001, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, -0.26]]
    )
    inside = Clouds(crop_m=0.1).inside(points, 0.7)
    assert inside is not None and inside.tolist() == [True, False, True, False]
    assert Clouds(crop_m=0.0).inside(points, 0.7) is None


def test_culling_empties_and_binarising_also_fills():
    raw = torch.tensor([-5.0, 0.59, 0.6, 0.99, 1.01, 7.0])
    assert Clouds(cull=0.5).thin_out(raw).tolist() == [EMPTY] * 4 + raw[4:].tolist()
    assert Clouds(cull=0.9, binarize=0.4).thin_out(raw).tolist() == [EMPTY] * 2 + [SOLID] * 4
    assert Clouds().thin_out(raw) is raw


def test_opacity_alone_equals_the_opacity_of_a_render():
    field, clouds = scattered(3), Clouds(crop_m=0.1, cull=0.5)
    rays, seen = render(field, NAMED_VIEWS["left"], clouds=clouds)
    uniforms = midpoint_uniforms(len(rays.origins), 48, 48, rays.origins)
    found = ray_opacity(field, rays.origins, rays.directions, MARCH, uniforms, clouds=clouds)
    assert torch.allclose(found, seen.opacity, atol=1e-6)


def test_a_ray_does_not_depend_on_the_others():
    rays = camera_rays(NAMED_VIEWS["front"], 16)
    uniforms = draw_uniforms(MARCH, 256, rays.origins, torch.Generator().manual_seed(1), True)
    whole = render_rays(scattered(1), *rays, MARCH, uniforms)
    some = torch.arange(40, 200, 7)
    part = render_rays(
        scattered(1), rays.origins[some], rays.directions[some], MARCH, uniforms.take(some)
    )
    assert torch.allclose(part.value, whole.value[some], atol=1e-6)


def test_coarse_samples_alone_suffice():
    _, seen = render(one_ball(), NAMED_VIEWS["front"], march=replace(MARCH, fine_samples=0))
    assert seen.opacity.max() > 0.99


def test_no_rays_give_an_empty_result():
    nothing = torch.zeros(0, 3)
    uniforms = midpoint_uniforms(1, 48, 48, nothing).take(slice(0, 0))
    assert ray_opacity(one_ball(), nothing, nothing, MARCH, uniforms).shape == (0,)


def test_gradients_reach_the_field():
    class Tinted(Balls):
        tint = torch.zeros((), requires_grad=True)
        swell = torch.zeros((), requires_grad=True)

        def density(self, points):
            return super().density(points) * 1e-2 + self.swell

        def value(self, points):
            return super().value(points) + self.tint

    field = Tinted(torch.zeros(1, 3), 0.2)
    _, seen = render(field, NAMED_VIEWS["front"], resolution=8)
    seen.value.sum().backward()
    assert field.tint.grad is not None and field.tint.grad > 1
    assert field.swell.grad is not None and field.swell.grad.abs() > 1e-3


def test_density_noise_is_seeded():
    def noisy(seed):
        march = replace(MARCH, density_noise=5.0)
        generator = torch.Generator().manual_seed(seed)
        return render(one_ball(), NAMED_VIEWS["front"], march=march, generator=generator)[1]

    assert torch.equal(noisy(1).value, noisy(1).value)
    assert not torch.equal(noisy(1).value, noisy(2).value)


def test_double_precision_follows_the_inputs():
    rays = camera_rays(Orthographic(), 8)
    origins, directions = (x.double() for x in rays)
    uniforms = midpoint_uniforms(64, 48, 48, origins)
    seen = render_rays(one_ball(), origins, directions, MARCH, uniforms)
    assert {x.dtype for x in seen} == {torch.float64}


@pytest.mark.parametrize("options", [{"crop_m": -0.1}, {"cull": 1.5}, {"binarize": -1.0}])
def test_clouds_out_of_range_are_refused(options):
    with pytest.raises(ConfigError, match="expected"):
        Clouds(**options)


def test_wrong_shapes_are_refused_in_words(unchecked):
    rays = camera_rays(Orthographic(), 4)
    uniforms = midpoint_uniforms(16, 48, 48, rays.origins)
    with pytest.raises(ShapeError, match="directions"):
        render_rays(one_ball(), rays.origins, rays.directions[:3], MARCH, uniforms)
    with pytest.raises(ShapeError, match=r"uniforms\.coarse"):
        render_rays(one_ball(), *rays, replace(MARCH, coarse_samples=9), uniforms)
