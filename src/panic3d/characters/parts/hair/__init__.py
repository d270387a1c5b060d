"""Procedural hair: a scalp, a fringe, sidelocks, a back, extras; from a design and by chance."""

from panic3d.characters.parts.hair.choose import draw_hair_design, hair_tags
from panic3d.characters.parts.hair.design import HairDesign
from panic3d.characters.parts.hair.families import FAMILIES
from panic3d.characters.parts.hair.make import Hair, make_hair
from panic3d.characters.parts.hair.ties import HairAnchor

__all__ = [
    "FAMILIES",
    "Hair",
    "HairAnchor",
    "HairDesign",
    "draw_hair_design",
    "hair_tags",
    "make_hair",
]
