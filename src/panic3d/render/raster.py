"""Triangles drawn by OpenGL: a posed character and a camera in, pictures out.

Knows nothing of files, folders or data sets. Two ways of drawing:

* **paper**: what the paper's renderer draws, its faults included. Unlit; texture times factor in
  stored values; nothing below half opacity; what is outside the box is transparent and yet hides
  what lies behind it; no side culled, nothing blended, untextured parts not drawn.
* **fixed**: materials as glTF and MToon mean them (without light but what they emit): texture
  transforms, samplers, vertex colours, alpha modes, culling; what is outside the box is not there;
  alpha is coverage; positions, normals and depth in float32 at the middle of each pixel.

The context is EGL's on Linux, so no display is needed: a GPU serves, or Mesa's software driver.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float32, Int32, UInt8
from numpy.typing import NDArray

from panic3d.errors import RenderError
from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.character import Picture8, TextureUse
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.posing import PosedCharacter, PosedPart
from panic3d.render.context import open_context
from panic3d.render.passes import (
    PAPER_PASSES,
    SOLID_ALPHA,
    Mode,
    fixed_features,
    fixed_passes,
    glow_of,
    is_coloured,
    paper_features,
    stored_colour,
    texture_of,
    uv_matrix,
    uv_set,
)
from panic3d.render.shaders import fixed_program, paper_program
from panic3d.render.textures import decoded_textures

PAPER_NEAR_M, PAPER_FAR_M = 0.5, 1.5
"""Clipping planes of the paper's cameras; they cut the box's corners in slanted views."""

SUPERSAMPLING = 2
PAPER_ANISOTROPY = 16.0
"""Fixed mode filters its four samples a pixel with a sharper mipmap instead: software drivers take
2.4 times as long with any anisotropy."""

_CLIP_DISTANCES = range(0x3000, 0x3006)  # GL_CLIP_DISTANCE0 and on; moderngl has no name for them


class PaperFrame(NamedTuple):
    """What the paper's renderer reads back, rows from the top."""

    colour: UInt8[np.ndarray, "h w 4"]
    """Straight RGBA; alpha is the texture's, 0 outside the box."""
    position: UInt8[np.ndarray, "h w 4"]
    """(position + box / 2) / box in the lustrous frame (x and z negated), and the same alpha."""


class Geometry(NamedTuple):
    """The nearest surface at the middle of each pixel, rows from the top; zeros where none is."""

    position: Float32[np.ndarray, "h w 3"]
    """World frame, metres."""
    normal: Float32[np.ndarray, "h w 3"]
    """World frame, unit length, towards the camera."""
    depth: Float32[np.ndarray, "h w"]
    """Metres from the camera's plane, along its axis."""
    facing: Float32[np.ndarray, "h w"]
    """1 where the outside of the surface is seen, -1 where its inside, 0 where there is none."""
    part: Int32[np.ndarray, "h w"]
    """Place of the surface in the posed character's list of parts, -1 where there is none."""


class _Texture(NamedTuple):
    texture: Any
    solid: bool
    """No texel is transparent."""


@dataclass(frozen=True, eq=False)
class _Draw:
    """One primitive, uploaded."""

    part: PosedPart
    number: int
    """Place in the posed character's list of parts."""
    arrays: dict[str, Any]
    texture: Any
    sampler: Any
    factor: tuple[float, float, float, float]
    """What texels are multiplied by in paper mode."""
    glow: tuple[Any, Any] | None = None
    """Texture and sampler of the light that the material gives."""


_Held = TypeVar("_Held", bound="_Released")


class _Released(ABC):
    """What is released at the end of a `with` block."""

    def __enter__(self: _Held) -> _Held:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    @abstractmethod
    def release(self) -> None:
        """Give back what the driver holds."""


class Scene(_Released):
    """A posed character in the memory of the graphics driver; use it as a context manager."""

    def __init__(self, rasteriser: Rasteriser, mode: Mode, draws: list[_Draw], held: list[Any]):
        self._rasteriser = rasteriser
        self._held = held
        self.mode = mode
        self.draws = draws
        self.undrawn = 0
        """Primitives that are not drawn: in paper mode those without texture."""
        self.notes: list[str] = []

    def release(self) -> None:
        """Free the driver's memory."""
        with self._rasteriser._current():
            for item in self._held:
                item.release()
        self._held = []
        self.draws = []


