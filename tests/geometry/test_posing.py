"""Posing; the figures are tiny and put together here."""

from dataclasses import replace

import numpy as np
import pytest

from panic3d.errors import ConfigError, ExpressionError, MissingBoneError, NotFiniteError
from panic3d.geometry.character import (
    Character,
    ColourBind,
    Expression,
    Material,
    MeshPart,
    Morph,
    MorphBind,
    Node,
    Primitive,
    Skin,
    TextureBind,
    TextureUse,
)
from panic3d.geometry.posing import (
    BIND_POSE,
    PAPER_POSES,
    Pose,
    head_origin,
    model_from_nodes,
    posed,
    rotation,
)


def at(*place):
    matrix = np.eye(4)
    matrix[:3, 3] = place
    return matrix


def arm(upper_turn=None, lower_turn=None, order=(0, 1, 2), slope_deg=0.0):
    """Return a body, a left upper arm at (0.1, 1, 0) and a lower arm 0.3 m along it.

    One vertex is at each joint and one 0.2 m beyond. The bones' axes are turned as told, nodes and
    joints come in any order.
    """
    slope = rotation(0.0, 0.0, -slope_deg)
    turns = [np.eye(3), np.eye(3) if upper_turn is None else upper_turn]
    turns.append(np.eye(3) if lower_turn is None else lower_turn)
    places = [np.zeros(3), np.array([0.1, 1, 0])]
    places.append(places[1] + slope @ [0.3, 0, 0])
    tip = places[1] + slope @ [0.5, 0, 0]
    globals_ = []
    for turn, place in zip(turns, places, strict=True):
        matrix = at(*place)
        matrix[:3, :3] = turn
        globals_.append(matrix)
    slot = {bone: order.index(bone) for bone in range(3)}
    nodes: list[Node] = [Node(parent_from_node=np.eye(4))] * 3
    for bone in range(3):
        parent = bone - 1 if bone else None
        local = (
            globals_[bone] if parent is None else np.linalg.inv(globals_[parent]) @ globals_[bone]
        )
        nodes[slot[bone]] = Node(
            parent=None if parent is None else slot[parent], parent_from_node=local
        )
    skin = Skin(
        joints=tuple(slot[bone] for bone in (2, 0, 1)),
        joint_from_model=np.stack([np.linalg.inv(globals_[bone]) for bone in (2, 0, 1)]),
    )
    primitive = Primitive(
        positions=np.array([*places, tip], np.float32),
        faces=np.array([[0, 1, 2], [1, 2, 3]], np.int32),
        normals=np.tile(np.array([0, 1, 0], np.float32), (4, 1)),
        joints=np.array([[1, 0], [2, 0], [0, 0], [0, 0]], np.int32),
        weights=np.array([[1, 0], [2, 0], [0.5, 0.5], [0, 0]], np.float32),
    )
    return Character(
        nodes=tuple(nodes),
        meshes=(MeshPart(node=slot[0], primitives=(primitive,), skin=0),),
        skins=(skin,),
        bones={"hips": slot[0], "leftUpperArm": slot[1], "leftLowerArm": slot[2]},
    )


def positions(character, pose):
    return posed(character, pose).parts[0].positions


def test_a_pose_that_turns_nothing_moves_no_vertex():
    """Oracle: the bind pose, to the last bit."""
    character = arm()
    np.testing.assert_array_equal(
        positions(character, BIND_POSE), character.meshes[0].primitives[0].positions
    )


@pytest.mark.parametrize("angle", [15.0, 60.0, 90.0, -30.0])
def test_a_lowered_arm_lands_where_trigonometry_says(angle):
    """Oracle: shoulder + length (cos, -sin); weights that sum to 2 or to 0 count as 1."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along = np.array([c, -s, 0])
    shoulder = np.array([0.1, 1, 0])
    expected = np.stack([np.zeros(3), shoulder, shoulder + 0.3 * along, shoulder + 0.5 * along])
    character = replace(arm(), bones=dict(arm().bones) | {"rightUpperArm": 0})
    part = posed(character, Pose(bones={"leftUpperArm": (0.0, 0.0, -angle)}, arms_deg=0.0)).parts[0]
    np.testing.assert_allclose(part.positions, expected, atol=1e-6)
    assert part.normals is not None
    np.testing.assert_allclose(part.normals[3], np.array([s, c, 0]), atol=1e-6)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_neither_the_bones_own_axes_nor_their_order_matter(order):
    """Oracle: the figure with axes like the world's."""
    pose = Pose(bones={"leftUpperArm": (10.0, 20.0, -50.0), "leftLowerArm": (0.0, 40.0, 5.0)})
    plain = positions(arm(), pose)
    turned = arm(rotation(30.0, 50.0, 70.0), rotation(-80.0, 10.0, 45.0), order)
    np.testing.assert_allclose(positions(turned, pose), plain, atol=1e-6)


