"""Putting the portrait's pixels back."""

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.pipeline.paste import PasteConfig, look_up, paste_front, sobel_norm

BOX, R, S = 0.7, 24, 96


def slow_sobel(x):
    """Pixel by pixel, (c, h, w)."""
    kx = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="edge")
    _, h, w = x.shape
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            patch = padded[:, i : i + 3, j : j + 3]
            gx, gy = (patch * kx).sum((1, 2)), (patch * kx.T).sum((1, 2))
            out[i, j] = np.sqrt((gx**2 + gy**2 + 1e-6).sum())
    return out


def test_the_sobel_norm_follows_the_slow_formula():
    """Oracle: the kernel applied pixel by pixel."""
    x = torch.rand(2, 3, 7, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert np.allclose(sobel_norm(x)[1, 0].numpy(), slow_sobel(x[1].numpy()), atol=1e-9)


def test_a_slope_has_the_worked_norm():
    """Oracle: a slope of 0.01 a pixel in one channel, worked by hand."""
    x = torch.zeros(1, 3, 5, 5)
    x[0, 1] = torch.arange(5) * 0.01
    assert sobel_norm(x)[0, 0, 2, 2].item() == pytest.approx(0.010149, abs=1e-6)


def wall(camera, z=0.05, height=None):
    """A view of a plane facing the front camera; `height` moves the left half forward."""
    rays = camera_rays(camera, R)
    t = (z - rays.origins[:, 2]) / rays.directions[:, 2]
    points = rays.origins + t[:, None] * rays.directions
    position = points.T.reshape(1, 3, R, R)
    return Rays(rays.origins[None], rays.directions[None]), position, torch.ones(1, 1, R, R)


def nothing_in_the_way(rays, marked):
    return torch.zeros(rays.origins.shape[:2])


def stitch(camera=None, look=nothing_in_the_way, front=None, **options):
    rays, position, opacity = wall(camera or Orthographic())
    front = (
        torch.rand(1, 3, S, S, generator=torch.Generator().manual_seed(1))
        if front is None
        else front
    )
    image = torch.full((1, 3, S, S), 0.5)
    config = PasteConfig(max_deviation_m=options.pop("max_deviation_m", 1e-5))
    return front, paste_front(
        image, front, position, opacity, rays, look, near_m=0.5, box_m=BOX, config=config, **options
    )


def test_a_wall_seen_from_the_front_shows_the_portrait_itself():
    """Oracle: the portrait."""
    front, pasted = stitch()
    inner = slice(4, -4)  # positions are clamped by the resize at the border
    assert pasted.mask.eq(1).all()
    assert torch.allclose(pasted.image[..., inner, inner], front[..., inner, inner], atol=1e-3)


def test_from_the_side_a_point_keeps_its_colour():
    """Oracle: the front projection of the wall's points."""
    ramp = (torch.arange(S) + 0.5) / S
    front = torch.stack([ramp.expand(S, S), ramp[:, None].expand(S, S), torch.zeros(S, S)])[None]
    camera = Perspective(azimuth_deg=30.0)
    _, position, _ = wall(camera)
    _, pasted = stitch(camera, front=front)
    fine = torch.nn.functional.interpolate(position, (S, S), mode="bilinear", align_corners=False)
    inside = (fine[0, :2].abs() < 0.3).all(0)
    assert inside.any()
    expected = torch.stack([0.5 + fine[0, 0] / BOX, 0.5 - fine[0, 1] / BOX])
    assert (pasted.image[0, :2] - expected).abs()[:, inside].max() < 1e-3


def test_what_is_hidden_from_the_front_keeps_the_render():
    def behind_something(rays, marked):
        return (rays.origins[..., 0] > 0).float()

    _, pasted = stitch(look=behind_something)
    assert pasted.mask[..., : S // 2 - 4].eq(1).all()
    assert pasted.mask[..., S // 2 + 4 :].eq(0).all()
    assert pasted.image[..., S // 2 + 4 :].eq(0.5).all()


def test_the_look_starts_in_front_of_the_point():
    """Oracle: marching starts near_m along the ray, the look 0.01 m before the point."""
    seen = []

    def look(rays, marked):
        seen.append(rays)
        return nothing_in_the_way(rays, marked)

    stitch(look=look)
    (rays,) = seen
    assert torch.allclose(rays.origins[..., 2] + 0.5, torch.tensor(0.05 + 0.01), atol=1e-6)
    assert rays.directions.unique(dim=1).tolist() == [[[0.0, 0.0, 1.0]]]


@pytest.mark.parametrize("camera", [Orthographic(azimuth_deg=20.0), Perspective(azimuth_deg=-40.0)])
def test_asking_only_where_it_matters_changes_no_pixel(camera):
    """Oracle: the same, asked everywhere."""
    generator = torch.Generator().manual_seed(3)
    rays, position, opacity = wall(camera)
    opacity = (torch.rand(1, 1, R, R, generator=generator) > 0.3).float()
    hidden = torch.rand(1, R * R, generator=generator)
    asked = []

    def look(_, marked):
        asked.append(int(marked.sum()))
        return hidden * 0.1

    image, front = torch.rand(2, 1, 3, S, S, generator=generator).unbind(0)
    results = [
        paste_front(
            image, front, position, opacity, rays, look, near_m=0.5, box_m=BOX,
            config=PasteConfig(max_deviation_m=1e-5), everywhere=everywhere,
        ).image
        for everywhere in (True, False)
    ]  # fmt: skip
    assert torch.equal(*results)
    assert asked[1] < asked[0] == R * R


def test_positions_off_their_rays_are_not_trusted():
    _, pasted = stitch(max_deviation_m=0.0)
    assert pasted.mask.eq(0).all()


def test_erosion_keeps_clear_of_the_front_silhouette():
    solid = torch.zeros(1, 1, R, R)
    solid[..., 6:18, 6:18] = 1
    rays, position, opacity = wall(Orthographic())
    image, front = torch.zeros(1, 3, S, S), torch.ones(1, 3, S, S)

    def covered(erosion):
        pasted = paste_front(
            image, front, position, opacity, rays, nothing_in_the_way, near_m=0.5, box_m=BOX,
            config=PasteConfig(max_deviation_m=1e-5, front_erosion=erosion), front_opacity=solid,
        )  # fmt: skip
        return float(pasted.mask_front.mean()) * R * R

    assert covered(3) == pytest.approx(100, abs=2)
    assert covered(5) == pytest.approx(64, abs=2)


def test_looking_up_outside_takes_the_border():
    front = torch.zeros(1, 1, 4, 4)
    front[..., -1] = 1
    position = torch.tensor([5.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    assert look_up(front, position, BOX).item() == 1


def test_bad_thresholds_and_shapes_are_refused(unchecked):
    with pytest.raises(ConfigError, match="max_edge"):
        PasteConfig(max_edge=-1.0)
    with pytest.raises(ConfigError, match="front_opacity"):
        rays, position, opacity = wall(Orthographic())
        image = torch.zeros(1, 3, S, S)
        paste_front(
            image, image, position, opacity, rays, nothing_in_the_way, near_m=0.5, box_m=BOX,
            config=PasteConfig(front_erosion=3),
        )  # fmt: skip
    with pytest.raises(ShapeError, match="front"):
        paste_front(
            image, image[..., :9], position, opacity, rays, nothing_in_the_way, near_m=0.5,
            box_m=BOX,
        )  # fmt: skip