class Rasteriser(_Released):
    """One OpenGL context, for one thread; draws any number of characters.

    Raises:
        MissingDependencyError: moderngl is not installed.
        RenderError: there is no OpenGL 3.3 here; the message names the packages that bring it.
    """

    def __init__(self) -> None:
        self._context = open_context()
        self._programs: dict[tuple[str, ...], Any] = {}
        self._targets: dict[tuple[str, int], Any] = {}

    def release(self) -> None:
        """Close the context."""
        with self._current():
            for target in self._targets.values():
                for attachment in target.color_attachments:
                    attachment.release()
                target.depth_attachment.release()
                target.release()
            for program in self._programs.values():
                program.release()
        self._targets = {}
        self._programs = {}
        self._context.release()

    @contextmanager
    def _current(self) -> Iterator[None]:
        """Make this context the one that draws: there may be others in the same thread."""
        import moderngl

        try:
            with self._context:
                yield
        except moderngl.Error as error:
            raise RenderError(
                f"the OpenGL driver failed ({error}): draw smaller pictures"
            ) from error

    @property
    def driver(self) -> str:
        """What draws, as the driver calls itself."""
        return str(self._context.info["GL_RENDERER"])

    def _program(self, mode: Mode, features: tuple[str, ...]) -> Any:
        """Return the program of a mode that does what a primitive needs."""
        key = (mode, *features)
        if key not in self._programs:
            sources = paper_program if mode == "paper" else fixed_program
            vertex, fragment = sources(features)
            self._programs[key] = self._context.program(
                vertex_shader=vertex, fragment_shader=fragment
            )
        return self._programs[key]

    # Uploading

    def load(
        self, posed: PosedCharacter, origin: NDArray[np.float64], mode: Mode = "fixed"
    ) -> Scene:
        """Hand a character to the driver.

        Args:
            posed: a character in its pose.
            origin: (3,) of the world frame, metres in the character's model space.
            mode: the way it will be drawn.

        Raises:
            DecodeError: a texture cannot be decoded.
            RenderError: the driver has no room for it.
        """
        scene = Scene(self, mode, [], [])
        try:
            with self._current():
                self._fill(scene, posed, origin, mode)
        except BaseException:
            scene.release()
            raise
        return scene

    def _fill(
        self, scene: Scene, posed: PosedCharacter, origin: NDArray[np.float64], mode: Mode
    ) -> None:
        numbers = {id(part): k for k, part in enumerate(posed.parts)}
        parts = [part for part in posed.parts if len(part.primitive.faces)]
        if mode == "paper":
            drawn = [part for part in parts if texture_of(part, mode) is not None]
            scene.undrawn = len(parts) - len(drawn)
            parts = drawn
        uses = {use for part in parts if (use := texture_of(part, mode)) is not None}
        if mode == "fixed":
            uses |= {use for part in parts if (use := glow_of(part)) is not None}
        textures = self._textures(scene, posed.character.images, uses, mode)
        samplers = {use: self._sampler(scene, use, mode) for use in uses}
        uploaded: dict[int, Any] = {}
        kept: list[Any] = []  # so that no id is given twice

        def upload(values: NDArray[Any], convert: Any = None) -> Any:
            if id(values) not in uploaded:
                kept.append(values)
                data = np.ascontiguousarray(values if convert is None else convert(values))
                uploaded[id(values)] = self._context.buffer(data.tobytes())
                scene._held.append(uploaded[id(values)])
            return uploaded[id(values)]

        def centred(positions: NDArray[Any]) -> NDArray[np.float32]:
            return (positions - origin).astype(np.float32)

        smooth: dict[tuple[int, int], NDArray[np.float32]] = {}
        for part in parts:
            primitive = part.primitive
            use = texture_of(part, mode)
            layout = [(upload(part.positions, centred), "3f", "in_position")]
            if mode == "fixed":
                normals = part.normals
                if normals is None:
                    key = (id(part.positions), id(primitive.faces))
                    if key not in smooth:
                        made = vertex_normals(part.positions, primitive.faces)
                        smooth[key] = -made if part.mirrored else made
                    normals = smooth[key]
                layout.append((upload(normals), "3f", "in_normal"))
                if primitive.colours is not None and is_coloured(part):
                    layout.append((upload(primitive.colours), "4f", "in_colour"))
            if use is not None:
                layout.append((upload(primitive.uvs[uv_set(use, mode)]), "2f", "in_uv"))
            glow = glow_of(part) if mode == "fixed" else None
            if glow is not None:
                layout.append((upload(primitive.uvs[glow.uv_set]), "2f", "in_glow_uv"))
            forwards = backwards = upload(primitive.faces)
            if mode == "paper":  # see `_draw_paper`
                backwards = upload(primitive.faces[::-1])
            arrays = {}
            for name in PAPER_PASSES if mode == "paper" else fixed_passes(part.material):
                if mode == "paper":
                    solid = use is not None and textures[use.image].solid
                    features = paper_features(part.material, name, solid)
                else:
                    features = fixed_features(part, name)
                arrays[name] = self._context.vertex_array(
                    self._program(mode, features),
                    layout,
                    backwards if name == "colour" else forwards,
                    skip_errors=True,
                )
                scene._held.append(arrays[name])
            scene.draws.append(
                _Draw(
                    part,
                    numbers[id(part)],
                    arrays,
                    None if use is None else textures[use.image].texture,
                    None if use is None else samplers[use],
                    stored_colour(part.material),
                    None if glow is None else (textures[glow.image].texture, samplers[glow]),
                )
            )

    def _textures(
        self, scene: Scene, images: Sequence[Picture8], uses: set[TextureUse], mode: Mode
    ) -> dict[int, _Texture]:
        found = {}
        wanted = sorted({use.image for use in uses})
        for i, pixels, note in decoded_textures(images, wanted, as_original=mode == "paper"):
            if note:
                scene.notes.append(note)
            size = (pixels.shape[1], pixels.shape[0])
            texture = self._context.texture(size, 4, np.ascontiguousarray(pixels))
            scene._held.append(texture)
            texture.build_mipmaps()
            found[i] = _Texture(texture, bool(pixels[..., 3].min() == 255))
        return found

    def _sampler(self, scene: Scene, use: TextureUse, mode: Mode) -> Any:
        import moderngl

        far = moderngl.LINEAR_MIPMAP_LINEAR if mode == "paper" or use.mipmaps else moderngl.LINEAR
        near = moderngl.NEAREST if mode == "fixed" and use.nearest else moderngl.LINEAR
        sampler = self._context.sampler(
            repeat_x=mode == "paper" or use.wrap[0] == "repeat",
            repeat_y=mode == "paper" or use.wrap[1] == "repeat",
            filter=(far, near),
            anisotropy=PAPER_ANISOTROPY if mode == "paper" else 1.0,
        )
        scene._held.append(sampler)
        return sampler

    # Drawing

    def _target(self, kind: Literal["paper", "colour", "geometry"], size: int) -> Any:
        if (kind, size) not in self._targets:
            dtype = "f4" if kind == "geometry" else "f1"
            count = 1 if kind == "colour" else 2
            planes = [self._context.texture((size, size), 4, dtype=dtype) for _ in range(count)]
            self._targets[kind, size] = self._context.framebuffer(
                planes, self._context.depth_renderbuffer((size, size))
            )
        target = self._targets[kind, size]
        target.use()
        target.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        return target

    def paper_frame(
        self,
        scene: Scene,
        camera: Camera,
        size: int,
        box_m: float = HEAD_BOX_M,
    ) -> PaperFrame:
        """Draw one view as the paper's renderer does, without its down-sampling.

        Args:
            scene: loaded in paper mode.
            camera: from where.
            size: width and height, pixels.
            box_m: side of the box that is kept.
        """
        with self._current():
            target = self._draw_paper(scene, camera, size, box_m, "colour")
            return PaperFrame(_read(target, 0, size), _read(target, 1, size))

    def paper_position(
        self,
        scene: Scene,
        camera: Camera,
        size: int,
        box_m: float = HEAD_BOX_M,
    ) -> UInt8[np.ndarray, "h w 4"]:
        """Draw only the position picture of `paper_frame`, the same and in less time."""
        with self._current():
            return _read(self._draw_paper(scene, camera, size, box_m, "position"), 1, size)

    def _draw_paper(
        self,
        scene: Scene,
        camera: Camera,
        size: int,
        box_m: float,
        name: Literal["colour", "position"],
    ) -> Any:
        import moderngl

        assert scene.mode == "paper", "load the character in paper mode"
        target = self._target("paper", size)
        self._context.enable_only(moderngl.DEPTH_TEST)
        clip = projection(camera, PAPER_NEAR_M, PAPER_FAR_M) @ view_matrix(camera)
        stored = clip.T.astype(np.float32).tobytes()

        def render(draw: _Draw, step: str) -> None:
            array = draw.arrays[step]
            array.program["clip_from_world"].write(stored)
            array.program["half_box"].value = box_m / 2
            _set(array.program, "factor", draw.factor)
            draw.texture.use(0)
            draw.sampler.use(0)
            array.render()

        for draw in scene.draws:
            render(draw, "position")
        if name == "colour":
            # Looking textures up is most of the work, so it is done for what is seen alone. Of
            # coinciding faces the first counts; hence everything is drawn the other way round.
            self._context.depth_func = "=="
            try:
                for draw in reversed(scene.draws):
                    render(draw, "colour")
            finally:
                self._context.depth_func = "<"
        return target

    def colour(
        self,
        scene: Scene,
        camera: Camera,
        size: int,
        box_m: float = HEAD_BOX_M,
    ) -> UInt8[np.ndarray, "h w 4"]:
        """Draw colour and coverage, 2 x 2 samples a pixel filtered over 4 x 4.

        Returns:
            Straight RGBA, rows from the top.
        """
        from PIL import Image

        large = size * SUPERSAMPLING
        samples = self.samples(scene, camera, large, box_m)
        image = Image.frombuffer("RGBa", (large, large), samples.tobytes(), "raw", "RGBa")
        small = image.resize((size, size), Image.Resampling.BILINEAR)
        return np.array(small.convert("RGBA"))

    def samples(
        self,
        scene: Scene,
        camera: Camera,
        size: int,
        box_m: float = HEAD_BOX_M,
    ) -> UInt8[np.ndarray, "h w 4"]:
        """Draw colour and coverage at the middle of each pixel, as `colour` does before it filters.

        Returns:
            Premultiplied RGBA, rows from the top.
        """
        assert scene.mode == "fixed", "load the character in fixed mode"
        with self._current():
            target = self._target("colour", size)
            self._draw_fixed(scene, camera, box_m, "colour")
            return _read(target, 0, size)

    def geometry(
        self,
        scene: Scene,
        camera: Camera,
        size: int,
        box_m: float = HEAD_BOX_M,
    ) -> Geometry:
        """Find the nearest surface at the middle of each pixel.

        A blended material counts where it is at least half opaque.
        """
        assert scene.mode == "fixed", "load the character in fixed mode"
        with self._current():
            target = self._target("geometry", size)
            self._draw_fixed(scene, camera, box_m, "geometry")
            place, facing = (_read(target, k, size, np.dtype(np.float32)) for k in range(2))
        numbers = facing[..., 3]
        return Geometry(
            place[..., :3].copy(),
            facing[..., :3].copy(),
            place[..., 3].copy(),
            np.sign(numbers),
            np.abs(numbers).astype(np.int32) - 1,
        )

    def _draw_fixed(
        self, scene: Scene, camera: Camera, box_m: float, name: Literal["colour", "geometry"]
    ) -> None:
        import moderngl

        context = self._context
        reach = box_m * 3**0.5 / 2
        near = max(camera.distance_m - reach, 0.01)
        camera_from_world = view_matrix(camera)
        clip = projection(camera, near, camera.distance_m + reach + 0.01) @ camera_from_world
        context.enable_only(moderngl.DEPTH_TEST)
        context.depth_func = "<="  # as viewers: of coinciding faces the last is seen
        context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        for flag in _CLIP_DISTANCES:
            context.enable_direct(flag)
        target = context.fbo
        stored = clip.T.astype(np.float32).tobytes()
        view = camera_from_world.T.astype(np.float32).tobytes()
        try:
            for draw, step in _ordered(scene.draws, name):
                part, material = draw.part, draw.part.material
                array = draw.arrays[step]
                program = array.program
                blended = material.alpha_mode == "BLEND"
                _toggle(context, moderngl.BLEND, blended and step == "colour")
                target.depth_mask = material.depth_write or step != "colour"
                _toggle(context, moderngl.CULL_FACE, material.culling != "none")
                context.cull_face = "front" if material.culling == "front" else "back"
                context.front_face = "cw" if part.mirrored else "ccw"
                program["clip_from_world"].write(stored)
                program["half_box"].value = box_m / 2
                if name == "geometry":
                    program["camera_from_world"].write(view)
                    program["part_number"].value = float(draw.number + 1)
                _set(program, "factor", material.base_colour)
                cutoff = SOLID_ALPHA if step == "solid" else 0.5
                _set(program, "cutoff", cutoff if blended else material.alpha_cutoff)
                _set(program, "glow", material.emissive_colour)
                glow = material.emissive_texture
                if draw.glow is not None and glow is not None and "glow_map" in program:
                    _set(program, "glow_mirror", tuple(wrap == "mirror" for wrap in glow.wrap))
                    program["glow_transform"].write(uv_matrix(glow).T.astype(np.float32).tobytes())
                    program["glow_map"].value = 1
                    draw.glow[0].use(1)
                    draw.glow[1].use(1)
                use = material.base_texture
                if draw.texture is not None and use is not None:
                    _set(program, "mirror", tuple(wrap == "mirror" for wrap in use.wrap))
                    if "uv_transform" in program:
                        moved = uv_matrix(use).T.astype(np.float32)
                        program["uv_transform"].write(moved.tobytes())
                    draw.texture.use(0)
                    draw.sampler.use(0)
                array.render()
        finally:
            target.depth_mask = True
            for flag in _CLIP_DISTANCES:
                context.disable_direct(flag)
            context.enable_only(moderngl.DEPTH_TEST)
            context.front_face = "ccw"
            context.depth_func = "<"