@pytest.mark.parametrize(("slope", "lowered"), [(0.0, 60.0), (45.0, 15.0), (70.0, 0.0)])
def test_by_itself_an_arm_hangs_60_degrees_below_the_horizontal(slope, lowered):
    """Oracle: the paper's two sets, T-pose and A-pose."""
    character = arm(slope_deg=slope)
    found = positions(character, Pose())
    by_hand = positions(character, Pose(arms_deg=0.0, bones={"leftUpperArm": (0.0, 0.0, -lowered)}))
    np.testing.assert_allclose(found, by_hand, atol=1e-6)


def test_the_papers_poses_lower_both_arms():
    assert PAPER_POSES["rutileE"].arms_deg == 60 and PAPER_POSES["daredemoE"].arms_deg == 15


def test_arms_of_a_model_without_arms_cannot_be_lowered():
    with pytest.raises(MissingBoneError, match="rightUpperArm"):
        posed(arm(), Pose(arms_deg=60.0))


def head(**fields):
    """A head bone at (0, 1, 0) with a nose, a chin's opposite and an ear."""
    points = np.array([[0, 1, 0.1], [0, 1.1, 0], [0.1, 1, 0]], np.float32)
    primitive = Primitive(positions=points, faces=np.array([[0, 1, 2]], np.int32), **fields)
    return Character(
        nodes=(Node(parent_from_node=at(0, 1, 0)),),
        meshes=(
            MeshPart(
                node=0,
                primitives=(
                    replace(primitive, positions=points - np.array([0, 1, 0], np.float32)),
                ),
                morph_names=("a", "b"),
                morph_weights=(0.0, 0.0),
            ),
        ),
        materials=(Material(base_texture=TextureUse(image=0)),),
        bones={"head": 0},
    )


@pytest.mark.parametrize(
    ("pose", "vertex", "towards"),
    [
        (Pose(head_yaw_deg=90.0), 0, (1, 0, 0)),  # the nose to its own left
        (Pose(head_pitch_deg=90.0), 0, (0, 1, 0)),  # the nose up
        (Pose(head_roll_deg=90.0), 1, (1, 0, 0)),  # the crown to its own left shoulder
    ],
)
def test_the_head_turns_the_way_that_is_said(pose, vertex, towards):
    found = positions(head(), pose)[vertex] - [0, 1, 0]
    np.testing.assert_allclose(found, np.multiply(towards, 0.1), atol=1e-6)


def test_the_origin_is_a_tenth_of_a_metre_above_the_head_bone_however_it_turns():
    np.testing.assert_allclose(head_origin(head()), [0, 1.1, 0])
    with pytest.raises(MissingBoneError):
        head_origin(replace(head(), bones={}))


def expressive():
    up, side = np.zeros((2, 3, 3), np.float32)
    up[:, 1], side[:, 0] = 0.5, 0.25
    character = head(morphs=(Morph(positions=up), Morph(positions=side)), material=0)
    return replace(
        character,
        expressions={
            "blink": Expression(morphs=(MorphBind(mesh=0, morph=0, weight=0.5),)),
            "odd": Expression(
                morphs=(MorphBind(mesh=0, morph=1),),
                colours=(ColourBind(material=0, kind="color", target=(0.0, 0.5, 1.0, 1.0)),),
                textures=(TextureBind(material=0, scale=(0.5, 1.0), offset=(0.25, 0.0)),),
                binary=True,
            ),
        },
    )


def test_expressions_move_morph_targets_by_their_weights():
    """Oracle: rest + weight * bind weight * offset."""
    rest = positions(expressive(), Pose())
    found = positions(expressive(), Pose(expressions={"Blink": 0.5, "odd": 0.6}))
    np.testing.assert_allclose(found - rest, np.tile([0.25, 0.125, 0], (3, 1)), atol=1e-7)


def test_a_binary_expression_is_on_or_off():
    rest = positions(expressive(), Pose())
    np.testing.assert_array_equal(positions(expressive(), Pose(expressions={"odd": 0.5})), rest)


def test_expressions_change_materials_too():
    (part,) = posed(expressive(), Pose(expressions={"odd": 1.0})).parts
    assert part.material.base_colour == (0.0, 0.5, 1.0, 1.0)
    use = part.material.base_texture
    assert use is not None and (use.scale, use.offset) == ((0.5, 1.0), (0.25, 0.0))


def test_an_expression_that_the_model_lacks_is_refused():
    with pytest.raises(ExpressionError, match="blink, odd"):
        posed(expressive(), Pose(expressions={"smirk": 1.0}))


