"""Our own generator: shapes, planes that agree with the sampler's axes, fields."""

import json
from dataclasses import replace

import pytest
import torch

from panic3d.config import from_dict, to_dict
from panic3d.errors import ConfigError, ShapeError
from panic3d.models.cut_field import CutField
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.fields import PlaneField, TableField
from panic3d.models.raw_density import SHARPNESS, raw_density
from panic3d.render.composite import unit_opacity

SMALL = FeedForwardConfig(
    image_size=32, channels=(8, 8, 16, 16), blocks=(0, 1, 1, 1), plane_width=4, side_width=16
)


def small(seed=0):
    torch.manual_seed(seed)
    return FeedForward(SMALL).eval()


def test_the_full_network_fits_five_megabytes_in_half_precision():
    with torch.device("meta"):
        network = FeedForward(FeedForwardConfig())
    count = sum(p.numel() for p in network.parameters())
    assert 2_200_000 < count < 2_490_000
    assert not list(network.buffers())


def test_planes_have_the_samplers_layout():
    network, portrait = small(), torch.rand(2, 4, 32, 32)
    planes = network.planes(portrait)
    assert planes.shape == (2, SMALL.plane_channels, 32, 32) and planes.dtype == torch.float32
    logits = network.logits(planes, torch.zeros(2, 7, 3))
    assert logits.shape == (2, 7, 4)


def test_what_is_at_the_pictures_top_left_is_up_and_to_the_right_of_the_subject():
    """Oracle: the front picture's axes: u is x, v is minus y. A change there moves planes there."""
    network, portrait = small(), torch.full((1, 4, 32, 32), 0.5)
    changed = portrait.clone()
    changed[..., 2:6, 2:6] = 1.0
    front = SMALL.plane_width * SMALL.plane_depth
    moved = (network.planes(changed) - network.planes(portrait)).abs()
    where = moved[0, :front].sum(0)
    row, column = divmod(int(where.argmax()), 32)
    assert column < 10 and row > 21  # rows of a plane grow with y


def test_planes_across_the_picture_keep_its_columns_and_rows():
    """Oracle: the xz plane's width is x, the yz plane's width is y; depth is their height."""
    network, portrait = small(), torch.full((1, 4, 32, 32), 0.5)
    changed = portrait.clone()
    changed[..., 26:30, 2:6] = 1.0  # x is low, y is low
    front = SMALL.plane_width * SMALL.plane_depth
    # Normalisation spreads a little everywhere, so it is the largest change that counts.
    moved = (network.planes(changed) - network.planes(portrait)).abs()[0]
    for plane in (moved[front : 2 * front], moved[2 * front :]):
        columns = plane.sum((0, 1))
        assert int(columns.argmax()) < 12


def test_both_fields_give_the_same_numbers():
    """Oracle: the differentiable twin."""
    network = small()
    points = (torch.rand(500, 3) - 0.5) * 0.69
    with torch.no_grad():
        planes = network.planes(torch.rand(1, 4, 32, 32))
        quick = network.field(planes[0])
        colours = network.logits(planes, points[None])[0]
        assert isinstance(quick, CutField) and isinstance(quick.inner, TableField)
        assert torch.allclose(quick.value(points), colours[:, 1:].sigmoid(), atol=1e-5)
        assert torch.allclose(
            quick.density(points), raw_density(colours[:, 0]), atol=1e-4 * SHARPNESS
        )
    slow = network.field(planes[0].requires_grad_())
    assert isinstance(slow, CutField) and isinstance(slow.inner, PlaneField)
    assert torch.allclose(slow.value(points), quick.value(points), atol=1e-5)


def test_a_logit_of_nothing_lies_on_the_culling_threshold():
    """Oracle: half the light is lost in a metre."""
    assert float(unit_opacity(raw_density(torch.zeros(())))) == pytest.approx(0.5)


class Solid:
    channels = 3

    def density(self, points):
        return torch.full((len(points),), 1000.0)

    def value(self, points):
        return torch.ones(len(points), 3)


def test_a_field_ends_at_its_box_and_at_the_silhouette():
    alpha = torch.zeros(1, 64, 64)
    alpha[:, :32, :32] = 1  # up and to the viewer's left, which is -x
    field = CutField(Solid(), 0.7, alpha)
    points = torch.tensor(
        [[-0.1, 0.1, 0.3], [0.1, 0.1, 0.0], [-0.1, -0.1, 0.0], [-0.1, 0.1, 0.36], [-0.36, 0.1, 0]]
    )
    assert (field.density(points) > 1).tolist() == [True, False, False, False, False]
    assert (CutField(Solid(), 0.7, None).density(points) > 1).tolist() == [
        *(True, True, True, False, False)
    ]


def test_a_configuration_survives_json():
    """Invariant: there and back."""
    assert from_dict(FeedForwardConfig, json.loads(json.dumps(to_dict(SMALL)))) == SMALL


@pytest.mark.parametrize(
    "options",
    [
        {"channels": (24, 48)},
        {"channels": (24, 48, 72, 104, 127)},
        {"image_size": 100},
        {"side_width": 4},
        {"blocks": (0, 1, 2, 2, -1)},
        {"plane_width": 0},
    ],
)
def test_sizes_that_make_no_network_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        FeedForwardConfig(**options)


def test_a_portrait_of_another_size_is_refused(unchecked):
    with pytest.raises(ShapeError, match="portrait"):
        small().planes(torch.rand(1, 4, 64, 64))


def test_a_fifth_channel_and_patches_are_read():
    """Its planes are smaller than its picture, and depend on what is inside the drawing."""
    config = replace(SMALL, image_size=64, patch=2, reads_inside=True)
    torch.manual_seed(0)
    network = FeedForward(config).eval()
    portrait = torch.rand(1, 5, 64, 64)
    planes = network.planes(portrait)
    assert planes.shape == (1, config.plane_channels, 32, 32) and config.plane_size == 32
    other = portrait.clone()
    other[:, 4] = 0
    assert not torch.equal(network.planes(other), planes)
    points = torch.zeros(1, 3, 3)
    assert torch.equal(network(portrait, points), network.logits(planes, points))
    with pytest.raises(ShapeError):
        network.planes(portrait[:, :4])
    with pytest.raises(ConfigError, match="patch"):
        replace(config, patch=3)


def test_what_the_drawing_does_not_show_is_not_cut():
    network = FeedForward(replace(SMALL, filled=True)).eval()
    planes = torch.zeros(SMALL.plane_channels, 32, 32)
    alpha, inside = torch.zeros(1, 32, 32), torch.ones(1, 32, 32)
    alpha[..., 8:24, 8:24], inside[..., :16] = 1.0, 0.0
    left, right = torch.tensor([[-0.3, 0.0, 0.0]]), torch.tensor([[0.3, 0.0, 0.0]])
    field = network.field(planes, alpha, inside)
    assert isinstance(field, CutField)
    assert field.density(right) < 1
    assert torch.equal(field.density(left), field.inner.density(left))
    z = torch.linspace(-0.35, 0.35, 200)
    shown = torch.stack([torch.full_like(z, 0.1), torch.full_like(z, 0.05), z], -1)
    assert field.density(shown).amax() > 1
