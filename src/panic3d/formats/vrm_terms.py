"""The words of VRM 0.x and 1.0 for bones, expressions, permissions; from each to memory and back.

Source: the VRM 0.x JSON schema and VRMC_vrm-1.0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from panic3d.formats.fields import Json, flag, text, texts, whole
from panic3d.geometry.character import (
    BONES,
    EXPRESSION_PRESETS,
    CommercialUse,
    Meta,
    Modification,
    Permission,
)

VRM1_LICENCE_URL = "https://vrm.dev/licenses/1.0/"
"""What licenseUrl of every VRM 1.0 file says; a licence of its own goes into otherLicenseUrl."""

_THUMBS = {
    f"{side}Thumb{old}": f"{side}Thumb{new}"
    for side in ("left", "right")
    for old, new in (
        ("Proximal", "Metacarpal"),
        ("Intermediate", "Proximal"),
        ("Distal", "Distal"),
    )
}
BONE_FROM_VRM0: dict[str, str] = {bone: bone for bone in BONES if "Thumb" not in bone} | _THUMBS
"""A bone of VRM 0.x to its name in VRM 1.0; only thumbs differ."""
VRM0_FROM_BONE = {new: old for old, new in BONE_FROM_VRM0.items()}

PRESET_FROM_VRM0 = {
    "joy": "happy",
    "angry": "angry",
    "sorrow": "sad",
    "fun": "relaxed",
    "a": "aa",
    "i": "ih",
    "u": "ou",
    "e": "ee",
    "o": "oh",
    "blink": "blink",
    "blink_l": "blinkLeft",
    "blink_r": "blinkRight",
    "lookup": "lookUp",
    "lookdown": "lookDown",
    "lookleft": "lookLeft",
    "lookright": "lookRight",
    "neutral": "neutral",
}
"""VRM 0.x has no preset for surprise; such a group has the preset "unknown" and that name."""
VRM0_FROM_PRESET = {new: old for old, new in PRESET_FROM_VRM0.items()}

_PERMISSIONS: dict[str, Permission] = {
    "OnlyAuthor": "onlyAuthor",
    "ExplicitlyLicensedPerson": "onlySeparatelyLicensedPerson",
    "Everyone": "everyone",
}
_COMMONS = "https://creativecommons.org/"
_LICENCE_URLS = {
    "CC0": f"{_COMMONS}publicdomain/zero/1.0/",
    "CC_BY": f"{_COMMONS}licenses/by/4.0/",
    "CC_BY_NC": f"{_COMMONS}licenses/by-nc/4.0/",
    "CC_BY_SA": f"{_COMMONS}licenses/by-sa/4.0/",
    "CC_BY_NC_SA": f"{_COMMONS}licenses/by-nc-sa/4.0/",
    "CC_BY_ND": f"{_COMMONS}licenses/by-nd/4.0/",
    "CC_BY_NC_ND": f"{_COMMONS}licenses/by-nc-nd/4.0/",
}
LICENCES = ("Redistribution_Prohibited", *_LICENCE_URLS, "Other")
"""What licenseName of VRM 0.x may say."""


def expression_name(preset: str, name: str) -> str:
    """Return the VRM 1.0 name of an expression of a VRM 0.x file: a preset's, else its own."""
    if preset.lower() in PRESET_FROM_VRM0:
        return PRESET_FROM_VRM0[preset.lower()]
    if name.lower() == "surprised":
        return "surprised"
    return name


def vrm0_expression(name: str) -> tuple[str, str]:
    """Return presetName and name of VRM 0.x for an expression."""
    if name in VRM0_FROM_PRESET:
        return VRM0_FROM_PRESET[name], name
    return "unknown", "Surprised" if name == "surprised" else name


def meta_from_vrm0(json: Json, image_of_texture: Callable[[int], int | None]) -> Meta:
    """Read the meta of a VRM 0.x file; a word it does not know counts as the strictest.

    Args:
        json: the file's.
        image_of_texture: texture to picture, for the thumbnail.

    Raises:
        DecodeError: a field is of the wrong type.
    """
    where = "VRM.meta"

    def allowed(*keys: str) -> bool:
        return any(text(json, key, where=where) == "Allow" for key in keys)

    texture = whole(json, "texture", -1, where, low=-1)
    licence = text(json, "licenseName", where=where)
    commercial = allowed("commercialUssageName", "commercialUsageName")
    author = text(json, "author", where=where)
    reference = text(json, "reference", where=where)
    is_commons = licence in _LICENCE_URLS
    free_to_change = is_commons and "ND" not in licence
    modification: Modification = (
        "allowModificationRedistribution" if free_to_change else "prohibited"
    )
    use: CommercialUse = (
        "corporation" if commercial and "NC" not in licence else "personalNonProfit"
    )
    return Meta(
        name=text(json, "title", where=where),
        version=text(json, "version", where=where),
        authors=(author,) if author else (),
        contact=text(json, "contactInformation", where=where),
        references=(reference,) if reference else (),
        thumbnail=image_of_texture(texture) if texture >= 0 else None,
        licence_name=licence,
        licence_url=text(json, "otherLicenseUrl", where=where) or _LICENCE_URLS.get(licence, ""),
        permission_url=text(json, "otherPermissionUrl", where=where),
        allowed_user=_PERMISSIONS.get(text(json, "allowedUserName", where=where), "onlyAuthor"),
        violent_use=allowed("violentUssageName", "violentUsageName"),
        sexual_use=allowed("sexualUssageName", "sexualUsageName"),
        commercial_use=use,
        credit_required=licence != "CC0",
        redistribution=is_commons,
        modification=modification,
    )