def test_a_mirrored_part_keeps_its_normals_outward_and_says_so():
    """Oracle: mirroring in x negates the x of positions and of normals."""
    normals = np.tile(np.array([1, 0, 0], np.float32), (3, 1))
    character = head(normals=normals)
    mirror = at(0, 1, 0) @ np.diag([-1.0, 1, 1, 1])
    character = replace(character, nodes=(Node(parent_from_node=mirror),))
    (part,) = posed(character, Pose()).parts
    assert part.mirrored
    np.testing.assert_allclose(part.positions[2], [-0.1, 1, 0], atol=1e-7)
    assert part.normals is not None
    np.testing.assert_allclose(part.normals, -normals, atol=1e-7)


def test_a_turn_below_a_mirror_is_the_same_turn():
    """Oracle: the same figure without the mirror; binds see to it that at rest both are alike."""
    place, turn = at(0, 1, 0), Pose(head_yaw_deg=30.0, head_pitch_deg=10.0, head_roll_deg=5.0)
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    point = np.array([[0.1, 1.2, 0.3]], np.float32)
    shape = Primitive(
        positions=point,
        faces=np.zeros((1, 3), np.int32),
        joints=np.zeros((1, 1), np.int32),
        weights=np.ones((1, 1), np.float32),
    )

    def turned(root):
        skin = Skin(joints=(1,), joint_from_model=np.linalg.inv(root @ place)[None])
        character = Character(
            nodes=(Node(parent_from_node=root), Node(parent=0, parent_from_node=place)),
            meshes=(MeshPart(node=0, primitives=(shape,), skin=0),),
            skins=(skin,),
            bones={"head": 1},
        )
        (part,) = posed(character, turn).parts
        return part

    np.testing.assert_allclose(turned(mirror).positions, turned(np.eye(4)).positions, atol=1e-6)
    assert not turned(mirror).mirrored  # the bind mirrors back


def test_a_part_that_its_joint_turns_inside_out_says_so():
    skin = Skin(joints=(0,), joint_from_model=np.eye(4)[None])
    shape = Primitive(
        positions=np.eye(3, dtype=np.float32),
        faces=np.array([[0, 1, 2]], np.int32),
        joints=np.zeros((3, 1), np.int32),
        weights=np.ones((3, 1), np.float32),
    )
    for sign in (1.0, -1.0):
        character = Character(
            nodes=(Node(parent_from_node=np.diag([sign, 1.0, 1.0, 1.0])),),
            meshes=(MeshPart(node=0, primitives=(shape,), skin=0),),
            skins=(skin,),
        )
        assert posed(character, BIND_POSE).parts[0].mirrored == (sign < 0)


def test_parts_that_share_vertices_share_them_posed():
    character = expressive()
    (mesh,) = character.meshes
    twice = replace(character, meshes=(replace(mesh, primitives=mesh.primitives * 2),))
    one, other = posed(twice).parts
    assert one.positions is other.positions


def test_bounds_count_only_vertices_of_faces():
    character = head()
    (mesh,) = character.meshes
    lone = np.concatenate([mesh.primitives[0].positions, [[9, 9, 9]]]).astype(np.float32)
    primitive = replace(mesh.primitives[0], positions=lone)
    low, high = posed(replace(character, meshes=(replace(mesh, primitives=(primitive,)),))).bounds()
    np.testing.assert_allclose(low, np.array([0.0, 1.0, 0.0]), atol=1e-6)
    np.testing.assert_allclose(high, np.array([0.1, 1.1, 0.1]), atol=1e-6)


def test_vertices_that_end_up_nowhere_are_refused():
    huge = replace(head(), nodes=(Node(parent_from_node=at(0, 1, 0) * 1e300),))
    with pytest.raises(NotFiniteError):
        posed(huge)


def test_a_pose_of_nonsense_is_refused():
    with pytest.raises(ConfigError):
        Pose(head_yaw_deg=float("nan"))
    with pytest.raises(ConfigError):
        Pose(bones={"tail": (0.0, 0.0, 0.0)})


def test_transforms_are_products_along_the_chain():
    found = model_from_nodes(arm(rotation(10.0, 20.0, 30.0)))
    np.testing.assert_allclose(found[2, :3, 3], [0.4, 1, 0], atol=1e-12)


def test_the_normals_of_a_mirrored_part_point_outward():
    """Oracle: inverse transpose; mirrored in x, what looked along +x looks along -x."""
    normals = np.tile(np.array([1, 0, 0], np.float32), (3, 1))
    mirror = at(0, 1, 0) @ np.diag([-1.0, 1, 1, 1])
    character = replace(head(normals=normals), nodes=(Node(parent_from_node=mirror),))
    (part,) = posed(character, Pose()).parts
    if part.normals is None:
        pytest.fail("the normals are gone")
    np.testing.assert_allclose(part.normals, np.negative(normals), atol=1e-7)
