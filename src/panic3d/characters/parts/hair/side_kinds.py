"""Ways to wear the hair before the ears, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SideKind:
    """A way to wear the hair before the ears."""

    reach: tuple[float, float] = (0.0, 0.0)
    """Height of the tips above the chin, metres."""
    count: tuple[int, int] = (2, 3)
    wide: tuple[float, float] = (0.014, 0.019)
    """Half width of a lock in metres."""
    blunt: float = 0.0
    one_sided: bool = False
    """One side is much longer."""
    tags: tuple[str, ...] = ()


SIDES: dict[str, SideKind] = {
    "none": SideKind(count=(0, 0)),
    "short": SideKind(reach=(0.005, 0.035), tags=("sidelocks",)),
    "thin": SideKind(reach=(-0.05, 0.01), count=(1, 2), wide=(0.009, 0.012), tags=("sidelocks",)),
    "chin": SideKind(reach=(-0.030, 0.0), tags=("sidelocks",)),
    "long": SideKind(reach=(-0.13, -0.07), tags=("sidelocks",)),
    "very_long": SideKind(reach=(-0.30, -0.19), tags=("sidelocks", "long_sidelocks")),
    "wide": SideKind(reach=(-0.11, -0.03), count=(2, 3), wide=(0.020, 0.026), tags=("sidelocks",)),
    "asymmetrical": SideKind(
        reach=(-0.14, -0.05), one_sided=True, tags=("asymmetrical_sidelocks", "sidelocks")
    ),
    "hime": SideKind(
        reach=(-0.004, 0.022), count=(2, 2), wide=(0.016, 0.021), blunt=0.9, tags=("sidelocks",)
    ),
}
