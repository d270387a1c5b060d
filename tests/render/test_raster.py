"""What the rasteriser must do, on small scenes whose pictures can be told beforehand."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from campaign._gltf_files import figure_build, png
from panic3d.errors import DecodeError, RenderError
from panic3d.formats.vrm import parse_vrm
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.character import Material, Node, Picture8, TextureUse, Toon
from panic3d.geometry.posing import BIND_POSE, head_origin, posed
from panic3d.render import context, textures
from panic3d.render.raster import Rasteriser

FRONT = Orthographic()
SLANTED = Perspective(elevation_deg=20.0, azimuth_deg=30.0)


# A cube of 0.2 m around the middle of the head, textured in one colour


def cube(material=None, colour=(255, 0, 0, 255), image=None, **fields):
    character = parse_vrm(figure_build("1.0").packed())
    (mesh,) = character.meshes
    primitive = replace(mesh.primitives[0], **fields)
    base = Material(base_texture=TextureUse(image=0)) if material is None else material
    return replace(
        character,
        meshes=(replace(mesh, primitives=(primitive,)),),
        materials=(base,),
        images=(Picture8(data=png(colour) if image is None else image),),
    )


def middle(rasteriser, character, mode="fixed"):
    with rasteriser.load(posed(character), head_origin(character), mode) as scene:
        if mode == "paper":
            return rasteriser.paper_frame(scene, FRONT, 64).colour[32, 32].tolist()
        return rasteriser.colour(scene, FRONT, 64)[32, 32].tolist()


def test_the_cube_is_where_it_should_be(rasteriser):
    """Oracle: its front face is 0.1 m towards the viewer and fills 0.2 / 0.7 of the width."""
    character = cube()
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, FRONT, 70)
        near = rasteriser.geometry(scene, SLANTED, 70)
        colour = rasteriser.colour(scene, FRONT, 70)
    rows, columns = np.nonzero(found.facing)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (25, 44, 25, 44)
    inside = found.facing != 0
    np.testing.assert_allclose(found.position[inside][:, 2], 0.1, atol=1e-6)
    np.testing.assert_allclose(found.depth[inside], 0.9, atol=1e-6)
    assert found.position[30, 30, 0] == pytest.approx(-0.045, abs=1e-6)
    assert found.position[30, 30, 1] == pytest.approx(0.045, abs=1e-6)
    assert not found.position[~inside].any() and not found.depth[~inside].any()
    assert colour[35, 35].tolist() == [255, 0, 0, 255] and colour[0, 0].tolist() == [0] * 4
    axis = SLANTED.world_from_camera()
    expected = (near.position - axis[:3, 3]) @ axis[:3, 2]
    hit = near.facing != 0
    np.testing.assert_allclose(near.depth[hit], expected[hit], atol=1e-5)


@pytest.mark.parametrize(
    ("mode", "alpha", "cutoff", "expected"),
    [
        ("OPAQUE", 100, 0.5, [255, 0, 0, 255]),
        ("MASK", 100, 0.5, [0, 0, 0, 0]),
        ("MASK", 100, 0.3, [255, 0, 0, 255]),
        ("BLEND", 100, 0.5, [255, 0, 0, 161]),  # front and back face: 1 - (1 - 100/255)^2
    ],
)
def test_alpha_modes_mean_what_gltf_says(rasteriser, mode, alpha, cutoff, expected):
    material = Material(
        base_texture=TextureUse(image=0),
        alpha_mode=mode,
        alpha_cutoff=cutoff,
        culling="none",
        depth_write=mode != "BLEND",
    )
    found = middle(rasteriser, cube(material, (255, 0, 0, alpha)))
    np.testing.assert_allclose(found, expected, atol=2)


@pytest.mark.parametrize(("culling", "z"), [("back", 0.1), ("front", -0.1), ("none", 0.1)])
def test_the_side_that_is_culled_is_not_there(rasteriser, culling, z):
    material = Material(base_texture=TextureUse(image=0), culling=culling)
    character = cube(material)
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, FRONT, 64)
    assert found.position[32, 32, 2] == pytest.approx(z, abs=1e-6)
    assert found.facing[32, 32] == (1 if z > 0 else -1)
    assert found.normal[32, 32, 2] > 0  # always towards the camera


def test_colours_are_multiplied_linearly_in_fixed_mode_and_as_stored_in_paper_mode(rasteriser):
    """Oracle: sRGB 128 is 0.2158 linear; half of it is sRGB 92.8. Stored values: 128 * 0.735."""
    material = Material(base_texture=TextureUse(image=0), base_colour=(0.5, 0.5, 0.5, 1.0))
    character = cube(material, (128, 128, 128, 255))
    np.testing.assert_allclose(middle(rasteriser, character), [93, 93, 93, 255], atol=1)
    found = middle(rasteriser, character, "paper")
    np.testing.assert_allclose(found, [94, 94, 94, 255], atol=1)
    stored = replace(material, stored_colour=(0.5, 1.0, 1.0, 1.0))
    found = middle(rasteriser, replace(character, materials=(stored,)), "paper")
    np.testing.assert_allclose(found, [64, 128, 128, 255], atol=1)


def test_what_has_no_texture_is_drawn_in_fixed_mode_and_not_in_paper_mode(rasteriser):
    """Oracle: linear 0.2158 is sRGB 128."""
    character = cube(Material(base_colour=(0.2158, 1.0, 0.0, 1.0)))
    np.testing.assert_allclose(middle(rasteriser, character), [128, 255, 0, 255], atol=1)
    with rasteriser.load(posed(character), head_origin(character), "paper") as scene:
        assert scene.undrawn == 1
        assert not rasteriser.paper_frame(scene, FRONT, 64).colour.any()


def test_vertex_colours_tint(rasteriser):
    character = cube(colours=np.tile(np.array([0.2158, 1, 1, 1], np.float32), (8, 1)))
    np.testing.assert_allclose(middle(rasteriser, character), [128, 0, 0, 255], atol=1)
    toon = replace(character.materials[0], toon=Toon())  # VRM: MToon does not look at them
    character = replace(character, materials=(toon,))
    np.testing.assert_allclose(middle(rasteriser, character), [255, 0, 0, 255], atol=1)


def layers(front, back, front_colour=(255, 0, 0, 255)):
    """The cube in one material, listed first, and behind it a wider blue one."""
    character = cube(front, front_colour)
    (mesh,) = character.meshes
    (near,) = mesh.primitives
    far = replace(near, positions=near.positions * np.array([1, 1, 0.5], np.float32), material=1)
    back = replace(back, base_texture=TextureUse(image=1))
    return replace(
        character,
        meshes=(replace(mesh, primitives=(near, far)),),
        materials=(*character.materials, back),
        images=(*character.images, Picture8(data=png((0, 0, 255, 255)))),
    )


@pytest.mark.parametrize("depth_write", [True, False])
def test_what_is_blended_does_not_paint_over_what_is_in_front_of_it(rasteriser, depth_write):
    """Oracle: the nearest surface, which the geometry shows as well."""
    blend = Material(alpha_mode="BLEND", depth_write=depth_write, base_texture=TextureUse(image=0))
    character = layers(blend, blend)
    assert middle(rasteriser, character) == [255, 0, 0, 255]
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, FRONT, 64)
    assert found.position[32, 32, 2] == pytest.approx(0.1, abs=1e-6)


def test_what_is_half_transparent_shows_what_is_behind_it(rasteriser):
    """Oracle: half of red over blue, however they are listed."""
    blend = Material(alpha_mode="BLEND", depth_write=False, base_texture=TextureUse(image=0))
    found = middle(rasteriser, layers(blend, blend, (255, 0, 0, 128)))
    np.testing.assert_allclose(found, [128, 0, 127, 255], atol=2)
    back = Material(base_texture=TextureUse(image=1))
    np.testing.assert_allclose(
        middle(rasteriser, layers(blend, back, (255, 0, 0, 128))), [128, 0, 127, 255], atol=2
    )


def test_of_coinciding_faces_the_last_is_seen(rasteriser):
    character = layers(Material(base_texture=TextureUse(image=0)), Material())
    (mesh,) = character.meshes
    twin = replace(mesh.primitives[0], material=1)
    character = replace(character, meshes=(replace(mesh, primitives=(mesh.primitives[0], twin)),))
    assert middle(rasteriser, character) == [0, 0, 255, 255]
    # The paper's depth test is "nearer", so there the first stays: of materials and of triangles.
    assert middle(rasteriser, character, "paper") == [255, 0, 0, 255]
    picture = io.BytesIO()
    halves = Image.new("RGB", (32, 32), (0, 255, 0))
    halves.paste((255, 0, 0), (16, 0, 32, 32))
    halves.save(picture, "PNG")
    twice = np.concatenate([twin.faces, twin.faces + 8])
    corners = len(twin.positions)
    doubled = replace(
        twin,
        faces=twice,
        material=0,
        **{
            name: np.concatenate([getattr(twin, name)] * 2)
            for name in ("positions", "normals", "joints", "weights")
        },
        uvs=(np.repeat(np.array([[0.25, 0.5], [0.75, 0.5]], np.float32), corners, 0),),
        morphs=(),
    )
    character = replace(
        cube(image=picture.getvalue()),
        meshes=(replace(mesh, primitives=(doubled,), morph_names=(), morph_weights=()),),
    )
    assert middle(rasteriser, character, "paper") == [0, 255, 0, 255]


def test_a_texture_is_taken_as_it_is_stored_whatever_its_exif_says(rasteriser):
    """Oracle: glTF 2.0, 3.8.3: orientation in metadata is ignored."""
    picture = Image.new("RGB", (64, 64))
    picture.paste((255, 0, 0), (0, 0, 32, 64))
    turned = Image.Exif()
    turned[0x112] = 6
    plain, marked = io.BytesIO(), io.BytesIO()
    picture.save(plain, "JPEG", quality=95)
    picture.save(marked, "JPEG", quality=95, exif=turned)
    seen = []
    for data in (plain, marked):
        character = cube(image=data.getvalue())
        with rasteriser.load(posed(character), head_origin(character)) as scene:
            seen.append(rasteriser.colour(scene, FRONT, 64))
    np.testing.assert_array_equal(*seen)


def test_a_material_gives_light_of_its_own_unless_it_is_unlit(rasteriser):
    """Oracle: linear sums; sRGB 128 is 0.2158 linear."""
    glow = Material(base_colour=(0.2158, 0.0, 0.0, 1.0), emissive_colour=(0.0, 0.2158, 0.0))
    np.testing.assert_allclose(middle(rasteriser, cube(glow)), [128, 128, 0, 255], atol=1)
    unlit = replace(glow, unlit=True)
    np.testing.assert_allclose(middle(rasteriser, cube(unlit)), [128, 0, 0, 255], atol=1)
    pictured = replace(
        glow,
        base_colour=(0.0, 0.0, 0.0, 1.0),
        emissive_colour=(1.0, 1.0, 1.0),
        emissive_texture=TextureUse(image=0),
    )
    found = middle(rasteriser, cube(pictured, (128, 10, 200, 255)))
    np.testing.assert_allclose(found, [128, 10, 200, 255], atol=1)


def test_outside_the_box_paper_mode_punches_holes_and_fixed_mode_sees_through(rasteriser):
    """Oracle: rendering specification, fragment rule 2."""
    character = cube()
    with rasteriser.load(posed(character), head_origin(character), "paper") as scene:
        # The front face, 0.1 m away, lies outside a box of 0.15 m.
        frame = rasteriser.paper_frame(scene, replace(FRONT, width_m=0.15), 64, box_m=0.15)
    assert frame.colour[32, 32].tolist() == [255, 0, 0, 0]
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, replace(FRONT, width_m=0.15), 64, box_m=0.15)
    assert not found.facing.any()


def test_near_and_far_planes_cut_in_paper_mode_only(rasteriser):
    """Oracle: far is 1.5 m; from 2 m away the paper sees nothing."""
    far = Perspective(distance_m=2.0)
    character = cube()
    with rasteriser.load(posed(character), head_origin(character), "paper") as scene:
        assert not rasteriser.paper_frame(scene, far, 64).colour.any()
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        assert rasteriser.geometry(scene, far, 64).depth[32, 32] == pytest.approx(1.9, abs=1e-5)


def quarters():
    """A picture of 2 x 2 colours: red, green, blue, white, each 8 pixels wide."""
    import io

    from PIL import Image

    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:8, :8, 0] = pixels[:8, 8:, 1] = pixels[8:, :8, 2] = 255
    pixels[8:, 8:, :3] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("uv", "use", "expected"),
    [
        ((0.25, 0.25), TextureUse(image=0), (255, 0, 0)),
        ((0.75, 0.25), TextureUse(image=0), (0, 255, 0)),
        ((0.25, 0.75), TextureUse(image=0), (0, 0, 255)),
        ((1.25, 0.25), TextureUse(image=0), (255, 0, 0)),
        ((1.25, 0.25), TextureUse(image=0, wrap=("clamp", "clamp")), (0, 255, 0)),
        ((1.25, 0.25), TextureUse(image=0, wrap=("mirror", "repeat")), (0, 255, 0)),
        ((0.25, 0.25), TextureUse(image=0, offset=(0.5, 0.0)), (0, 255, 0)),
        ((0.75, 0.25), TextureUse(image=0, scale=(0.25, 1.0)), (255, 0, 0)),
        ((0.25, -0.75), TextureUse(image=0, rotation=float(np.pi / 2)), (0, 0, 255)),
    ],
)
def test_a_texture_is_looked_up_where_gltf_says(rasteriser, uv, use, expected):
    """Oracle: the quarter of the picture that the transformed coordinates fall into.

    A rotation by 90 degrees takes (u, v) to (v, -u): (0.25, -0.75) to (-0.75, -0.25).
    """
    character = cube(
        Material(base_texture=use),
        image=quarters(),
        uvs=(np.tile(np.array(uv, np.float32), (8, 1)),),
    )
    assert middle(rasteriser, character)[:3] == list(expected)


def test_a_broken_texture_is_refused_by_its_number(rasteriser):
    character = cube(image=png()[:40])
    with pytest.raises(DecodeError, match=r"images\[0\]"):
        middle(rasteriser, character)


def test_textures_that_are_too_large_are_halved_and_that_is_said(rasteriser, monkeypatch):
    monkeypatch.setattr(textures, "MAX_TEXTURE_SIDE", 2)
    character = cube()
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        assert "halved 1 times" in scene.notes[0]


def test_the_largest_textures_give_way_first():
    """Oracle: 256 MiB hold four pictures of 4096 x 4096, or three and four of half the side."""
    fit = textures.fitting_halvings
    assert fit([(4096, 4096)] * 4) == [0] * 4
    assert fit([(4096, 4096)] * 7) == [1] * 4 + [0] * 3
    assert fit([(64, 64)] + [(4096, 4096)] * 4) == [0, 1, 0, 0, 0]
    assert fit([(2048, 2048)] * 16) == [0] * 16
    assert fit([(8192, 16)]) == [1]
    assert fit([]) == [] and fit([(1, 1)]) == [0]


def test_textures_that_fill_the_budget_are_halved_down_to_nothing_but_a_texel(
    rasteriser, monkeypatch
):
    monkeypatch.setattr(textures, "MAX_TEXTURE_BYTES", 3)
    assert middle(rasteriser, cube()) == [255, 0, 0, 255]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads a process's peak there")
def test_pictures_that_unpack_to_gigabytes_stay_below_one(tmp_path):
    """Oracle: the peak of a process of its own. Each picture is 60 kB packed, 256 MB unpacked."""
    import subprocess
    import sys

    buffer = io.BytesIO()
    Image.new("P", (8000, 8000)).save(buffer, "PNG")
    build = figure_build("1.0")
    bomb = build.view(buffer.getvalue())
    primitive = build.json["meshes"][0]["primitives"][0]
    for k in range(1, 6):
        name = buffer.getvalue() + bytes([k])
        build.add("images", {"bufferView": build.view(name) if k > 3 else bomb})
        build.add("textures", {"source": k})
        texture = {"baseColorTexture": {"index": k}}
        build.add("materials", {"pbrMetallicRoughness": texture})
        build.json["meshes"][0]["primitives"].append({**primitive, "material": k})
    path = tmp_path / "bomb.vrm"
    path.write_bytes(build.packed())
    code = (
        "from pathlib import Path; from panic3d.cli.main import main; "
        f"code = main(['render', {str(path)!r}, '--out', {str(tmp_path)!r}, '--size', '32']); "
        # Not ru_maxrss: a new process starts with what the one before it had.
        "print(code, Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    code_text, peak_kib = done.stdout.split()[-2:]
    assert code_text in ("0", "1") and int(peak_kib) < 1 << 20


def test_drawing_again_gives_the_same_bytes(rasteriser):
    """Oracle: invariant, whatever was drawn in between."""
    character = cube()

    def drawn():
        with rasteriser.load(posed(character), head_origin(character)) as scene:
            geometry = rasteriser.geometry(scene, SLANTED, 64)
            return rasteriser.colour(scene, SLANTED, 64).tobytes() + geometry.position.tobytes()

    first = drawn()
    middle(rasteriser, cube(Material(alpha_mode="BLEND", depth_write=False)), "fixed")
    middle(rasteriser, character, "paper")
    assert drawn() == first


def test_several_rasterisers_do_not_draw_into_each_other(rasteriser):
    """Oracle: invariant; each has a context of its own, of which one is current at a time."""
    character = cube()
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        before = rasteriser.geometry(scene, SLANTED, 64)
        with Rasteriser() as other:
            white = replace(character, materials=(Material(),))
            with other.load(posed(white), head_origin(white)) as there:
                found = rasteriser.geometry(scene, SLANTED, 64)
                assert other.colour(there, FRONT, 64)[32, 32].tolist() == [255] * 4
                assert rasteriser.colour(scene, FRONT, 64)[32, 32].tolist() == [255, 0, 0, 255]
        after = rasteriser.geometry(scene, SLANTED, 64)
    for again in (found, after):
        for one, two in zip(before, again, strict=True):
            np.testing.assert_array_equal(one, two)


def test_a_missing_driver_names_the_packages(monkeypatch):
    import moderngl

    def refuse(**_):
        raise Exception("libEGL.so.1 not loaded")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    with pytest.raises(RenderError, match="apt-get install libegl1"):
        Rasteriser()


def test_the_test_script_installs_the_packages_that_the_message_names():
    script = Path(__file__).parents[2] / ".ci" / "opengl"
    assert f'packages="{context.MESA_PACKAGES}"' in script.read_text()


@pytest.mark.parametrize("given", [True, False], ids=["normals of the file", "computed normals"])
def test_normals_of_a_mirrored_part_are_towards_the_camera(rasteriser, given):
    """Oracle: the cube's front face, z = 0.1, is seen from outside, so its normal has z > 0."""
    character = parse_vrm(figure_build("1.0").packed())
    (mesh,) = character.meshes
    primitive = replace(mesh.primitives[0], joints=None, weights=None)
    if not given:
        primitive = replace(primitive, normals=None)
    mirror = Node(parent_from_node=np.diag([-1.0, 1.0, 1.0, 1.0]))
    character = replace(
        character,
        nodes=(*character.nodes, mirror),
        meshes=(replace(mesh, node=len(character.nodes), skin=None, primitives=(primitive,)),),
        materials=(Material(),),
    )
    with rasteriser.load(posed(character, BIND_POSE), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, Orthographic(), 64)
    if found.facing[32, 32] != 1 or abs(found.position[32, 32, 2] - 0.1) > 1e-6:
        pytest.fail("the cube is not there")
    assert found.normal[32, 32, 2] > 0
