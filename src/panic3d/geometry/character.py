"""A rigged, textured character in memory: what a VRM or glTF file says, in the world's axes.

Model space is the world frame of `conventions.py` except for its origin, which stays the file's
(for a VRM the ground between the feet): right-handed, metres, y up, the face looks along +z.
VRM 0.x files face the other way; `panic3d.formats` turns them, once, and nothing here knows of it.

Everything is immutable: a changed character is made with `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

AlphaMode = Literal["OPAQUE", "MASK", "BLEND"]
Culling = Literal["back", "front", "none"]
Wrap = Literal["repeat", "clamp", "mirror"]
Colour = tuple[float, float, float]

REQUIRED_BONES = (
    "hips",
    "spine",
    "head",
    "leftUpperArm",
    "leftLowerArm",
    "leftHand",
    "rightUpperArm",
    "rightLowerArm",
    "rightHand",
    "leftUpperLeg",
    "leftLowerLeg",
    "leftFoot",
    "rightUpperLeg",
    "rightLowerLeg",
    "rightFoot",
)
"""Bones that every VRM 1.0 humanoid has. VRM 0.x asks for neck and chest as well."""

_FINGERS = tuple(
    f"{side}{finger}{part}"
    for side in ("left", "right")
    for finger, parts in (
        ("Thumb", ("Metacarpal", "Proximal", "Distal")),
        *(
            (name, ("Proximal", "Intermediate", "Distal"))
            for name in ("Index", "Middle", "Ring", "Little")
        ),
    )
    for part in parts
)

BONES = (
    *REQUIRED_BONES,
    "chest",
    "upperChest",
    "neck",
    "leftEye",
    "rightEye",
    "jaw",
    "leftToes",
    "rightToes",
    "leftShoulder",
    "rightShoulder",
    *_FINGERS,
)
"""Every humanoid bone, by its VRM 1.0 name."""

BONE_PARENTS: dict[str, str | None] = {
    "hips": None,
    "spine": "hips",
    "chest": "spine",
    "upperChest": "chest",
    "neck": "upperChest",
    "head": "neck",
    "leftEye": "head",
    "rightEye": "head",
    "jaw": "head",
    **{
        f"{side}{bone}": parent if parent in ("hips", "upperChest") else f"{side}{parent}"
        for side in ("left", "right")
        for bone, parent in (
            ("UpperLeg", "hips"),
            ("LowerLeg", "UpperLeg"),
            ("Foot", "LowerLeg"),
            ("Toes", "Foot"),
            ("Shoulder", "upperChest"),
            ("UpperArm", "Shoulder"),
            ("LowerArm", "UpperArm"),
            ("Hand", "LowerArm"),
            ("ThumbMetacarpal", "Hand"),
            ("ThumbProximal", "ThumbMetacarpal"),
            ("ThumbDistal", "ThumbProximal"),
            *(
                (f"{finger}{part}", parent)
                for finger in ("Index", "Middle", "Ring", "Little")
                for part, parent in (
                    ("Proximal", "Hand"),
                    ("Intermediate", f"{finger}Proximal"),
                    ("Distal", f"{finger}Intermediate"),
                )
            ),
        )
    },
}
"""Each bone's parent; where a humanoid lacks it, the parent's parent takes its place."""

EXPRESSION_PRESETS = (
    "happy",
    "angry",
    "sad",
    "relaxed",
    "surprised",
    "aa",
    "ih",
    "ou",
    "ee",
    "oh",
    "blink",
    "blinkLeft",
    "blinkRight",
    "lookUp",
    "lookDown",
    "lookLeft",
    "lookRight",
    "neutral",
)
"""Expressions that VRM 1.0 knows by name; all others are custom."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """One joint or attachment point of the skeleton."""

    name: str = ""
    parent: int | None = None
    """Index of its parent; None for a root."""
    parent_from_node: Doubles
    """(4, 4) transform at rest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Skin:
    """Joints that carry vertices along."""

    joints: tuple[int, ...]
    """Indices of nodes."""
    joint_from_model: Doubles
    """(joints, 4, 4), the inverse bind matrices."""
    name: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Morph:
    """What a fully applied morph target adds to the vertices of one primitive."""

    positions: Floats | None = None
    """(v, 3) metres; None if the target moves nothing."""
    normals: Floats | None = None
    """(v, 3)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Primitive:
    """Triangles of one material."""

    positions: Floats
    """(v, 3) metres, in model space if skinned, else in the space of the mesh's node."""
    faces: Ints
    """(f, 3), counter-clockwise seen from outside."""
    normals: Floats | None = None
    """(v, 3), unit length."""
    uvs: tuple[Floats, ...] = ()
    """Texture coordinates by set, each (v, 2); v runs down, as in glTF."""
    colours: Floats | None = None
    """(v, 4) linear, multiplied with the material's colour."""
    joints: Ints | None = None
    """(v, k) positions in the skin's list of joints."""
    weights: Floats | None = None
    """(v, k), at least 0; need not sum to 1."""
    morphs: tuple[Morph, ...] = ()
    material: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class MeshPart:
    """A mesh: primitives that hang on one node and share their morph targets."""

    node: int
    primitives: tuple[Primitive, ...]
    skin: int | None = None
    name: str = ""
    morph_names: tuple[str, ...] = ()
    morph_weights: tuple[float, ...] = ()
    """Of the rest pose, 0 where none is given."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture8:
    """An encoded picture as the file holds it: PNG, JPEG or WebP."""

    data: bytes
    media_type: str = "image/png"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class TextureUse:
    """A picture as a material looks it up."""

    image: int
    """Index into the character's images."""
    uv_set: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    rotation: float = 0.0
    """Radians, as KHR_texture_transform: uv' = offset + rotate(scale * uv)."""
    wrap: tuple[Wrap, Wrap] = ("repeat", "repeat")
    """Along u and along v."""
    nearest: bool = False
    """Magnified without interpolation."""
    mipmaps: bool = True


