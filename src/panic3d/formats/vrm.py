"""VRM 0.x and 1.0 (and plain glTF) in, a character in the world's axes out.

Sources: the VRM 0.x JSON schema, VRMC_vrm-1.0, VRMC_materials_mtoon-1.0 and glTF 2.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from panic3d.errors import DecodeError, MissingBoneError, NoSkinError, NoVrmError
from panic3d.formats.container import Container, parse_container, read_container
from panic3d.formats.fields import Json, flag, index, number, obj, objs, text, vector, whole
from panic3d.formats.gltf import Gltf
from panic3d.formats.mtoon import (
    alpha_from_vrm0,
    colour_from_vrm0,
    culling_from_vrm0,
    is_unlit_in_vrm0,
    linear_from_srgb,
    toon_from_vrm0,
    toon_from_vrm1,
    uv_from_vrm0,
)
from panic3d.formats.vrm_terms import (
    BONE_FROM_VRM0,
    expression_name,
    meta_from_vrm0,
    meta_from_vrm1,
)
from panic3d.geometry.character import (
    BONES,
    EXPRESSION_PRESETS,
    Character,
    ColourBind,
    Culling,
    Expression,
    Material,
    Meta,
    MorphBind,
    TextureBind,
    TextureUse,
)

_COLOUR_KINDS = {
    "color",
    "emissionColor",
    "shadeColor",
    "matcapColor",
    "rimColor",
    "outlineColor",
}
_KIND_OF_PROPERTY = {
    "_Color": "color",
    "_EmissionColor": "emissionColor",
    "_ShadeColor": "shadeColor",
    "_RimColor": "rimColor",
    "_OutlineColor": "outlineColor",
}
_NOT_KEPT = {
    "VRMC_springBone": "spring bones",
    "VRMC_node_constraint": "node constraints",
}


def read_vrm(path: str | Path) -> Character:
    """Read a VRM file of version 0.x or 1.0.

    Raises:
        NoVrmError: it is a glTF file without a VRM extension.
        MissingBoneError: the humanoid has no head.
        NoSkinError: nothing of it follows its bones.
        ModelError: it is broken; the class says how.
    """
    return character_of(read_container(Path(path)))


def read_model(path: str | Path) -> Character:
    """Read a VRM or plain glTF file; the latter becomes a character without bones and meta.

    Raises:
        ModelError: it is broken; the class says how.
    """
    return character_of(read_container(Path(path)), plain=True)


def parse_vrm(data: bytes, plain: bool = False) -> Character:
    """Read a VRM from memory; see `read_vrm`, and with `plain` `read_model`."""
    return character_of(parse_container(data), plain)


def character_of(container: Container, plain: bool = False) -> Character:
    """Make a character of a parsed container; see `read_vrm`."""
    # Numbers that are not finite are looked for and refused, or mended and noted.
    with np.errstate(invalid="ignore", over="ignore"):
        return _character(container, plain)


def _character(container: Container, plain: bool) -> Character:
    extensions = obj(container.json, "extensions")
    if "VRMC_vrm" in extensions:
        character = _character_1(container, obj(extensions, "VRMC_vrm", "extensions"))
    elif "VRM" in extensions:
        character = _character_0(container, obj(extensions, "VRM", "extensions"))
    elif plain:
        gltf = Gltf(container, turned=False)
        return _assembled(gltf, "glTF 2.0", gltf.looks.materials)
    else:
        raise NoVrmError(
            "the file has neither the extension VRM nor VRMC_vrm: it is a plain glTF; export it as "
            "VRM, or draw it as it is with panic3d render --origin 0,0,0"
        )
    if "head" not in character.bones:
        raise MissingBoneError("the humanoid has no head bone: set it in the exporter")
    if not _follows_bones(character):
        raise NoSkinError("no mesh of the model hangs on a skin or a bone: nothing would move")
    return character


def _assembled(
    gltf: Gltf,
    source: str,
    materials: tuple[Material, ...],
    bones: Mapping[str, int] | None = None,
    expressions: Mapping[str, Expression] | None = None,
    meta: Meta | None = None,
) -> Character:
    for name, what in _NOT_KEPT.items():
        if name in obj(gltf.json, "extensions"):
            gltf.note(f"{what} are not kept")
    if gltf.json.get("animations"):
        gltf.note("animations are not kept")
    return Character(
        nodes=gltf.nodes,
        meshes=gltf.meshes,
        skins=gltf.skins,
        materials=materials,
        images=gltf.looks.images,
        bones=bones or {},
        expressions=expressions or {},
        meta=meta,
        source=source,
        notes=tuple(gltf.remarks),
        extras=_extras(gltf.json),
    )


def _entries(gltf: Gltf, data: Json, key: str, where: str) -> list[Json]:
    """Return a list of objects; entries that are none are empty, and noted."""
    value = data.get(key)
    if isinstance(value, list) and not all(isinstance(item, dict) for item in value):
        gltf.note(f"entries of {where}.{key} that are no objects were left out")
        data = {key: [item if isinstance(item, dict) else {} for item in value]}
    return gltf.tried(f"{where}.{key}", lambda: objs(data, key, where)) or []


def _follows_bones(character: Character) -> bool:
    bones = set(character.bones.values())

    def hangs_on_bone(node: int | None) -> bool:
        while node is not None and node not in bones:
            node = character.nodes[node].parent
        return node is not None

    return any(mesh.skin is not None or hangs_on_bone(mesh.node) for mesh in character.meshes)


# VRM 0.x


def _character_0(container: Container, vrm: Json) -> Character:
    gltf = Gltf(container, turned=True)
    bones: dict[str, int] = {}
    for entry in _entries(gltf, obj(vrm, "humanoid", "VRM"), "humanBones", "VRM.humanoid"):
        found = gltf.tried("a bone", partial(_bone_0, gltf, entry))
        if found is None:
            continue
        name, node = found
        if name not in BONE_FROM_VRM0:
            gltf.note(f"the bone {name[:40]!r} is none of a humanoid and was left out")
        elif node is not None:
            bones.setdefault(BONE_FROM_VRM0[name], node)
    properties = _entries(gltf, vrm, "materialProperties", "VRM")
    materials = tuple(
        gltf.tried(
            f"materialProperties[{i}]",
            partial(_material_0, gltf, material, properties[i] if i < len(properties) else {}),
        )
        or material
        for i, material in enumerate(gltf.looks.materials)
    )
    master = gltf.tried("blendShapeMaster", lambda: obj(vrm, "blendShapeMaster", "VRM")) or {}
    expressions: dict[str, Expression] = {}
    groups = _entries(gltf, master, "blendShapeGroups", "VRM.blendShapeMaster")
    for k, group in enumerate(groups):
        where = f"blendShapeGroups[{k}]"
        named = gltf.tried(where, partial(_named_expression_0, gltf, materials, group, where))
        if named is None:
            continue
        name = named[0] or f"expression {k}"
        if name in expressions:
            gltf.note(f"a second expression {name[:40]!r} was left out")
        else:
            expressions[name] = named[1]
    springs = vrm.get("secondaryAnimation")
    if isinstance(springs, dict) and springs.get("boneGroups"):
        gltf.note("spring bones are not kept")
    meta = gltf.tried("meta", partial(_meta_0, gltf, vrm)) or Meta()
    return _assembled(gltf, "VRM 0.x", materials, bones, expressions, meta)


def _meta_0(gltf: Gltf, vrm: Json) -> Meta:
    return meta_from_vrm0(obj(vrm, "meta", "VRM"), gltf.looks.image_of_texture)


def _bone_0(gltf: Gltf, entry: Json) -> tuple[str, int | None]:
    name = text(entry, "bone", where="humanBones")
    return name, index(entry, "node", len(gltf.nodes), f"humanBones.{name[:40]}")


def _material_0(gltf: Gltf, material: Material, properties: Json) -> Material:
    """Add what VRM 0.x says of a material beside glTF."""

    def use(texture: int) -> TextureUse | None:
        found = gltf.looks.texture_use({"index": texture}, "materialProperties")
        if found is None or uv is None:
            return found
        return replace(found, offset=uv[0], scale=uv[1])

    colour = colour_from_vrm0(properties)
    culling = culling_from_vrm0(properties)
    alpha = alpha_from_vrm0(properties)
    uv = uv_from_vrm0(properties)
    changed = replace(
        material,
        # The original multiplies by glTF's factor as it stands. Some exporters write it linear,
        # older ones as sRGB; what a VRM viewer shows is the property _Color.
        stored_colour=material.base_colour,
        toon=toon_from_vrm0(properties, use),
    )
    if changed.toon is not None or is_unlit_in_vrm0(properties):
        changed = replace(changed, unlit=changed.toon is None)
    if colour is not None:
        changed = replace(changed, base_colour=colour)
    if culling is not None:
        changed = replace(changed, culling=culling)
    if alpha is not None:
        mode, cutoff, depth_write, order = alpha
        changed = replace(
            changed,
            alpha_mode=mode,
            alpha_cutoff=cutoff,
            depth_write=depth_write,
            draw_order=order,
        )
    if uv is not None and changed.base_texture is not None and uv != ((0.0, 0.0), (1.0, 1.0)):
        changed = replace(
            changed, base_texture=replace(changed.base_texture, offset=uv[0], scale=uv[1])
        )
    return changed


def _named_expression_0(
    gltf: Gltf, materials: tuple[Material, ...], group: Json, where: str
) -> tuple[str, Expression]:
    name = expression_name(text(group, "presetName", where=where), text(group, "name", where=where))
    return name, _expression_0(gltf, materials, group, where)


def _expression_0(
    gltf: Gltf, materials: tuple[Material, ...], group: Json, where: str
) -> Expression:
    morphs = []
    for bind in objs(group, "binds", where):
        mesh = whole(bind, "mesh", -1, where, low=-1)
        parts = gltf.parts_of_mesh.get(mesh, [])
        weight = number(bind, "weight", 100.0, where) / 100
        morphs += _morph_binds(gltf, parts, whole(bind, "index", -1, where, low=-1), weight)
    colours: list[ColourBind] = []
    textures: list[TextureBind] = []
    for value in objs(group, "materialValues", where):
        name, kind = (
            text(value, "materialName", where=where),
            text(value, "propertyName", "", where),
        )
        targets = [i for i, material in enumerate(materials) if material.name == name]
        if not targets:
            gltf.note(f"an expression changes the material {name[:40]!r}, which is not there")
        if kind in _KIND_OF_PROPERTY:
            stored = vector(value, "targetValue", (1, 1, 1, 1), where)
            red, green, blue = linear_from_srgb(stored[:3])
            for material in targets:
                colours.append(
                    ColourBind(
                        material=material,
                        kind=_KIND_OF_PROPERTY[kind],  # type: ignore[arg-type]
                        target=(red, green, blue, stored[3]),
                    )
                )
        elif kind in ("_MainTex_ST", "_MainTex_ST_S", "_MainTex_ST_T"):
            # Unity counts v from the bottom, glTF from the top.
            sx, sy, ox, oy = vector(value, "targetValue", (1, 1, 0, 0), where)
            for material in targets:
                textures.append(
                    TextureBind(material=material, scale=(sx, sy), offset=(ox, 1 - sy - oy))
                )
        else:
            gltf.note(f"an expression changes the property {kind[:40]!r}, which is left out")
    return Expression(
        morphs=tuple(morphs),
        colours=tuple(colours),
        textures=tuple(textures),
        binary=flag(group, "isBinary", where=where),
    )


def _morph_binds(gltf: Gltf, parts: list[int], morph: int, weight: float) -> list[MorphBind]:
    found = [
        MorphBind(mesh=part, morph=morph, weight=weight)
        for part in parts
        if 0 <= morph < len(gltf.meshes[part].morph_names)
    ]
    if not found:
        gltf.note("an expression moves a morph target that is not there; that part was left out")
    return found


# VRM 1.0


def _character_1(container: Container, vrm: Json) -> Character:
    gltf = Gltf(container, turned=False)
    bones: dict[str, int] = {}
    listed = obj(obj(vrm, "humanoid", "VRMC_vrm"), "humanBones", "VRMC_vrm.humanoid")
    for name in listed:
        node = gltf.tried("a bone", partial(_bone_1, gltf, listed, name))
        if name not in BONES:
            gltf.note(f"the bone {name[:40]!r} is none of a humanoid and was left out")
        elif node is not None:
            bones[name] = node
    materials = tuple(
        gltf.tried(
            f"MToon of materials[{i}]",
            partial(_material_1, gltf, material, fields, f"materials[{i}]"),
        )
        or material
        for i, (material, fields) in enumerate(
            zip(gltf.looks.materials, objs(gltf.json, "materials"), strict=True)
        )
    )
    fields = gltf.tried("expressions", lambda: obj(vrm, "expressions", "VRMC_vrm")) or {}
    expressions: dict[str, Expression] = {}
    for kind in ("preset", "custom"):
        group = gltf.tried(f"expressions.{kind}", partial(obj, fields, kind, "expressions")) or {}
        for name in group:
            if kind == "preset" and name not in EXPRESSION_PRESETS:
                gltf.note(f"the preset expression {name[:40]!r} is none of VRM's")
            if name in expressions:
                gltf.note(f"a second expression {name[:40]!r} was left out")
                continue
            expression = gltf.tried("an expression", partial(_expression_1, gltf, group, name))
            if expression is not None:
                expressions[name] = expression
    meta = gltf.tried("meta", partial(_meta_1, gltf, vrm)) or Meta()
    return _assembled(gltf, "VRM 1.0", materials, bones, expressions, meta)


def _bone_1(gltf: Gltf, bones: Json, name: str) -> int | None:
    return index(obj(bones, name, "humanBones"), "node", len(gltf.nodes), "humanBones")


def _meta_1(gltf: Gltf, vrm: Json) -> Meta:
    meta = meta_from_vrm1(obj(vrm, "meta", "VRMC_vrm"), len(gltf.looks.images))
    extras = _extras(obj(gltf.json, "asset"))
    return replace(
        meta,
        licence_name=text(extras, "licenceName", meta.licence_name, "asset.extras"),
        permission_url=text(extras, "permissionUrl", meta.permission_url, "asset.extras"),
    )


def _extras(fields: Json) -> Json:
    """Return what this package keeps where glTF and VRM have no word for it."""
    extras = fields.get("extras")
    ours = extras.get("panic3d") if isinstance(extras, dict) else None
    return ours if isinstance(ours, dict) else {}


def _material_1(gltf: Gltf, material: Material, fields: Json, where: str) -> Material:
    extras = _extras(fields)
    if extras.get("storedColor") is not None:
        red, green, blue, alpha = vector(extras, "storedColor", (1, 1, 1, 1), where)
        material = replace(material, stored_colour=(red, green, blue, alpha))
    if extras.get("culling") in ("front", "back", "none"):
        material = replace(material, culling=cast(Culling, extras["culling"]))
    extensions = obj(fields, "extensions", where)
    if "VRMC_materials_mtoon" not in extensions:
        return material
    toon = obj(extensions, "VRMC_materials_mtoon", where)
    return replace(
        material,
        unlit=False,
        toon=toon_from_vrm1(toon, lambda info: gltf.looks.texture_use(info, where)),
        depth_write=material.alpha_mode != "BLEND"
        or flag(toon, "transparentWithZWrite", where=where),
        draw_order=whole(toon, "renderQueueOffsetNumber", 0, where, low=-9, high=9),
    )


def _expression_1(gltf: Gltf, expressions: Json, name: str) -> Expression:
    where = f"expressions.{name[:40]}"
    fields = obj(expressions, name, "expressions")
    morphs: list[MorphBind] = []
    for bind in objs(fields, "morphTargetBinds", where):
        node = whole(bind, "node", -1, where, low=-1)
        parts = [gltf.part_of_node[node]] if node in gltf.part_of_node else []
        weight = number(bind, "weight", 1.0, where)
        morphs += _morph_binds(gltf, parts, whole(bind, "index", -1, where, low=-1), weight)
    colours: list[ColourBind] = []
    for bind in objs(fields, "materialColorBinds", where):
        material = index(bind, "material", len(gltf.looks.materials), where)
        kind = text(bind, "type", where=where)
        if kind not in _COLOUR_KINDS or material is None:
            raise DecodeError(f"{where} changes {kind[:40]!r} of material {material}")
        target = vector(bind, "targetValue", (1, 1, 1, 1), where)
        colours.append(
            ColourBind(
                material=material,
                kind=kind,  # type: ignore[arg-type]
                target=(target[0], target[1], target[2], target[3]),
            )
        )
    textures: list[TextureBind] = []
    for bind in objs(fields, "textureTransformBinds", where):
        material = index(bind, "material", len(gltf.looks.materials), where)
        if material is None:
            raise DecodeError(f"{where} moves the texture of no material")
        scale, offset = vector(bind, "scale", (1, 1), where), vector(bind, "offset", (0, 0), where)
        textures.append(
            TextureBind(
                material=material, scale=(scale[0], scale[1]), offset=(offset[0], offset[1])
            )
        )
    return Expression(
        morphs=tuple(morphs),
        colours=tuple(colours),
        textures=tuple(textures),
        binary=flag(fields, "isBinary", where=where),
    )
