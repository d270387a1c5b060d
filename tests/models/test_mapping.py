import math

import pytest
import torch

from panic3d.errors import ShapeError
from panic3d.models.conditioning import parse_cond_mode
from panic3d.models.stylegan2.layers import FullyConnected, normalize_2nd_moment
from panic3d.models.stylegan2.mapping import Mapping

Z, C, W, NUM = 6, 5, 7, 4


def build(*, z_dim=Z, num_ws: int | None = NUM, layers=2, mode="none"):
    torch.manual_seed(0)
    network = Mapping(
        z_dim=z_dim,
        camera_dim=C,
        w_dim=W,
        num_ws=num_ws,
        layers=layers,
        mode=parse_cond_mode(mode),
    )
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.normal_()
        if num_ws is not None:
            network.w_avg.normal_()
    return network


def inputs(n=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, Z, generator=generator), torch.randn(n, C, generator=generator)


def normalised(row):
    mean = sum(float(v) ** 2 for v in row) / len(row)
    return [float(v) / math.sqrt(mean + 1e-8) for v in row]


def layer(network, name, row, multiplier, lrelu):
    weight, bias = network.get_parameter(f"{name}.weight"), network.get_parameter(f"{name}.bias")
    out = []
    for weights, b in zip(weight.tolist(), bias.tolist(), strict=True):
        y = sum(w * multiplier / math.sqrt(len(row)) * x for w, x in zip(weights, row, strict=True))
        y += b * multiplier
        out.append((y if y > 0 else 0.2 * y) * math.sqrt(2) if lrelu else y)
    return out


def slow(network, z, label):
    """One sample, number by number, as the original's description has it."""
    row = normalised(layer(network, "embed", label.tolist(), 1.0, lrelu=False))
    if z is not None:
        row = normalised(z.tolist()) + row
    for k in range(network.layers):
        row = layer(network, f"fc{k}", row, 0.01, lrelu=True)
    return row


@pytest.mark.parametrize("layers", [1, 2, 8])
def test_each_sample_goes_through_its_formula(layers):
    """Oracle: the network in loops, in double precision."""
    network, (z, camera) = build(layers=layers), inputs()
    ws = network(z, camera, {})
    assert ws.shape == (3, NUM, W)
    for n in range(3):
        expected = torch.tensor(slow(network, z[n], camera[n]))
        for k in range(NUM):
            torch.testing.assert_close(ws[n, k], expected, atol=1e-5, rtol=1e-4)


def test_a_network_of_the_label_alone_returns_one_vector_and_keeps_no_average():
    """Oracle: the network in loops."""
    network, (_, camera) = build(z_dim=0, num_ws=None), inputs()
    out = network(None, camera, {})
    for n in range(3):
        expected = torch.tensor(slow(network, None, camera[n]))
        torch.testing.assert_close(out[n], expected, atol=1e-5, rtol=1e-4)
    assert "w_avg" not in network.state_dict()


def test_tagger_numbers_follow_the_camera_label():
    """Oracle: the network in loops, on the longer label."""
    network, (z, camera) = build(mode="resnetcond_2"), inputs()
    features = torch.randn(3, 9, generator=torch.Generator().manual_seed(2))
    ws = network(z, camera, {"resnet_feats": features})
    for n in range(3):
        label = torch.cat([camera[n], features[n, :2]])
        expected = torch.tensor(slow(network, z[n], label))
        torch.testing.assert_close(ws[n, 0], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("psi", [0.0, 0.5, 0.7, 1.0, 1.5])
@pytest.mark.parametrize("cutoff", [None, 0, 2, NUM])
def test_truncation_draws_styles_towards_their_average(psi, cutoff):
    """Oracle: average + psi (style - average), of the first so many styles."""
    network, (z, camera) = build(), inputs()
    plain = network(z, camera, {})
    found = network(z, camera, {}, truncation_psi=psi, truncation_cutoff=cutoff)
    cut = NUM if cutoff is None else cutoff
    expected = network.w_avg + psi * (plain - network.w_avg)
    torch.testing.assert_close(found[:, :cut], expected[:, :cut], atol=1e-6, rtol=1e-5)
    assert torch.equal(found[:, cut:], plain[:, cut:])


def test_the_average_moves_by_two_thousandths_when_asked():
    """Oracle: 0.998 old + 0.002 mean of the batch."""
    network, (z, camera) = build(), inputs()
    before = network.w_avg.clone()
    ws = network(z, camera, {})
    assert torch.equal(network.w_avg, before)
    network(z, camera, {}, update_average=True)
    expected = 0.998 * before + 0.002 * ws[:, 0].detach().mean(0)
    torch.testing.assert_close(network.w_avg, expected)
    assert not network.w_avg.requires_grad


def test_samples_do_not_depend_on_each_other():
    network, (z, camera) = build(), inputs()
    whole = network(z, camera, {})
    torch.testing.assert_close(network(z[1:2], camera[1:2], {}), whole[1:2])


def test_the_length_of_a_latent_does_not_matter():
    """Oracle: invariant of the normalisation."""
    network, (z, camera) = build(), inputs()
    torch.testing.assert_close(network(z * 100, camera, {}), network(z, camera, {}))


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 5)])
def test_a_normalised_vector_has_a_mean_square_of_one(shape):
    """Oracle: invariant."""
    x = normalize_2nd_moment(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(x.square().mean(-1), torch.ones(shape[:-1]))


def test_a_vector_of_zeros_stays_one():
    assert not normalize_2nd_moment(torch.zeros(2, 3)).any()


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_a_new_layer_keeps_the_size_of_its_input(multiplier):
    """Oracle: invariant of the equalised learning rate; the stored weights have 1 / multiplier."""
    torch.manual_seed(0)
    fc = FullyConnected(400, 300, lr_multiplier=multiplier, bias_init=2.0)
    assert fc.weight.std().item() == pytest.approx(1 / multiplier, rel=0.02)
    assert torch.equal(fc.bias, torch.full((300,), 2.0))
    out = fc(torch.randn(50, 400)) - 2.0 * multiplier
    assert out.std().item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(
    ("z", "camera"),
    [((3, Z + 1), (3, C)), ((3, Z), (3, C + 1)), ((2, Z), (3, C)), ((Z,), (C,))],
)
def test_a_wrong_shape_is_refused(unchecked, z, camera):
    with pytest.raises(ShapeError):
        build()(torch.zeros(z), torch.zeros(camera), {})


@pytest.mark.parametrize(
    "conditions",
    [{}, {"resnet_feats": torch.zeros(2, 9)}, {"resnet_feats": torch.zeros(3, 1)}],
)
def test_tagger_numbers_that_do_not_fit_are_refused(conditions):
    with pytest.raises(ShapeError, match="resnet_feats"):
        build(mode="resnetcond_2")(*inputs(), conditions)
