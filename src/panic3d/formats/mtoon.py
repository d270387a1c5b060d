"""MToon: the toon materials of VRM 0.x and 1.0, from each to memory and back.

In memory they are those of VRMC_materials_mtoon-1.0; parameters of VRM 0.x are converted as the
published migration of the VRM consortium defines. Sources: VRMC_materials_mtoon-1.0 and the
properties of the shader VRM/MToon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from panic3d.formats.fields import Json, number, obj, text, vector, whole
from panic3d.geometry.character import (
    AlphaMode,
    Colour,
    Culling,
    Material,
    TextureUse,
    Toon,
)

SHADER = "VRM/MToon"
EXTENSION = "VRMC_materials_mtoon"

_OUTLINE_MODES = ("none", "worldCoordinates", "screenCoordinates")
_CULLINGS: tuple[Culling, ...] = ("none", "front", "back")
_BLEND_MODES: tuple[tuple[AlphaMode, bool], ...] = (
    ("OPAQUE", True),
    ("MASK", True),
    ("BLEND", False),
    ("BLEND", True),
)
"""_BlendMode to alpha mode and whether depth is written."""
_UNLIT_STATES: dict[str, tuple[AlphaMode, bool]] = {
    "VRM/UnlitTexture": ("OPAQUE", True),
    "VRM/UnlitCutout": ("MASK", True),
    "VRM/UnlitTransparent": ("BLEND", False),
    "VRM/UnlitTransparentZWrite": ("BLEND", True),
}
"""What the shaders without lights do by their names."""
_QUEUES = (2000, 2450, 3000, 2501)
"""Unity's render queue of each _BlendMode."""
_UNLIT_SHADERS = {"OPAQUE": "UnlitTexture", "MASK": "UnlitCutout", "BLEND": "UnlitTransparent"}
_CENTIMETRE = 0.01
_SCREEN_SHARE = 0.5  # VRM 0.x counts half the screen's height


def linear_from_srgb(colour: Sequence[float]) -> tuple[float, ...]:
    """Decode sRGB values; those below 0 or above 1 follow the curve on."""
    return tuple(
        value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
        for value in colour
    )


def srgb_from_linear(colour: Sequence[float]) -> tuple[float, ...]:
    """Encode linear values as sRGB; the inverse of `linear_from_srgb`."""
    return tuple(
        value * 12.92 if value <= 0.04045 / 12.92 else float(1.055 * value ** (1 / 2.4) - 0.055)
        for value in colour
    )


def _bounded(value: float) -> float:
    return min(max(value, 0.0), 1.0)


# VRM 0.x


def _is_ours(properties: Json) -> bool:
    return text(properties, "shader", where="materialProperties").startswith("VRM/")


def colour_from_vrm0(properties: Json) -> tuple[float, float, float, float] | None:
    """Return the colour that a VRM viewer shows, linear; None if glTF's own holds."""
    vectors = obj(properties, "vectorProperties", "materialProperties")
    if not _is_ours(properties) or vectors.get("_Color") is None:
        return None
    stored = vector(vectors, "_Color", (1, 1, 1, 1), "vectorProperties")
    red, green, blue = linear_from_srgb([min(max(value, 0.0), 1000.0) for value in stored[:3]])
    return red, green, blue, stored[3]


def is_unlit_in_vrm0(properties: Json) -> bool:
    """Say whether an entry of materialProperties has one of the shaders without lights."""
    return text(properties, "shader", where="materialProperties") in _UNLIT_STATES


def culling_from_vrm0(properties: Json) -> Culling | None:
    """Return the side that is not drawn; None if glTF's flag holds."""
    floats = obj(properties, "floatProperties", "materialProperties")
    if not _is_ours(properties) or floats.get("_CullMode") is None:
        return None
    return _CULLINGS[int(number(floats, "_CullMode", 2, "floatProperties", 0, 2))]


