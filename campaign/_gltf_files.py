"""Small glTF and VRM files, put together byte by byte, independently of the package's writer."""

import copy
import io
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

KINDS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}

BONES = (  # name, parent, position in a figure that faces +z
    ("hips", None, (0, 1.0, 0)),
    ("spine", "hips", (0, 1.1, 0)),
    ("chest", "spine", (0, 1.2, 0)),
    ("neck", "chest", (0, 1.4, 0)),
    ("head", "neck", (0, 1.5, 0)),
    ("leftUpperArm", "chest", (0.15, 1.4, 0)),
    ("leftLowerArm", "leftUpperArm", (0.4, 1.4, 0)),
    ("leftHand", "leftLowerArm", (0.6, 1.4, 0)),
    ("rightUpperArm", "chest", (-0.15, 1.4, 0)),
    ("rightLowerArm", "rightUpperArm", (-0.4, 1.4, 0)),
    ("rightHand", "rightLowerArm", (-0.6, 1.4, 0)),
    ("leftUpperLeg", "hips", (0.1, 0.9, 0)),
    ("leftLowerLeg", "leftUpperLeg", (0.1, 0.5, 0)),
    ("leftFoot", "leftLowerLeg", (0.1, 0.1, 0)),
    ("rightUpperLeg", "hips", (-0.1, 0.9, 0)),
    ("rightLowerLeg", "rightUpperLeg", (-0.1, 0.5, 0)),
    ("rightFoot", "rightLowerLeg", (-0.1, 0.1, 0)),
)
CORNERS = np.array(
    [[x, y, z] for z in (-0.1, 0.1) for y in (1.5, 1.7) for x in (-0.1, 0.1)], np.float32
)
QUADS = ((4, 5, 7, 6), (1, 0, 2, 3), (0, 4, 6, 2), (5, 1, 3, 7), (6, 7, 3, 2), (0, 1, 5, 4))
TRIANGLES = np.array([t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))], np.uint16)


def png(
    colour: tuple[int, int, int, int] = (255, 0, 0, 255), size: tuple[int, int] = (4, 4)
) -> bytes:
    """Return a picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGBA", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def glb(document: dict[str, Any], binary: bytes = b"") -> bytes:
    """Return a GLB of a JSON and a binary chunk."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


