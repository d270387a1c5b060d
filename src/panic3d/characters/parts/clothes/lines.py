"""Where garments end: necklines, armholes, sleeves, bodices, as fields on the usual body.

A field gives about the distance in metres to the garment's border, positive where cloth is. The
same function serves vertices (to cut) and texels (to paint trims along the border).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from panic3d.characters.parts.bust_paint import Map, Places, ridge_y

Field = Callable[[Places], Map]


def high_neck(front_y: float, back_y: float) -> Field:
    """Cloth up to a ring around the neck, at heights in front and behind."""

    def field(p: Places) -> Map:
        share = np.clip((p.z + 0.045) / 0.075, 0.0, 1.0)
        found: Map = back_y + (front_y - back_y) * share - p.y
        return found

    return field


def scoop(width: float, front: float, back: float) -> Field:
    """A round neckline: half its width, and how deep it is in front and behind."""
    top = ridge_y(width) - 0.003

    def field(p: Places) -> Map:
        down = np.maximum(top - p.y, 0.0)
        depth = np.where(p.front, front, back)
        far = np.sqrt((p.x / width) ** 2 + (down / depth) ** 2)
        # Over its slope it is a distance, alike on both sides of the ridge.
        slope = np.sqrt((p.x / width**2) ** 2 + (down / depth**2) ** 2)
        reach = np.where(far > 1e-3, far / np.maximum(slope, 1e-6), np.minimum(width, depth))
        found: Map = ((far - 1) * reach).astype(np.float32)
        return found

    return field


def vee(width: float, front: float, back: float) -> Field:
    """A V in front, round behind."""
    top = ridge_y(width) - 0.003
    round_back = scoop(width, back, back)
    slope = width / front

    def field(p: Places) -> Map:
        down = np.maximum(top - p.y, 0.0)
        edge = np.maximum(width - slope * down, -0.2)
        ahead = (p.across - edge) / np.sqrt(1 + slope**2)
        found: Map = np.where(p.front, ahead, round_back(p)).astype(np.float32)
        return found

    return field


def square(width: float, front: float, back: float) -> Field:
    """A square neckline."""
    top = ridge_y(width) - 0.003

    def field(p: Places) -> Map:
        depth = np.where(p.front, front, back)
        found: Map = np.maximum(p.across - width, top - p.y - depth)
        return found

    return field


def sleeve_to(x: float) -> Field:
    """Cloth along the arm up to a distance from the middle plane."""

    def field(p: Places) -> Map:
        found: Map = x - p.across
        return found

    return field


def sleeve_from(x: float) -> Field:
    """Cloth along the arm from a distance on."""

    def field(p: Places) -> Map:
        found: Map = p.across - x
        return found

    return field


def armhole(x: float, cut_in: float = 0.012) -> Field:
    """Sleeveless: cloth up to the shoulder, cut in a little between ridge and armpit."""

    def field(p: Places) -> Map:
        mid = np.exp(-(((p.y + 0.118) / 0.026) ** 2))
        found: Map = x - cut_in * mid - p.across
        return found

    return field


def below(front_y: float, back_y: float, peak: float = 0.0, peak_x: float = 0.05) -> Field:
    """A bodice's upper edge: heights in front and behind, higher by `peak` over each breast."""

    def field(p: Places) -> Map:
        level = np.where(p.front, front_y, back_y)
        rise = peak * np.exp(-(((p.across - peak_x) / 0.030) ** 2)) * p.front
        side = np.clip((p.across - 0.070) / 0.035, 0, 1)
        middle = (front_y + back_y) / 2
        level = level + rise * (1 - side) + side**2 * (middle - level)
        found: Map = (level - p.y).astype(np.float32)
        return found

    return field


def strap(x: float, width: float, lean: float = 0.0) -> Field:
    """A strap over the shoulder: its middle at the ridge, full width, lean towards the middle."""

    def field(p: Places) -> Map:
        middle = x + lean * (-0.08 - p.y)
        found: Map = width / 2 - np.abs(p.across - middle)
        return found

    return field


def strap_sides(x: float, width: float, lean: float = 0.0) -> tuple[Field, Field]:
    """The two borders of a `strap`, to be cut one after the other.

    A field with both has its ridge between vertices, where a narrow strap would be lost.
    """

    def inner(p: Places) -> Map:
        found: Map = p.across - (x + lean * (-0.08 - p.y) - width / 2)
        return found

    def outer(p: Places) -> Map:
        found: Map = x + lean * (-0.08 - p.y) + width / 2 - p.across
        return found

    return inner, outer


def halter(x: float, top_x: float) -> Field:
    """Cloth that narrows from the chest to the neck, no shoulders."""

    def field(p: Places) -> Map:
        share = np.clip((-0.075 - p.y) / 0.085, 0.0, 1.0)
        edge = top_x + (x - top_x) * share**1.5
        found: Map = edge - p.across
        return found

    return field


def either(*fields: Field) -> Field:
    """Cloth where any field has it."""

    def field(p: Places) -> Map:
        found: Map = np.maximum.reduce([f(p) for f in fields])
        return found

    return field


def both(*fields: Field) -> Field:
    """Cloth where all fields have it."""

    def field(p: Places) -> Map:
        found: Map = np.minimum.reduce([f(p) for f in fields])
        return found

    return field


def beyond(field: Field, width: float) -> Field:
    """Return a field whose border lies `width` farther out."""

    def moved(p: Places) -> Map:
        found: Map = field(p) + np.float32(width)
        return found

    return moved


def crossed(width: float, depth: float, gap: float = 0.0) -> Field:
    """A kimono's neck: a V in front whose lower end lies at `depth` below the ridge."""
    return beyond(vee(width, depth, 0.022), -gap)


def opened(half_top: float, half_bottom: float) -> Field:
    """An open front: half the opening at the neck and at the waist; the back is whole."""

    def field(p: Places) -> Map:
        share = np.clip((-0.09 - p.y) / 0.30, 0.0, 1.0)
        edge = half_top + (half_bottom - half_top) * share
        found: Map = np.where(p.front & ~p.arm, p.across - edge, 0.05).astype(np.float32)
        return found

    return field


def flap(half: float, y: float, front_tip: float, inner: Field) -> Field:
    """A sailor collar: a square down the back, pointed bands along the V in front.

    Args:
        half: half its width on back and shoulders.
        y: its lower edge on the back.
        front_tip: height of the point in front.
        inner: the neckline.
    """

    def field(p: Places) -> Map:
        top = -0.085
        share = np.clip((top - p.y) / (top - front_tip), 0.0, 1.0)
        edge = half * (1 - share**1.25)
        ahead = np.minimum(edge - p.across, p.y - front_tip)
        behind = np.minimum(half - p.across, p.y - y)
        found: Map = np.minimum(np.where(p.front, ahead, behind), inner(p)).astype(np.float32)
        return found

    return field