def alpha_from_vrm0(properties: Json) -> tuple[AlphaMode, float, bool, int] | None:
    """Return alpha mode, cutoff, whether depth is written, and the place among blended materials.

    None if glTF's own hold.
    """
    floats = obj(properties, "floatProperties", "materialProperties")
    shader = text(properties, "shader", where="materialProperties")
    if shader in _UNLIT_STATES:
        mode, depth_write = _UNLIT_STATES[shader]
        kind = _BLEND_MODES.index((mode, depth_write))
    elif _is_ours(properties) and floats.get("_BlendMode") is not None:
        kind = int(number(floats, "_BlendMode", 0, "floatProperties", 0, 3))
        mode, depth_write = _BLEND_MODES[kind]
    else:
        return None
    queue = whole(properties, "renderQueue", -1, "materialProperties", low=-1, high=1 << 20)
    order = queue - _QUEUES[kind] if queue >= 0 and mode == "BLEND" else 0
    cutoff = number(floats, "_Cutoff", 0.5, "floatProperties", 0, 1)
    return mode, cutoff, depth_write, order


def uv_from_vrm0(
    properties: Json,
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return offset and scale of all textures in glTF's terms; None if glTF's own hold."""
    vectors = obj(properties, "vectorProperties", "materialProperties")
    if not _is_ours(properties) or vectors.get("_MainTex") is None:
        return None
    ox, oy, sx, sy = vector(vectors, "_MainTex", (0, 0, 1, 1), "vectorProperties")
    return (ox, 1 - oy - sy), (sx, sy)  # Unity counts v from the bottom


def toon_from_vrm0(
    properties: Json, texture_use: Callable[[int], TextureUse | None]
) -> Toon | None:
    """Read an entry of materialProperties; None if its shader is not MToon.

    Args:
        properties: the file's.
        texture_use: index of a texture to how it is looked up.

    Raises:
        DecodeError: a field is of the wrong type.
    """
    where = "materialProperties"
    if text(properties, "shader", where=where) != SHADER:
        return None
    floats = obj(properties, "floatProperties", where)
    vectors = obj(properties, "vectorProperties", where)
    textures = obj(properties, "textureProperties", where)

    def value(
        key: str, default: float | int, low: float | int = -1e6, high: float | int = 1e6
    ) -> float:
        return number(floats, key, default, where, low, high)

    def colour(key: str, default: Colour) -> Colour:
        stored = vectors.get(key)
        length = len(stored) if isinstance(stored, list) and len(stored) in (3, 4) else 4
        found = vector(vectors, key, (*default, 1.0)[:length], where)
        clipped = [min(max(part, 0.0), 1000.0) for part in found[:3]]
        return cast(Colour, linear_from_srgb(clipped))

    def texture(key: str) -> TextureUse | None:
        place = whole(textures, key, -1, where, low=-1)
        return None if place < 0 else texture_use(place)

    toony, shift = value("_ShadeToony", 0.9, 0, 1), value("_ShadeShift", 0.0, -1, 1)
    low, high = shift, shift + (1 - shift) * (1 - toony)
    mode = _OUTLINE_MODES[int(value("_OutlineWidthMode", 0, 0, 2))]
    width = value("_OutlineWidth", 0.5, 0, 1e3) * _CENTIMETRE
    matcap = texture("_SphereAdd")
    return Toon(
        shade_colour=colour("_ShadeColor", (0.97, 0.81, 0.86)),
        shade_texture=texture("_ShadeTexture"),
        shading_shift=-(low + high) / 2,
        shading_toony=_bounded((2 - (high - low)) / 2),
        gi_equalization=_bounded(1 - value("_IndirectLightIntensity", 0.1)),
        # A picture that is not there adds nothing.
        matcap_factor=(1.0, 1.0, 1.0) if matcap is not None else (0.0, 0.0, 0.0),
        matcap_texture=matcap,
        rim_colour=colour("_RimColor", (0.0, 0.0, 0.0)),
        rim_texture=texture("_RimTexture"),
        rim_lighting_mix=value("_RimLightingMix", 0.0, 0, 1),
        rim_fresnel_power=value("_RimFresnelPower", 1.0, 0),
        rim_lift=value("_RimLift", 0.0),
        outline_mode=mode,  # type: ignore[arg-type]
        outline_width=width * (_SCREEN_SHARE if mode == "screenCoordinates" else 1.0),
        outline_width_texture=texture("_OutlineWidthTexture"),
        outline_colour=colour("_OutlineColor", (0.0, 0.0, 0.0)),
        outline_lighting_mix=value("_OutlineLightingMix", 1.0, 0, 1)
        if value("_OutlineColorMode", 0) >= 1
        else 0.0,
        uv_scroll=(value("_UvAnimScrollX", 0.0), -value("_UvAnimScrollY", 0.0)),
        uv_rotation=value("_UvAnimRotation", 0.0) * 6.283185307179586,
        uv_mask_texture=texture("_UvAnimMaskTexture"),
    )


def vrm0_from_toon(material: Material, texture_of: Callable[[TextureUse], int]) -> Json:
    """Write an entry of materialProperties for any material.

    Args:
        material: toon, unlit or lit.
        texture_of: how a picture is looked up to the index of a texture.
    """
    kind = _blend_kind(material)
    queue = _QUEUES[kind] + (material.draw_order if material.alpha_mode == "BLEND" else 0)
    base = material.base_texture
    offset, scale = (base.offset, base.scale) if base else ((0.0, 0.0), (1.0, 1.0))
    main = [offset[0], 1 - offset[1] - scale[1], scale[0], scale[1]]
    colour = [*srgb_from_linear(material.base_colour[:3]), material.base_colour[3]]
    entry: Json = {
        "name": material.name,
        "shader": SHADER,
        "renderQueue": queue,
        "floatProperties": {"_Cutoff": material.alpha_cutoff},
        "vectorProperties": {"_Color": colour, "_MainTex": main},
        "textureProperties": {} if base is None else {"_MainTex": texture_of(base)},
        "keywordMap": {},
        "tagMap": {
            "RenderType": {
                "OPAQUE": "Opaque",
                "MASK": "TransparentCutout",
                "BLEND": "Transparent",
            }[material.alpha_mode]
        },
    }
    toon = material.toon
    if toon is None:
        if not material.unlit:
            return {**_bare(entry), "shader": "VRM_USE_GLTFSHADER"}
        shader = _UNLIT_SHADERS[material.alpha_mode]
        if material.alpha_mode == "BLEND" and material.depth_write:
            shader = "UnlitTransparentZWrite"
        entry["shader"] = f"VRM/{shader}"
        entry["floatProperties"] |= _states(material, kind)
        return entry
    entry["keywordMap"] = {
        "_ALPHATEST_ON": kind == 1,
        "_ALPHABLEND_ON": kind >= 2,
        "MTOON_OUTLINE_WIDTH_WORLD": toon.outline_mode == "worldCoordinates",
        "MTOON_OUTLINE_WIDTH_SCREEN": toon.outline_mode == "screenCoordinates",
        "MTOON_OUTLINE_COLOR_MIXED": toon.outline_mode != "none",
    }
    spread = 2 - 2 * toon.shading_toony  # high - low
    shift = -toon.shading_shift - spread / 2
    toony = 1.0 if shift >= 1 else _bounded(1 - spread / (1 - shift))
    width = toon.outline_width / _CENTIMETRE
    if toon.outline_mode == "screenCoordinates":
        width /= _SCREEN_SHARE
    entry["floatProperties"] |= _states(material, kind) | {
        "_ShadeShift": min(max(shift, -1.0), 1.0),
        "_ShadeToony": toony,
        "_IndirectLightIntensity": 1 - toon.gi_equalization,
        "_RimLightingMix": toon.rim_lighting_mix,
        "_RimFresnelPower": toon.rim_fresnel_power,
        "_RimLift": toon.rim_lift,
        "_OutlineWidthMode": float(_OUTLINE_MODES.index(toon.outline_mode)),
        "_OutlineWidth": width,
        "_OutlineColorMode": 1.0 if toon.outline_lighting_mix > 0 else 0.0,
        "_OutlineLightingMix": toon.outline_lighting_mix,
        "_OutlineCullMode": 1.0,
        "_OutlineScaledMaxDistance": 1.0,
        "_LightColorAttenuation": 0.0,
        "_ReceiveShadowRate": 1.0,
        "_ShadingGradeRate": 1.0,
        "_BumpScale": material.normal_scale,
        "_UvAnimScrollX": toon.uv_scroll[0],
        "_UvAnimScrollY": -toon.uv_scroll[1],
        "_UvAnimRotation": toon.uv_rotation / 6.283185307179586,
        "_MToonVersion": 38.0,
    }
    for key, linear in (
        ("_ShadeColor", toon.shade_colour),
        ("_RimColor", toon.rim_colour),
        ("_OutlineColor", toon.outline_colour),
        ("_EmissionColor", material.emissive_colour),
    ):
        entry["vectorProperties"][key] = [*srgb_from_linear(linear), 1.0]
    for key, use in (
        ("_ShadeTexture", toon.shade_texture),
        ("_SphereAdd", toon.matcap_texture),
        ("_RimTexture", toon.rim_texture),
        ("_OutlineWidthTexture", toon.outline_width_texture),
        ("_UvAnimMaskTexture", toon.uv_mask_texture),
        ("_BumpMap", material.normal_texture),
        ("_EmissionMap", material.emissive_texture),
    ):
        if use is not None:
            entry["textureProperties"][key] = texture_of(use)
    return entry


def _bare(entry: Json) -> Json:
    """A lit glTF material: the entry is there to keep the lists in step."""
    return {
        **entry,
        "floatProperties": {},
        "vectorProperties": {},
        "textureProperties": {},
        "tagMap": {},
    }


def _blend_kind(material: Material) -> int:
    if material.alpha_mode == "OPAQUE":
        return 0
    if material.alpha_mode == "MASK":
        return 1
    return 3 if material.depth_write else 2


def _states(material: Material, kind: int) -> Json:
    blended = kind >= 2
    return {
        "_BlendMode": float(kind),
        "_CullMode": float(_CULLINGS.index(material.culling)),
        "_SrcBlend": 5.0 if blended else 1.0,
        "_DstBlend": 10.0 if blended else 0.0,
        "_ZWrite": float(material.depth_write),
    }


# VRM 1.0


def toon_from_vrm1(extension: Json, texture_use: Callable[[Json], TextureUse | None]) -> Toon:
    """Read VRMC_materials_mtoon.

    Args:
        extension: the file's.
        texture_use: a textureInfo to how it is looked up.

    Raises:
        DecodeError: a field is of the wrong type.
    """
    where = EXTENSION

    def colour(key: str, default: Colour) -> Colour:
        return cast(Colour, vector(extension, key, default, where))

    def texture(key: str) -> TextureUse | None:
        return texture_use(obj(extension, key, where))

    mode = text(extension, "outlineWidthMode", "none", where)
    return Toon(
        shade_colour=colour("shadeColorFactor", (1.0, 1.0, 1.0)),
        shade_texture=texture("shadeMultiplyTexture"),
        shading_shift=number(extension, "shadingShiftFactor", 0.0, where, -1, 1),
        shading_shift_texture=texture("shadingShiftTexture"),
        shading_shift_scale=number(
            obj(extension, "shadingShiftTexture", where), "scale", 1.0, where
        ),
        shading_toony=number(extension, "shadingToonyFactor", 0.9, where, 0, 1),
        gi_equalization=number(extension, "giEqualizationFactor", 0.9, where, 0, 1),
        matcap_factor=colour("matcapFactor", (1.0, 1.0, 1.0)),
        matcap_texture=texture("matcapTexture"),
        rim_colour=colour("parametricRimColorFactor", (0.0, 0.0, 0.0)),
        rim_texture=texture("rimMultiplyTexture"),
        rim_lighting_mix=number(extension, "rimLightingMixFactor", 1.0, where, 0, 1),
        rim_fresnel_power=number(extension, "parametricRimFresnelPowerFactor", 5.0, where, 0),
        rim_lift=number(extension, "parametricRimLiftFactor", 0.0, where),
        outline_mode=mode if mode in _OUTLINE_MODES else "none",  # type: ignore[arg-type]
        outline_width=number(extension, "outlineWidthFactor", 0.0, where, 0),
        outline_width_texture=texture("outlineWidthMultiplyTexture"),
        outline_colour=colour("outlineColorFactor", (0.0, 0.0, 0.0)),
        outline_lighting_mix=number(extension, "outlineLightingMixFactor", 1.0, where, 0, 1),
        uv_scroll=(
            number(extension, "uvAnimationScrollXSpeedFactor", 0.0, where),
            number(extension, "uvAnimationScrollYSpeedFactor", 0.0, where),
        ),
        uv_rotation=number(extension, "uvAnimationRotationSpeedFactor", 0.0, where),
        uv_mask_texture=texture("uvAnimationMaskTexture"),
    )


def vrm1_from_toon(material: Material, texture_info: Callable[[TextureUse], Json]) -> Json:
    """Write VRMC_materials_mtoon of a toon material.

    Args:
        material: one that has a toon.
        texture_info: how a picture is looked up to a textureInfo.
    """
    toon = material.toon
    assert toon is not None, "only toon materials have the extension"
    json: Json = {
        "specVersion": "1.0",
        "transparentWithZWrite": material.alpha_mode == "BLEND" and material.depth_write,
        "renderQueueOffsetNumber": _queue_offset(material),
        "shadeColorFactor": [_bounded(part) for part in toon.shade_colour],
        "shadingShiftFactor": toon.shading_shift,
        "shadingToonyFactor": toon.shading_toony,
        "giEqualizationFactor": toon.gi_equalization,
        "matcapFactor": list(toon.matcap_factor),
        "parametricRimColorFactor": list(toon.rim_colour),
        "rimLightingMixFactor": toon.rim_lighting_mix,
        "parametricRimFresnelPowerFactor": toon.rim_fresnel_power,
        "parametricRimLiftFactor": toon.rim_lift,
        "outlineWidthMode": toon.outline_mode,
        "outlineWidthFactor": toon.outline_width,
        "outlineColorFactor": list(toon.outline_colour),
        "outlineLightingMixFactor": toon.outline_lighting_mix,
        "uvAnimationScrollXSpeedFactor": toon.uv_scroll[0],
        "uvAnimationScrollYSpeedFactor": toon.uv_scroll[1],
        "uvAnimationRotationSpeedFactor": toon.uv_rotation,
    }
    for key, use in (
        ("shadeMultiplyTexture", toon.shade_texture),
        ("matcapTexture", toon.matcap_texture),
        ("rimMultiplyTexture", toon.rim_texture),
        ("outlineWidthMultiplyTexture", toon.outline_width_texture),
        ("shadingShiftTexture", toon.shading_shift_texture),
        ("uvAnimationMaskTexture", toon.uv_mask_texture),
    ):
        if use is not None:
            json[key] = texture_info(use)
    if toon.shading_shift_texture is not None:
        json["shadingShiftTexture"]["scale"] = toon.shading_shift_scale
    return json


def _queue_offset(material: Material) -> int:
    """VRM 1.0 allows 0 to +9 with depth written, -9 to 0 without, none for opaque ones."""
    if material.alpha_mode != "BLEND":
        return 0
    low, high = (0, 9) if material.depth_write else (-9, 0)
    return min(max(material.draw_order, low), high)