@dataclass(frozen=True, kw_only=True)
class Toon:
    """Parameters of MToon 1.0; those of a VRM 0.x file are converted as its successor defines."""

    shade_colour: Colour = (1.0, 1.0, 1.0)
    """Linear."""
    shade_texture: TextureUse | None = None
    shading_shift: float = 0.0
    """-1 to 1."""
    shading_shift_texture: TextureUse | None = None
    """Its red, times the scale, is added to the shift; only VRM 1.0 has it."""
    shading_shift_scale: float = 1.0
    shading_toony: float = 0.9
    """0 soft to 1 hard."""
    gi_equalization: float = 0.9
    matcap_factor: Colour = (1.0, 1.0, 1.0)
    matcap_texture: TextureUse | None = None
    rim_colour: Colour = (0.0, 0.0, 0.0)
    rim_texture: TextureUse | None = None
    rim_lighting_mix: float = 1.0
    rim_fresnel_power: float = 5.0
    rim_lift: float = 0.0
    outline_mode: Literal["none", "worldCoordinates", "screenCoordinates"] = "none"
    outline_width: float = 0.0
    """Metres, or a fraction of the screen's height."""
    outline_width_texture: TextureUse | None = None
    outline_colour: Colour = (0.0, 0.0, 0.0)
    outline_lighting_mix: float = 1.0
    uv_scroll: tuple[float, float] = (0.0, 0.0)
    """Per second."""
    uv_rotation: float = 0.0
    """Radians per second."""
    uv_mask_texture: TextureUse | None = None
    """Its blue says where textures scroll and turn."""

    TEXTURES: ClassVar[tuple[str, ...]] = (
        "shade_texture",
        "shading_shift_texture",
        "matcap_texture",
        "rim_texture",
        "outline_width_texture",
        "uv_mask_texture",
    )
    """The fields that are textures."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """How triangles look."""

    name: str = ""
    base_colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    """Linear RGB and alpha, multiplied with the texture."""
    stored_colour: tuple[float, float, float, float] | None = None
    """What the paper's renderer multiplies the texture by as it is stored: glTF's factor of a
    VRM 0.x file, whatever its encoding. None: `base_colour` encoded as sRGB."""
    base_texture: TextureUse | None = None
    alpha_mode: AlphaMode = "OPAQUE"
    alpha_cutoff: float = 0.5
    """Below it nothing is drawn if the mode is MASK."""
    culling: Culling = "back"
    """Which side is not drawn."""
    unlit: bool = False
    """Light does not reach it (or it is a toon material)."""
    emissive_colour: Colour = (0.0, 0.0, 0.0)
    """Linear; may exceed 1."""
    emissive_texture: TextureUse | None = None
    normal_texture: TextureUse | None = None
    normal_scale: float = 1.0
    metallic: float = 0.0
    roughness: float = 1.0
    depth_write: bool = True
    """False for a BLEND material that hides nothing behind it."""
    draw_order: int = 0
    """Blended materials of a lower number come first."""
    toon: Toon | None = None


@dataclass(frozen=True, kw_only=True)
class MorphBind:
    """An expression's hold on one morph target."""

    mesh: int
    """Index into the character's meshes."""
    morph: int
    weight: float = 1.0
    """At full expression, usually 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class ColourBind:
    """An expression's hold on a material's colour."""

    material: int
    kind: Literal["color", "emissionColor", "shadeColor", "matcapColor", "rimColor", "outlineColor"]
    target: tuple[float, float, float, float]
    """At full expression; linear RGB and alpha."""


@dataclass(frozen=True, kw_only=True)
class TextureBind:
    """An expression's hold on a material's texture coordinates."""

    material: int
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A named change of the face."""

    morphs: tuple[MorphBind, ...] = ()
    colours: tuple[ColourBind, ...] = ()
    textures: tuple[TextureBind, ...] = ()
    binary: bool = False
    """On above one half, else off."""


