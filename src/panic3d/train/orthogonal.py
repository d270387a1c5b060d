"""Muon: steps along the momentum's nearest orthogonal matrix, for the large weights of a network.

A gradient's matrix has few directions that are strong and many that are weak; made orthogonal,
all of them are learned alike. What is no matrix, or a small one, is left to Adam.

Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; steps as long
as Adam's after Liu et al. 2025 (arXiv:2502.16982). torch.optim.Muon takes matrices alone, and ours
are convolutions'.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

ROWS, COLUMNS = 32, 64
"""Smallest matrix, either way round, that is learned so."""
MOMENT = "exp_avg"
"""What the state calls the momentum; Adam's first moment has that name, too."""
_ROUNDS = 5
_CUBIC = (3.4445, -4.7750, 2.0315)
"""Of x, x^3 and x^5: in five rounds singular values from 0.005 to 1 come to 0.7 to 1.2."""
_LIKE_ADAM = 0.2
"""Root mean square of Adam's usual steps, as a share of its learning rate."""


class Muon(torch.optim.Optimizer):
    """Steps along what is orthogonal."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95
    ) -> None:
        """Take what is learned.

        Args:
            parameters: of at least two axes; the first is that of outputs.
            lr: learning rate, to be chosen like Adam's.
            momentum: of the gradient's running sum.
        """
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step along the gradients that are there."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if MOMENT not in state:
                    state[MOMENT] = torch.zeros_like(parameter)
                moment = state[MOMENT].mul_(group["momentum"]).add_(parameter.grad)
                ahead = parameter.grad + group["momentum"] * moment
                matrix = ahead.reshape(len(ahead), -1).float()
                long = _LIKE_ADAM * max(matrix.shape) ** 0.5
                along = orthogonal(matrix).reshape(ahead.shape)
                parameter.add_(along.to(parameter), alpha=-group["lr"] * long)


def orthogonal(matrix: Float[Tensor, "r c"]) -> Float[Tensor, "r c"]:
    """Return about the nearest matrix whose singular values are all 1; they come to 0.7 to 1.2.

    Newton-Schulz iterations on the products of the shorter side's vectors, which are far smaller
    than the matrix.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.mT).mT
    unit = matrix / matrix.norm().clamp_min(1e-7)
    products = unit @ unit.mT
    found = torch.eye(len(unit), dtype=unit.dtype, device=unit.device)
    first, third, fifth = _CUBIC
    for _ in range(_ROUNDS):
        factor = third * products + fifth * (products @ products)
        factor.diagonal().add_(first)
        found = factor @ found
        products = factor @ products @ factor
    return found @ unit


def matrices(network: nn.Module) -> list[nn.Parameter]:
    """Return the weights of a network's convolutions that are large enough for `Muon`."""
    found = []
    for parameter in network.parameters():
        sides = sorted((len(parameter), parameter[0].numel())) if parameter.ndim > 2 else (0, 0)
        if sides[0] >= ROWS and sides[1] >= COLUMNS:
            found.append(parameter)
    return found
