"""New characters out of openly licensed models: parts taken apart, fitted, recoloured, combined."""

from panic3d.characters.remix.make import make_remix
from panic3d.characters.remix.sources import Library

__all__ = ["Library", "make_remix"]