Permission = Literal["onlyAuthor", "onlySeparatelyLicensedPerson", "everyone"]
CommercialUse = Literal["personalNonProfit", "personalProfit", "corporation"]
Modification = Literal["prohibited", "allowModification", "allowModificationRedistribution"]


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Who made a character and what one may do with it, in the terms of VRM 1.0.

    The defaults are those of VRM 1.0: whatever is not said is not allowed.
    """

    name: str = ""
    version: str = ""
    authors: tuple[str, ...] = ()
    contact: str = ""
    references: tuple[str, ...] = ()
    copyright: str = ""
    third_party_licences: str = ""
    thumbnail: int | None = None
    """Index into the character's images."""
    licence_name: str = ""
    """VRM 0.x: CC0, CC_BY, Redistribution_Prohibited, Other, …; empty in VRM 1.0."""
    licence_url: str = ""
    """Of a licence other than the one these fields make up."""
    permission_url: str = ""
    """VRM 0.x: further permissions."""
    allowed_user: Permission = "onlyAuthor"
    violent_use: bool = False
    sexual_use: bool = False
    commercial_use: CommercialUse = "personalNonProfit"
    political_or_religious_use: bool = False
    antisocial_or_hate_use: bool = False
    credit_required: bool = True
    redistribution: bool = False
    modification: Modification = "prohibited"


@dataclass(frozen=True, kw_only=True, eq=False)
class Character:
    """A whole model."""

    nodes: tuple[Node, ...]
    meshes: tuple[MeshPart, ...]
    skins: tuple[Skin, ...] = ()
    materials: tuple[Material, ...] = ()
    images: tuple[Picture8, ...] = ()
    bones: Mapping[str, int] = field(default_factory=dict)
    """Humanoid bones, VRM 1.0 name to node; empty if the file is no VRM."""
    expressions: Mapping[str, Expression] = field(default_factory=dict)
    """By VRM 1.0 preset name or the file's own name."""
    meta: Meta | None = None
    """None if the file is no VRM."""
    source: str = ""
    """Kind of file it came from, as "VRM 0.x"."""
    notes: tuple[str, ...] = ()
    """What of the file was left out or mended, in words."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """What else its maker says of it, as JSON can hold it; a VRM file of ours keeps it."""
