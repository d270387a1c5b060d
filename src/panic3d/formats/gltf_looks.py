"""Materials, textures and pictures of a glTF file.

Source: glTF 2.0 specification, sections 3.8 and 3.9, and the extensions named below.
"""

from __future__ import annotations

from typing import cast

from panic3d.formats.accessors import Accessors
from panic3d.formats.container import Container
from panic3d.formats.fields import Json, flag, index, number, obj, objs, text, vector, whole
from panic3d.formats.notes import Notes
from panic3d.geometry.character import (
    AlphaMode,
    Colour,
    Material,
    Picture8,
    TextureUse,
    Wrap,
)

_WRAPS: dict[int, Wrap] = {10497: "repeat", 33071: "clamp", 33648: "mirror"}
_ALPHA_MODES = ("OPAQUE", "MASK", "BLEND")


class Looks:
    """The materials and pictures of one file."""

    def __init__(self, container: Container, accessors: Accessors, notes: Notes):
        self.container = container
        self.json = container.json
        self.accessors = accessors
        self.notes = notes
        self.images = self._images()
        self.materials = tuple(
            self._material(fields, f"materials[{i}]")
            for i, fields in enumerate(objs(self.json, "materials"))
        )

    def _images(self) -> tuple[Picture8, ...]:
        images = []
        for i, fields in enumerate(objs(self.json, "images")):
            where = f"images[{i}]"
            view = fields.get("bufferView")
            if view is not None:
                data = self.accessors.bytes_of_view(whole(fields, "bufferView", where=where))
            elif fields.get("uri") is not None:
                data = self.container.resource(text(fields, "uri", where=where), where)
            else:
                self.notes.note(f"{where} has no data")
                data = b""
            images.append(
                Picture8(
                    data=data,
                    media_type=_media_type(data),
                    name=text(fields, "name", where=where),
                )
            )
        return tuple(images)

    def texture_use(self, info: Json, where: str = "textureInfo") -> TextureUse | None:
        """Read a reference to a texture; None where there is none or its picture is missing."""
        textures = objs(self.json, "textures")
        texture = index(info, "index", len(textures), where)
        if texture is None:
            return None
        image = self.image_of_texture(texture)
        if image is None:
            return None
        extensions = obj(info, "extensions", where)
        moved = obj(extensions, "KHR_texture_transform", where)
        offset = vector(moved, "offset", (0, 0), where)
        scale = vector(moved, "scale", (1, 1), where)
        uv_set = whole(moved, "texCoord", whole(info, "texCoord", 0, where), where)
        samplers = objs(self.json, "samplers")
        place = index(textures[texture], "sampler", len(samplers), f"textures[{texture}]")
        sampler = {} if place is None else samplers[place]
        wraps = tuple(
            _WRAPS.get(whole(sampler, key, 10497, f"samplers[{place}]"), "repeat")
            for key in ("wrapS", "wrapT")
        )
        return TextureUse(
            image=image,
            uv_set=uv_set,
            offset=(offset[0], offset[1]),
            scale=(scale[0], scale[1]),
            rotation=number(moved, "rotation", 0.0, where),
            wrap=(wraps[0], wraps[1]),
            nearest=whole(sampler, "magFilter", 9729, f"samplers[{place}]") == 9728,
            mipmaps=whole(sampler, "minFilter", 9987, f"samplers[{place}]") not in (9728, 9729),
        )

    def image_of_texture(self, texture: int) -> int | None:
        """Return the picture of a texture, None if it has none that can be read."""
        textures = objs(self.json, "textures")
        if not 0 <= texture < len(textures):
            return None
        where = f"textures[{texture}]"
        extensions = obj(textures[texture], "extensions", where)
        for name in ("EXT_texture_webp", "EXT_texture_avif"):
            source = index(obj(extensions, name, where), "source", len(self.images), where)
            if source is not None:
                return source
        source = index(textures[texture], "source", len(self.images), where)
        if source is None and "KHR_texture_basisu" in extensions:
            self.notes.note(
                "textures in the KTX2 format are not read; save the model with PNG textures"
            )
        return source

    def _material(self, fields: Json, where: str) -> Material:
        extensions = obj(fields, "extensions", where)
        pbr = obj(fields, "pbrMetallicRoughness", where)
        colour_key, texture_key, colours = "baseColorFactor", "baseColorTexture", pbr
        gloss = obj(extensions, "KHR_materials_pbrSpecularGlossiness", where)
        if gloss and not pbr:
            colour_key, texture_key, colours = "diffuseFactor", "diffuseTexture", gloss
        stored = colours.get(colour_key)
        has_alpha = not (isinstance(stored, list) and len(stored) == 3)
        colour = (*vector(colours, colour_key, (1, 1, 1, 1)[: 3 + has_alpha], where), 1.0)
        mode = text(fields, "alphaMode", "OPAQUE", where)
        if mode not in _ALPHA_MODES:
            self.notes.note(f"alpha mode {mode[:20]!r} was read as OPAQUE")
            mode = "OPAQUE"
        strength = obj(extensions, "KHR_materials_emissive_strength", where)
        glow = number(strength, "emissiveStrength", 1.0, where, 0.0, 1e6)
        emissive = vector(fields, "emissiveFactor", (0, 0, 0), where)
        emissive_texture = self.notes.tried(
            f"{where}.emissiveTexture",
            lambda: self.texture_use(obj(fields, "emissiveTexture", where), where),
        )
        if emissive_texture is None and fields.get("emissiveTexture") is not None:
            glow = 0.0  # what it would have dimmed must not shine in full
        normal = obj(fields, "normalTexture", where)
        return Material(
            name=text(fields, "name", where=where),
            base_colour=(colour[0], colour[1], colour[2], colour[3]),
            base_texture=self.texture_use(obj(colours, texture_key, where), where),
            alpha_mode=cast(AlphaMode, mode),
            alpha_cutoff=number(fields, "alphaCutoff", 0.5, where),
            culling="none" if flag(fields, "doubleSided", where=where) else "back",
            unlit="KHR_materials_unlit" in extensions,
            emissive_colour=cast(Colour, tuple(glow * part for part in emissive)),
            emissive_texture=emissive_texture,
            normal_texture=self.notes.tried(
                f"{where}.normalTexture", lambda: self.texture_use(normal, where)
            ),
            normal_scale=number(normal, "scale", 1.0, where),
            metallic=number(pbr, "metallicFactor", 1.0, where, 0, 1),
            roughness=number(pbr, "roughnessFactor", 1.0, where, 0, 1),
            depth_write=mode != "BLEND",
        )


def _media_type(data: bytes) -> str:
    """Tell a picture's format by its first bytes; what the file says of it is often wrong."""
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    if data[:8] == b"\x89PNG\r\n\x1a\n" or not data:
        return "image/png"
    return "application/octet-stream"
