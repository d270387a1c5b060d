"""Pictures made square of another size, with more or less of a filter against aliasing.

Source: EG3D (arXiv:2112.07945), section 4.4: what a dual discriminator compares must be filtered
alike. The modes are those of the recorded losses of PAniC-3D.
"""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from panic3d.checks import check_shape
from panic3d.config import check_choice
from panic3d.errors import ConfigError
from panic3d.ops.upfirdn import make_filter, upfirdn2d, upsample2d

Resizing = Literal["antialiased", "classic", "none"] | float
"""``antialiased``: bilinear, its kernel as wide as a new pixel. ``none``: bilinear between the
nearest pixels. ``classic``: doubled and, at the end, halved by the FIR filter of StyleGAN, bilinear
in between. A number goes so far from ``none`` (0) to ``antialiased`` (1)."""


def check_resizing(how: Resizing) -> None:
    """Refuse what is no way to resize.

    Raises:
        ConfigError: it is not.
    """
    if isinstance(how, str):
        check_choice("resizing", how, ("antialiased", "classic", "none"))
    elif not 0 <= how <= 1:
        raise ConfigError(f"resizing is {how}, expected a word, or a number from 0 to 1")


def resized_square(
    picture: Float[Tensor, "n c h w"], size: int, how: Resizing = "antialiased"
) -> Float[Tensor, "n c size size"]:
    """Resize pictures to squares.

    Args:
        picture: any range.
        size: pixels each way.
        how: see `Resizing`.

    Raises:
        ShapeError: it is no batch of pictures.
        ConfigError: there is no such way.
    """
    check_shape("picture", picture, "N C H W")
    check_resizing(how)
    if how == "antialiased":
        return _bilinear(picture, size, True)
    if how == "none":
        return _bilinear(picture, size, False)
    if how == "classic":
        # Two pixels more than twice: the filter that halves finds its border there.
        kernel = make_filter().to(picture)
        return upfirdn2d(_bilinear(upsample2d(picture), 2 * size + 2, False), kernel, down=2)
    assert isinstance(how, int | float)
    plain, smooth = (_bilinear(picture, size, wide) for wide in (False, True))
    return plain.lerp(smooth, float(how))


def _bilinear(picture: Tensor, size: int, wide: bool) -> Tensor:
    return functional.interpolate(
        picture, (size, size), mode="bilinear", align_corners=False, antialias=wide
    )
