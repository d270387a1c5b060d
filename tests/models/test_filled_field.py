"""Holes of a field within the portrait's figure are filled; nothing else changes."""

import torch

from panic3d.models.cut_field import CutField
from panic3d.models.filled_field import WANTED, filled
from panic3d.models.raw_density import SHARPNESS, raw_density

BOX = 0.7


class HoledBall:
    """A ball around the origin that a square tube along z is missing from."""

    channels = 3

    def density(self, points):
        ball = (0.2 - points.norm(dim=-1)) * 100
        tube = (points[:, :2].abs().amax(-1) - 0.03) * 100
        return raw_density(torch.minimum(ball, tube))

    def value(self, points):
        return points.abs()


def disc(size=128, radius_m=0.2):
    along = ((torch.arange(size) + 0.5) / size - 0.5) * BOX
    return ((along[None] ** 2 + along[:, None] ** 2) < radius_m**2).float()[None]


def columns(field, x, y, count=400):
    z = torch.linspace(-BOX / 2, BOX / 2, count)
    points = torch.stack(
        [x[:, None].expand(-1, count), y[:, None].expand(-1, count), z.expand(len(x), -1)], -1
    )
    return field.density(points.reshape(-1, 3)).reshape(len(x), count), z


def test_something_stands_on_every_covered_ray():
    """Property, at rays of its own choosing; and near where the surface around the hole is."""
    field = filled(HoledBall(), BOX, disc(), torch.zeros(()))
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.rand(300, generator=generator) - 0.5) * 0.05, torch.zeros(300)
    assert (columns(HoledBall(), x, y)[0] < 1).all()
    raw, z = columns(field, x, y)
    assert (raw.amax(1) > 1).all()
    assert (raw.amax(1) < 1 + SHARPNESS * (WANTED + 1.0)).all()
    stand = z[raw.argmax(1)]
    assert stand.std() < 0.02  # a patch, no dust


def test_whole_rays_and_colours_stay_as_they_are():
    field, inner = filled(HoledBall(), BOX, disc(), torch.zeros(())), HoledBall()
    assert field is not None
    points = (torch.rand(4000, 3, generator=torch.Generator().manual_seed(1)) - 0.5) * BOX
    far = points[:, :2].abs().amax(-1) > 0.03 + 3 * BOX / 128
    beyond = points[:, :2].norm(dim=-1) < 0.17
    where = far & beyond
    assert torch.equal(field.density(points)[where], inner.density(points)[where])
    assert torch.equal(field.value(points), inner.value(points))


def test_nothing_is_filled_where_nothing_is_missing_or_known():
    like = torch.zeros(())
    assert filled(HoledBall(), BOX, torch.zeros(1, 64, 64), like) is None
    ring = disc() - disc(radius_m=0.06)
    small = disc(radius_m=0.16) * ring
    assert filled(HoledBall(), BOX, small, like) is None


def test_it_is_cut_like_any_field():
    field = filled(HoledBall(), BOX, disc(), torch.zeros(()))
    assert field is not None
    cut = CutField(field, BOX, disc(radius_m=0.1))
    assert (columns(cut, torch.tensor([0.0]), torch.tensor([0.15]))[0] < 1).all()
    assert (columns(cut, torch.tensor([0.0]), torch.tensor([0.0]))[0] > 1).any()
