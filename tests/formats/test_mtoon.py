"""MToon and the words of both versions: there and back."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panic3d.errors import DecodeError
from panic3d.formats.mtoon import (
    alpha_from_vrm0,
    culling_from_vrm0,
    is_unlit_in_vrm0,
    linear_from_srgb,
    srgb_from_linear,
    toon_from_vrm0,
    toon_from_vrm1,
    uv_from_vrm0,
    vrm0_from_toon,
    vrm1_from_toon,
)
from panic3d.formats.vrm_terms import (
    BONE_FROM_VRM0,
    PRESET_FROM_VRM0,
    VRM0_FROM_BONE,
    expression_name,
    meta_from_vrm0,
    meta_from_vrm1,
    vrm0_expression,
    vrm0_from_meta,
    vrm1_from_meta,
)
from panic3d.geometry.character import EXPRESSION_PRESETS, Material, Meta, TextureUse, Toon

share = st.floats(0, 1)
colour = st.tuples(share, share, share)
toons = st.builds(
    Toon,
    shade_colour=colour,
    shading_shift=st.floats(-0.9, 0.9),
    shading_toony=st.floats(0.5, 1),
    gi_equalization=share,
    rim_colour=colour,
    rim_lighting_mix=share,
    rim_fresnel_power=st.floats(0, 50),
    outline_mode=st.sampled_from(["none", "worldCoordinates", "screenCoordinates"]),
    outline_width=st.floats(0, 0.05),
    outline_colour=colour,
    uv_scroll=st.tuples(share, share),
)


def close(one, other, tolerance=1e-4):
    for field in dataclasses.fields(Toon):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, float | tuple):
            assert a == pytest.approx(b, abs=tolerance), field.name
        else:
            assert a == b, field.name


def the_texture(place):
    return TextureUse(image=place)


@given(toons)
def test_toon_parameters_survive_vrm_1(toon):
    """Oracle: there and back."""
    json = vrm1_from_toon(Material(toon=toon), lambda use: {"index": use.image})
    close(toon_from_vrm1(json, lambda info: None), toon, 1e-9)


@given(toons)
def test_toon_parameters_survive_vrm_0_where_it_can_say_them(toon):
    """Oracle: there and back; VRM 0.x shades between -1 and 1 and has no matcap without picture."""
    low = -toon.shading_shift - (1 - toon.shading_toony)
    if low < -1 or low + 2 * (1 - toon.shading_toony) > 1:
        return
    json = vrm0_from_toon(Material(toon=toon), lambda use: use.image)
    again = toon_from_vrm0(json, the_texture)
    assert again is not None
    close(dataclasses.replace(again, matcap_factor=toon.matcap_factor), toon)


def test_every_texture_survives():
    """Oracle: there and back, each with a picture of its own; VRM 0.x shifts by no texture."""
    uses: dict[str, Any] = {name: TextureUse(image=k) for k, name in enumerate(Toon.TEXTURES)}
    toon = Toon(**uses, shading_shift_scale=0.5)
    material = Material(toon=toon)
    json = vrm1_from_toon(material, lambda use: {"index": use.image})
    read = toon_from_vrm1(json, lambda info: the_texture(info["index"]) if info else None)
    assert read == toon
    again = toon_from_vrm0(vrm0_from_toon(material, lambda use: use.image), the_texture)
    for name, use in uses.items():
        assert getattr(again, name) == (None if name == "shading_shift_texture" else use)


@pytest.mark.parametrize(
    ("shift", "toony", "shift1", "toony1"),
    [(0.0, 0.9, -0.05, 0.95), (-1.0, 0.0, 0.0, 0.0), (0.0, 0.0, -0.5, 0.5), (-0.3, 1.0, 0.3, 1.0)],
)
def test_shading_is_migrated_as_published(shift, toony, shift1, toony1):
    """Oracle: the border runs from shift to lerp(1, shift, toony); its middle and width."""
    json = {
        "shader": "VRM/MToon",
        "floatProperties": {"_ShadeShift": shift, "_ShadeToony": toony},
    }
    toon = toon_from_vrm0(json, the_texture)
    assert toon is not None
    assert (toon.shading_shift, toon.shading_toony) == pytest.approx((shift1, toony1))


def test_other_shaders_are_no_toon():
    assert toon_from_vrm0({"shader": "Standard"}, the_texture) is None
    assert toon_from_vrm0({}, the_texture) is None


@given(st.lists(share, min_size=3, max_size=3))
def test_encoding_and_decoding_srgb_are_inverse(values):
    assert linear_from_srgb(srgb_from_linear(values)) == pytest.approx(tuple(values), abs=1e-6)


@pytest.mark.parametrize("culling", ["none", "front", "back"])
@pytest.mark.parametrize(
    ("mode", "depth"), [("OPAQUE", True), ("MASK", True), ("BLEND", False), ("BLEND", True)]
)
def test_states_survive_vrm_0(culling, mode, depth):
    material = Material(
        alpha_mode=mode,
        culling=culling,
        depth_write=depth,
        alpha_cutoff=0.25,
        draw_order=3 if mode == "BLEND" else 0,
        base_texture=TextureUse(image=0, offset=(0.1, 0.2), scale=(0.5, 0.25)),
        toon=Toon(),
    )
    json = vrm0_from_toon(material, lambda use: use.image)
    assert culling_from_vrm0(json) == culling
    assert alpha_from_vrm0(json) == (mode, 0.25, depth, material.draw_order)
    found = uv_from_vrm0(json)
    assert found is not None
    offset, scale = found
    assert offset == pytest.approx((0.1, 0.2)) and scale == (0.5, 0.25)


@pytest.mark.parametrize(
    ("shader", "mode", "depth"),
    [
        ("UnlitTexture", "OPAQUE", True),
        ("UnlitCutout", "MASK", True),
        ("UnlitTransparent", "BLEND", False),
        ("UnlitTransparentZWrite", "BLEND", True),
    ],
)
def test_shaders_without_lights_say_by_their_names_what_they_do(shader, mode, depth):
    """They have no _BlendMode; glTF's own alphaMode knows no depth."""
    json = {"shader": f"VRM/{shader}", "renderQueue": 2501, "floatProperties": {"_Cutoff": 0.3}}
    assert alpha_from_vrm0(json) == (mode, 0.3, depth, 0 if depth else -499)
    assert is_unlit_in_vrm0(json) and not is_unlit_in_vrm0({"shader": "VRM/MToon"})