class Build:
    """A file being put together; `json` may be changed freely before `packed()`."""

    def __init__(self) -> None:
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
        }
        self.binary = b""

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append to a list of the file; return the index."""
        entries = self.json.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def view(self, data: bytes, **fields: Any) -> int:
        """Add a buffer view."""
        self.binary += b"\0" * (-len(self.binary) % 8)
        entry = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **fields}
        self.binary += data
        return self.add("bufferViews", entry)

    def array(self, values: NDArray[Any], **fields: Any) -> int:
        """Add an accessor."""
        values = np.ascontiguousarray(values)
        width = 1 if values.ndim == 1 else values.shape[1]
        entry = {
            "bufferView": self.view(values.tobytes()),
            "componentType": KINDS[values.dtype.str[1:]],
            "count": len(values),
            "type": TYPES[width],
        }
        return self.add("accessors", entry | fields)

    def packed(self) -> bytes:
        """Return the file."""
        document = copy.deepcopy(self.json)
        if self.binary:
            document["buffers"] = [{"byteLength": len(self.binary)}]
        return glb(document, self.binary)


def triangle_build(**attributes: Any) -> Build:
    """One triangle on one node; attributes are arrays or indices of accessors."""
    build = Build()
    defaults = {"POSITION": np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)}
    places = {
        name: value if isinstance(value, int) else build.array(value)
        for name, value in (defaults | attributes).items()
    }
    build.add("meshes", {"primitives": [{"attributes": places}]})
    build.json["scenes"][0]["nodes"] = [build.add("nodes", {"mesh": 0})]
    return build


def figure_build(version: str = "0.x", facing: int | None = None) -> Build:
    """A cube for a head on a skeleton, textured, skinned to the head, with two morph targets.

    Args:
        version: of VRM.
        facing: -1 or 1, the sign of z that the figure looks along; that of the version if absent.
    """
    build = Build()
    sign = facing or (-1 if version == "0.x" else 1)
    turn = np.array([sign, 1, sign], np.float32)
    nodes = {}
    for name, parent, place in BONES:
        above = next((p for n, _, p in BONES if n == parent), (0, 0, 0))
        offset = (np.subtract(place, above) * turn).tolist()
        nodes[name] = build.add("nodes", {"name": f"J_{name}", "translation": offset})
        if parent:
            build.json["nodes"][nodes[parent]].setdefault("children", []).append(nodes[name])
    binds = np.tile(np.eye(4, dtype=np.float32), (len(BONES), 1, 1))
    binds[:, :3, 3] = [-np.array(place) * turn for _, _, place in BONES]
    matrices = build.array(binds.transpose(0, 2, 1).reshape(-1, 16).copy())
    build.add("skins", {"joints": list(nodes.values()), "inverseBindMatrices": matrices})
    normals = CORNERS - [0, 1.6, 0]
    normals = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)
    joints = np.zeros((8, 4), np.uint8)
    joints[:, 0] = list(nodes).index("head")
    morphs = np.zeros((2, 8, 3), np.float32)
    morphs[0, :, 1] = 0.05
    morphs[1, :4, 2] = -0.02 * sign  # the back moves back
    attributes = {
        "POSITION": build.array(CORNERS * turn),
        "NORMAL": build.array(normals * turn),
        "TEXCOORD_0": build.array(CORNERS[:, :2] * 2),
        "JOINTS_0": build.array(joints),
        "WEIGHTS_0": build.array(np.tile(np.array([1, 0, 0, 0], np.float32), (8, 1))),
    }
    build.add("images", {"bufferView": build.view(png()), "mimeType": "image/png", "name": "skin"})
    build.add("textures", {"source": 0})
    build.add(
        "materials",
        {
            "name": "face",
            "pbrMetallicRoughness": {
                "baseColorTexture": {"index": 0},
                "baseColorFactor": [1, 0.5, 0.25, 1],
            },
        },
    )
    build.add(
        "meshes",
        {
            "name": "Face",
            "extras": {"targetNames": ["up", "back"]},
            "primitives": [
                {
                    "attributes": attributes,
                    "indices": build.array(TRIANGLES.reshape(-1)),
                    "material": 0,
                    "targets": [{"POSITION": build.array(morph)} for morph in morphs],
                }
            ],
        },
    )
    body = build.add("nodes", {"name": "Body", "mesh": 0, "skin": 0})
    build.json["scenes"][0]["nodes"] = [nodes["hips"], body]
    if version == "0.x":
        build.json["extensionsUsed"] = ["VRM"]
        build.json["extensions"] = {
            "VRM": {
                "specVersion": "0.0",
                "meta": {
                    "title": "Cube",
                    "author": "Somebody",
                    "licenseName": "CC0",
                    "allowedUserName": "Everyone",
                    "commercialUssageName": "Allow",
                    "texture": 0,
                },
                "humanoid": {
                    "humanBones": [{"bone": name, "node": node} for name, node in nodes.items()]
                },
                "blendShapeMaster": {
                    "blendShapeGroups": [
                        {
                            "name": "Blink",
                            "presetName": "blink",
                            "binds": [{"mesh": 0, "index": 0, "weight": 50}],
                        },
                        {
                            "name": "Surprised",
                            "presetName": "unknown",
                            "binds": [{"mesh": 0, "index": 1, "weight": 100}],
                            "materialValues": [
                                {
                                    "materialName": "face",
                                    "propertyName": "_Color",
                                    "targetValue": [0, 1, 0, 1],
                                },
                                {
                                    "materialName": "face",
                                    "propertyName": "_MainTex_ST",
                                    "targetValue": [0.5, 0.5, 0.25, 0.25],
                                },
                            ],
                        },
                    ]
                },
                "materialProperties": [
                    {
                        "name": "face",
                        "shader": "VRM/MToon",
                        "renderQueue": 2000,
                        "floatProperties": {"_CullMode": 0, "_BlendMode": 0, "_OutlineWidth": 0.1},
                        "vectorProperties": {"_Color": [1, 0.5, 0.25, 1]},
                        "textureProperties": {"_MainTex": 0, "_ShadeTexture": 0},
                    }
                ],
            }
        }
    else:
        build.json["extensionsUsed"] = ["VRMC_vrm", "VRMC_materials_mtoon"]
        build.json["materials"][0]["extensions"] = {
            "VRMC_materials_mtoon": {
                "specVersion": "1.0",
                "shadeColorFactor": [0.5, 0.25, 0.125],
                "shadeMultiplyTexture": {"index": 0},
            }
        }
        build.json["extensions"] = {
            "VRMC_vrm": {
                "specVersion": "1.0",
                "meta": {
                    "name": "Cube",
                    "authors": ["Somebody"],
                    "licenseUrl": "https://vrm.dev/licenses/1.0/",
                    "avatarPermission": "everyone",
                    "commercialUsage": "corporation",
                    "thumbnailImage": 0,
                },
                "humanoid": {"humanBones": {name: {"node": node} for name, node in nodes.items()}},
                "expressions": {
                    "preset": {
                        "blink": {"morphTargetBinds": [{"node": body, "index": 0, "weight": 0.5}]}
                    },
                    "custom": {
                        "odd": {
                            "isBinary": True,
                            "morphTargetBinds": [{"node": body, "index": 1, "weight": 1}],
                            "materialColorBinds": [
                                {"material": 0, "type": "color", "targetValue": [0, 1, 0, 1]}
                            ],
                            "textureTransformBinds": [
                                {"material": 0, "scale": [0.5, 0.5], "offset": [0.25, 0.25]}
                            ],
                        }
                    },
                },
            }
        }
    return build
