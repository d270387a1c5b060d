"""What public functions demand of their tensors, said in words when it does not hold."""

from __future__ import annotations

from torch import Tensor

from panic3d.errors import ShapeError


def check_shape(name: str, tensor: Tensor, pattern: str, **sizes: int) -> dict[str, int]:
    """Match a tensor's shape against a pattern and return the size of each named axis.

    Args:
        name: what the tensor is called in the message.
        tensor: the tensor to look at.
        pattern: axes separated by spaces: a number, a name (the same name means the same size),
            or a leading ``...`` for any number of axes. Of the axes listed only N and M, batch
            and points, may be empty.
        sizes: sizes of named axes that are already known.

    Raises:
        ShapeError: the tensor is no floating-point tensor or its shape does not match.
    """
    if not isinstance(tensor, Tensor):
        raise ShapeError(
            f"{name} is a {type(tensor).__name__}, expected a torch tensor [{pattern}]: "
            "convert it with torch.as_tensor"
        )
    axes = pattern.split()
    shape = tuple(tensor.shape)
    if axes and axes[0] == "...":
        axes = axes[1:]
        shape = shape[len(shape) - len(axes) :] if len(shape) >= len(axes) else shape
    bound = dict(sizes)
    fits = len(shape) == len(axes)
    for axis, size in zip(axes, shape, strict=False):
        expected = int(axis) if axis.isdigit() else bound.setdefault(axis, size)
        may_be_empty = axis.isdigit() or axis in ("N", "M")
        fits = fits and expected == size and (size > 0 or may_be_empty)
    if not fits:
        known = ", ".join(f"{axis} = {size}" for axis, size in sizes.items())
        raise ShapeError(
            f"{name} has shape {list(tensor.shape)}, expected [{pattern.replace(' ', ', ')}]"
            f"{f' with {known}' if known else ''}: pass a tensor of that shape"
        )
    if not tensor.is_floating_point():
        raise ShapeError(
            f"{name} has dtype {tensor.dtype}, expected a floating-point tensor: call .float()"
        )
    return bound


def fitting(name: str, tensor: Tensor, like: Tensor) -> Tensor:
    """Return a tensor that broadcasts to the shape of another.

    Raises:
        ShapeError: it does not.
    """
    if not isinstance(tensor, Tensor):
        raise ShapeError(f"{name} is a {type(tensor).__name__}, expected a tensor")
    sizes = zip(tensor.shape[::-1], like.shape[::-1], strict=False)
    if tensor.ndim > like.ndim or any(size not in (1, full) for size, full in sizes):
        raise ShapeError(
            f"{name} has shape {list(tensor.shape)}, expected one that broadcasts to "
            f"{list(like.shape)}"
        )
    return tensor
