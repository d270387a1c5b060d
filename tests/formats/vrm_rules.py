"""The rules of VRM's JSON that Khronos' validator does not know, written from its schemas."""

import json
import struct

REQUIRED = {
    "hips",
    "spine",
    "head",
    *(
        f"{side}{bone}"
        for side in ("left", "right")
        for bone in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
    ),
}
ABOVE = {"spine": "hips", "head": "spine"} | {
    f"{side}{bone}": above if above in ("hips", "spine") else f"{side}{above}"
    for side in ("left", "right")
    for bone, above in (
        ("UpperArm", "spine"),
        ("LowerArm", "UpperArm"),
        ("Hand", "LowerArm"),
        ("UpperLeg", "hips"),
        ("LowerLeg", "UpperLeg"),
        ("Foot", "LowerLeg"),
    )
}
WORDS = {
    "avatarPermission": {"onlyAuthor", "onlySeparatelyLicensedPerson", "everyone"},
    "commercialUsage": {"personalNonProfit", "personalProfit", "corporation"},
    "creditNotation": {"required", "unnecessary"},
    "modification": {"prohibited", "allowModification", "allowModificationRedistribution"},
}
PRESETS = {
    *("happy", "angry", "sad", "relaxed", "surprised", "aa", "ih", "ou", "ee", "oh", "blink"),
    *("blinkLeft", "blinkRight", "lookUp", "lookDown", "lookLeft", "lookRight", "neutral"),
}


def document(data):
    (size,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + size])


def broken_rules(data):
    """Return what is wrong with a VRM 1.0 or 0.x file, as texts."""
    gltf = document(data)
    extensions = gltf.get("extensions", {})
    if "VRMC_vrm" in extensions:
        return list(_rules_1(gltf, extensions["VRMC_vrm"]))
    if "VRM" in extensions:
        return list(_rules_0(gltf, extensions["VRM"]))
    return ["no VRM extension"]


def _skeleton(gltf, bones):
    parents = {
        child: i for i, node in enumerate(gltf["nodes"]) for child in node.get("children", ())
    }
    for bone in sorted(REQUIRED - set(bones)):
        yield f"bone {bone} is missing"
    if len(set(bones.values())) < len(bones):
        yield "a node is two bones"
    for bone, above in ABOVE.items():
        node = bones.get(bone)
        while node is not None and node != bones.get(above):
            node = parents.get(node)
        if node is None:
            yield f"{bone} is not below {above}"
    if any(not 0 <= node < len(gltf["nodes"]) for node in bones.values()):
        yield "a bone is no node"


def _rules_1(gltf, vrm):
    if vrm.get("specVersion") != "1.0":
        yield "specVersion"
    meta = vrm.get("meta", {})
    if not meta.get("name"):
        yield "meta has no name"
    if not meta.get("authors") or not all(meta["authors"]):
        yield "meta has no authors"
    if meta.get("licenseUrl") != "https://vrm.dev/licenses/1.0/":
        yield "licenseUrl"
    for key, words in WORDS.items():
        if key in meta and meta[key] not in words:
            yield f"{key} is {meta[key]}"
    if not 0 <= meta.get("thumbnailImage", 0) < max(len(gltf.get("images", ())), 1):
        yield "thumbnailImage"
    listed = vrm.get("humanoid", {}).get("humanBones", {})
    yield from _skeleton(gltf, {name: bone["node"] for name, bone in listed.items()})
    expressions = vrm.get("expressions", {})
    if set(expressions.get("preset", ())) - PRESETS:
        yield "a preset expression is none"
    if set(expressions.get("custom", ())) & PRESETS:
        yield "a custom expression has a preset's name"
    for group in expressions.values():
        for name, expression in group.items():
            for bind in expression.get("morphTargetBinds", ()):
                mesh = gltf["meshes"][gltf["nodes"][bind["node"]]["mesh"]]
                if not 0 <= bind["index"] < len(mesh["primitives"][0].get("targets", ())):
                    yield f"{name} moves a morph target that is not there"
            for key in ("materialColorBinds", "textureTransformBinds"):
                for bind in expression.get(key, ()):
                    if not 0 <= bind["material"] < len(gltf["materials"]):
                        yield f"{name} changes a material that is not there"
    for material in gltf.get("materials", ()):
        toon = material.get("extensions", {}).get("VRMC_materials_mtoon")
        if toon is not None:
            if toon.get("specVersion") != "1.0":
                yield "MToon's specVersion"
            blended = material.get("alphaMode") == "BLEND"
            offset = toon.get("renderQueueOffsetNumber", 0)
            writes = toon.get("transparentWithZWrite", False)
            low, high = (0, 0) if not blended else (0, 9) if writes else (-9, 0)
            if not low <= offset <= high:
                yield f"renderQueueOffsetNumber is {offset}"
    used = set(gltf.get("extensionsUsed", ()))
    if not {"VRMC_vrm"} <= used:
        yield "extensionsUsed"


def _rules_0(gltf, vrm):
    bones = {}
    for bone in vrm["humanoid"]["humanBones"]:
        if bone["bone"] in bones:
            yield f"{bone['bone']} is there twice"
        bones[bone["bone"]] = bone["node"]
    yield from _skeleton(gltf, bones)
    if len(vrm["materialProperties"]) != len(gltf.get("materials", ())):
        yield "materialProperties are not as many as materials"
    for entry, material in zip(vrm["materialProperties"], gltf.get("materials", ()), strict=False):
        if entry["name"] != material.get("name", ""):
            yield "materialProperties are in another order than materials"
        for texture in entry["textureProperties"].values():
            if not 0 <= texture < len(gltf["textures"]):
                yield "materialProperties use a texture that is not there"
    for group in vrm["blendShapeMaster"]["blendShapeGroups"]:
        for bind in group["binds"]:
            targets = gltf["meshes"][bind["mesh"]]["primitives"][0].get("targets", ())
            if not (0 <= bind["index"] < len(targets) and 0 <= bind["weight"] <= 100):
                yield f"{group['name']} moves a morph target that is not there"
    if "VRM" not in gltf.get("extensionsUsed", ()):
        yield "extensionsUsed"