def vrm0_from_meta(meta: Meta, texture_of_image: Callable[[int], int]) -> Json:
    """Write the meta of a VRM 0.x file.

    Args:
        meta: of the character.
        texture_of_image: picture to texture, for the thumbnail.
    """
    words = {new: old for old, new in _PERMISSIONS.items()}

    def usage(allowed: bool) -> str:
        return "Allow" if allowed else "Disallow"

    licence = meta.licence_name
    if licence not in LICENCES:
        if meta.licence_url.rstrip("/") == _LICENCE_URLS["CC0"].rstrip("/"):
            licence = "CC0"
        else:
            licence = "Other" if meta.licence_url else "Redistribution_Prohibited"
    json: Json = {
        "title": meta.name,
        "version": meta.version,
        "author": ", ".join(meta.authors),
        "contactInformation": meta.contact,
        "reference": ", ".join(meta.references),
        "allowedUserName": words[meta.allowed_user],
        "violentUssageName": usage(meta.violent_use),
        "sexualUssageName": usage(meta.sexual_use),
        "commercialUssageName": usage(meta.commercial_use != "personalNonProfit"),
        "otherPermissionUrl": meta.permission_url,
        "licenseName": licence,
        "otherLicenseUrl": meta.licence_url,
    }
    if meta.thumbnail is not None:
        json["texture"] = texture_of_image(meta.thumbnail)
    return json


def meta_from_vrm1(json: Json, image_count: int) -> Meta:
    """Read the meta of a VRM 1.0 file; a word it does not know counts as the strictest.

    Raises:
        DecodeError: a field is of the wrong type.
    """
    where = "VRMC_vrm.meta"
    thumbnail = whole(json, "thumbnailImage", -1, where, low=-1)

    def word(key: str, known: tuple[str, ...]) -> str:
        found = text(json, key, known[0], where)
        return found if found in known else known[0]

    permissions = ("onlyAuthor", "onlySeparatelyLicensedPerson", "everyone")
    uses = ("personalNonProfit", "personalProfit", "corporation")
    modifications = ("prohibited", "allowModification", "allowModificationRedistribution")
    return Meta(
        name=text(json, "name", where=where),
        version=text(json, "version", where=where),
        authors=texts(json, "authors", where),
        contact=text(json, "contactInformation", where=where),
        references=texts(json, "references", where),
        copyright=text(json, "copyrightInformation", where=where),
        third_party_licences=text(json, "thirdPartyLicenses", where=where),
        thumbnail=thumbnail if 0 <= thumbnail < image_count else None,
        licence_url=text(json, "otherLicenseUrl", where=where),
        allowed_user=cast(Permission, word("avatarPermission", permissions)),
        violent_use=flag(json, "allowExcessivelyViolentUsage", where=where),
        sexual_use=flag(json, "allowExcessivelySexualUsage", where=where),
        commercial_use=cast(CommercialUse, word("commercialUsage", uses)),
        political_or_religious_use=flag(json, "allowPoliticalOrReligiousUsage", where=where),
        antisocial_or_hate_use=flag(json, "allowAntisocialOrHateUsage", where=where),
        credit_required=text(json, "creditNotation", "required", where) != "unnecessary",
        redistribution=flag(json, "allowRedistribution", where=where),
        modification=cast(Modification, word("modification", modifications)),
    )


def vrm1_from_meta(meta: Meta) -> Json:
    """Write the meta of a VRM 1.0 file; what it has no word for is left out."""
    json: Json = {
        "name": meta.name,
        "version": meta.version,
        "authors": list(meta.authors),
        "copyrightInformation": meta.copyright,
        "contactInformation": meta.contact,
        "references": list(meta.references),
        "thirdPartyLicenses": meta.third_party_licences,
        "licenseUrl": VRM1_LICENCE_URL,
        "avatarPermission": meta.allowed_user,
        "allowExcessivelyViolentUsage": meta.violent_use,
        "allowExcessivelySexualUsage": meta.sexual_use,
        "commercialUsage": meta.commercial_use,
        "allowPoliticalOrReligiousUsage": meta.political_or_religious_use,
        "allowAntisocialOrHateUsage": meta.antisocial_or_hate_use,
        "creditNotation": "required" if meta.credit_required else "unnecessary",
        "allowRedistribution": meta.redistribution,
        "modification": meta.modification,
        "otherLicenseUrl": meta.licence_url,
    }
    if meta.thumbnail is not None:
        json["thumbnailImage"] = meta.thumbnail
    return {key: value for key, value in json.items() if value not in ("", [])}


def is_preset(name: str) -> bool:
    """Say whether VRM 1.0 knows an expression by this name."""
    return name in EXPRESSION_PRESETS