@pytest.mark.parametrize("value", [[], "x", {"a": 1}, [1, 2], float("nan")])
def test_a_value_of_the_wrong_type_is_refused(value):
    with pytest.raises(DecodeError):
        toon_from_vrm0({"shader": "VRM/MToon", "floatProperties": {"_RimLift": value}}, the_texture)


def test_words_of_vrm_0_are_renamed_one_to_one():
    assert len(BONE_FROM_VRM0) == len(VRM0_FROM_BONE) == 55
    assert set(PRESET_FROM_VRM0.values()) | {"surprised"} == set(EXPRESSION_PRESETS)
    for name in (*EXPRESSION_PRESETS, "own"):
        assert expression_name(*vrm0_expression(name)) == name


metas = st.fixed_dictionaries(
    dict(
        name=st.text(max_size=5),
        version=st.text(max_size=5),
        contact=st.text(max_size=5),
        licence_url=st.text(max_size=5),
        allowed_user=st.sampled_from(["onlyAuthor", "onlySeparatelyLicensedPerson", "everyone"]),
        violent_use=st.booleans(),
        sexual_use=st.booleans(),
        commercial_use=st.sampled_from(["personalNonProfit", "personalProfit", "corporation"]),
        political_or_religious_use=st.booleans(),
        antisocial_or_hate_use=st.booleans(),
        credit_required=st.booleans(),
        redistribution=st.booleans(),
        modification=st.sampled_from(
            ["prohibited", "allowModification", "allowModificationRedistribution"]
        ),
        authors=st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
    )
)


@given(metas)
def test_meta_survives_vrm_1(fields):
    meta = Meta(**fields)
    assert meta_from_vrm1(vrm1_from_meta(meta), 0) == meta


@pytest.mark.parametrize(
    ("licence", "change", "credit", "use"),
    [
        ("CC0", "allowModificationRedistribution", False, "corporation"),
        ("CC_BY", "allowModificationRedistribution", True, "corporation"),
        ("CC_BY_ND", "prohibited", True, "corporation"),
        ("CC_BY_NC", "allowModificationRedistribution", True, "personalNonProfit"),
        ("Redistribution_Prohibited", "prohibited", True, "corporation"),
    ],
)
def test_licences_of_vrm_0_say_what_they_allow_and_come_back(licence, change, credit, use):
    json = {"licenseName": licence, "commercialUssageName": "Allow", "author": "A", "title": "T"}
    meta = meta_from_vrm0(json, lambda texture: None)
    assert (meta.modification, meta.credit_required, meta.commercial_use) == (change, credit, use)
    assert vrm0_from_meta(meta, lambda image: 0)["licenseName"] == licence


def test_a_licence_is_named_for_vrm_0_only_if_its_address_says_so():
    cc0 = "https://creativecommons.org/publicdomain/zero/1.0/"
    for url, name in ((cc0, "CC0"), ("https://x", "Other"), ("", "Redistribution_Prohibited")):
        assert vrm0_from_meta(Meta(licence_url=url), lambda image: 0)["licenseName"] == name