def view_matrix(camera: Camera) -> NDArray[np.float64]:
    """Return camera-from-world with OpenGL axes: x right, y up, looking along -z."""
    found: NDArray[np.float64] = np.diag([1.0, -1.0, -1.0, 1.0]) @ np.linalg.inv(
        camera.world_from_camera()
    )
    return found


def projection(camera: Camera, near: float, far: float) -> NDArray[np.float64]:
    """Return clip-from-camera of OpenGL."""
    matrix = np.zeros((4, 4))
    if isinstance(camera, Orthographic):
        matrix[0, 0] = matrix[1, 1] = 2 / camera.width_m
        matrix[2, 2], matrix[2, 3] = -2 / (far - near), -(far + near) / (far - near)
        matrix[3, 3] = 1
    else:
        matrix[0, 0] = matrix[1, 1] = 2 * camera.focal
        matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
        matrix[3, 2] = -1
    return matrix


def vertex_normals(positions: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return unit normals of vertices, the mean of their faces' by area; zero where undefined."""
    corners = positions[faces].astype(np.float64)
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.zeros((len(positions), 3))
    for k in range(3):
        np.add.at(sums, faces[:, k], facing)
    length = np.linalg.norm(sums, axis=-1, keepdims=True)
    return (sums / np.where(length > 0, length, 1.0)).astype(np.float32)


def _read(
    target: Any, attachment: int, size: int, dtype: np.dtype[Any] | None = None
) -> NDArray[Any]:
    kind = np.dtype(np.uint8) if dtype is None else dtype
    data = target.read(
        components=4, attachment=attachment, dtype="f1" if kind == np.uint8 else "f4"
    )
    return np.frombuffer(data, kind).reshape(size, size, 4)[::-1]


def _set(program: Any, name: str, value: Any) -> None:
    """Set a uniform, unless the compiler found that the program does not need it."""
    if name in program:
        program[name].value = value


def _toggle(context: Any, flag: int, on: bool) -> None:
    if on:
        context.enable(flag)
    else:
        context.disable(flag)


def _ordered(draws: Sequence[_Draw], name: str) -> list[tuple[_Draw, str]]:
    """Return what is drawn, and which pass of it, in order.

    Opaque parts come first, then blended ones by their number; else the file's order holds. Opaque
    texels of blended parts that write no depth are drawn among the opaque ones, so that what is
    listed later and lies behind does not paint over them.
    """

    def place(draw: _Draw, step: str) -> tuple[int, int, int]:
        material = draw.part.material
        if material.alpha_mode != "BLEND" or step == "solid":
            return (0, 0, 0)
        return (1, int(not material.depth_write), material.draw_order)

    steps = [(draw, "solid") for draw in draws if name == "colour" and "solid" in draw.arrays]
    return sorted([*((draw, name) for draw in draws), *steps], key=lambda step: place(*step))
