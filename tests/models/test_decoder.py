import math

import pytest
import torch

from panic3d.models.decoder import Decoder, squash

INPUTS = 5


def build(multiplier=1.0):
    torch.manual_seed(0)
    decoder = Decoder(INPUTS, lr_multiplier=multiplier)
    with torch.no_grad():
        for name, parameter in decoder.named_parameters():
            if name.endswith("bias"):
                parameter.normal_().div_(multiplier)
    return decoder


def points(*shape):
    return torch.randn(*shape, INPUTS, generator=torch.Generator().manual_seed(1))


def slow(decoder, row, force):
    """One point, number by number."""
    numbers = decoder.state_dict()
    m = decoder.net[0].lr_multiplier

    def layer(k, row):
        weight, bias = numbers[f"net.{k}.weight"].tolist(), numbers[f"net.{k}.bias"].tolist()
        return [
            sum(w * m / math.sqrt(len(row)) * x for w, x in zip(weights, row, strict=True)) + b * m
            for weights, b in zip(weight, bias, strict=True)
        ]

    hidden = [math.log1p(math.exp(y)) for y in layer(0, row.tolist())]
    density, *logits = layer(2, hidden)
    margin = 0.0 if force else 0.001
    squashed = [(1 + 2 * margin) / (1 + math.exp(-y)) - margin for y in logits]
    return squashed, density


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
@pytest.mark.parametrize("force", [True, False])
def test_a_point_is_decoded_by_its_formula(multiplier, force):
    """Oracle: loops."""
    decoder = build(multiplier)
    rows = points(4)
    value, density = decoder(rows, force_sigmoid=force)
    for k, row in enumerate(rows):
        colours, raw = slow(decoder, row, force)
        assert value[k].tolist() == pytest.approx(colours, abs=1e-5)
        assert density[k].item() == pytest.approx(raw, abs=1e-4)


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
@pytest.mark.parametrize("force", [True, False])
def test_the_folded_decoder_is_the_plain_one(multiplier, force):
    """Oracle: plain twin."""
    decoder = build(multiplier)
    rows = points(100)
    with torch.no_grad():
        value, density = decoder(rows, force_sigmoid=force)
    folded = decoder.folded(force_sigmoid=force)
    hidden = folded.hidden(rows)
    torch.testing.assert_close(folded.value(hidden), value)
    torch.testing.assert_close(folded.density(hidden), density)


@pytest.mark.parametrize(("force", "low", "high"), [(True, 0.0, 1.0), (False, -0.001, 1.001)])
def test_colours_end_where_their_sigmoid_ends(force, low, high):
    """Oracle: the sigmoid's limits; the widened one reaches 0.001 further."""
    ends = squash(torch.tensor([-1e4, 0.0, 1e4]), force)
    assert ends.tolist() == pytest.approx([low, 0.5, high], abs=1e-7)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (0,)])
def test_any_number_of_axes_is_decoded_point_by_point(shape):
    """Oracle: the flat call."""
    decoder, rows = build(), points(*shape)
    value, density = decoder(rows)
    assert value.shape == (*shape, 32) and density.shape == shape
    flat_value, flat_density = decoder(rows.reshape(-1, INPUTS))
    torch.testing.assert_close(value.reshape(-1, 32), flat_value)
    torch.testing.assert_close(density.reshape(-1), flat_density)
