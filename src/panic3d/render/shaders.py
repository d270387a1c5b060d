"""GLSL programs of the rasteriser, put together for what each primitive needs.

Software drivers run both sides of a branch, so a choice that holds for a whole primitive is made
when its program is compiled.
"""

from __future__ import annotations

_COLOUR_LOD_BIAS, _GEOMETRY_LOD_BIAS = -0.5, -1.5  # the same mipmap for both: sizes differ by two

_PAPER_VERTEX = """#version 330 core
in vec3 in_position;
in vec2 in_uv;
uniform mat4 clip_from_world;
out vec3 position;
out vec2 uv;
invariant gl_Position;  // what was drawn for its depth is found again
void main() {
    position = in_position;
    uv = in_uv;
    gl_Position = clip_from_world * vec4(in_position, 1.0);
}
"""

# Positions are written in the frame of the paper's pictures, x and z negated. Where no texel can
# fall below one half (SOLID) nothing is discarded, so that the driver may skip what is hidden;
# POSITION_ONLY needs the texture for its alpha alone.
_PAPER_FRAGMENT = """#version 330 core
in vec3 position;
in vec2 uv;
uniform sampler2D base;
uniform vec4 factor;
uniform float half_box;
layout(location = 0) out vec4 colour;
layout(location = 1) out vec4 place;
void main() {
#if defined(SOLID) && defined(POSITION_ONLY)
    vec4 texel = vec4(1.0);
#else
    vec4 texel = texture(base, uv) * factor;
#endif
#ifndef SOLID
    if (texel.a < 0.5) discard;
#endif
    if (any(greaterThan(abs(position), vec3(half_box)))) texel.a = 0.0;
    colour = texel;
    vec3 lustrous = position * vec3(-1.0, 1.0, -1.0);
    place = vec4((lustrous + half_box) / (2.0 * half_box), texel.a);
}
"""

_FIXED_VERTEX = """#version 330 core
in vec3 in_position;
uniform mat4 clip_from_world;
uniform float half_box;
#ifdef TEXTURED
in vec2 in_uv;
uniform mat3 uv_transform;
out vec2 uv;
#endif
#ifdef GLOW_TEXTURED
in vec2 in_glow_uv;
uniform mat3 glow_transform;
out vec2 glow_uv;
#endif
#ifdef VERTEX_COLOURS
in vec4 in_colour;
out vec4 tint;
#endif
#ifdef GEOMETRY
in vec3 in_normal;
uniform mat4 camera_from_world;
out vec3 position;
out vec3 normal;
out float depth;
#endif
out float gl_ClipDistance[6];
void main() {
    for (int k = 0; k < 3; k++) {
        gl_ClipDistance[2 * k] = half_box - in_position[k];
        gl_ClipDistance[2 * k + 1] = half_box + in_position[k];
    }
#ifdef TEXTURED
    uv = (uv_transform * vec3(in_uv, 1.0)).xy;
#endif
#ifdef GLOW_TEXTURED
    glow_uv = (glow_transform * vec3(in_glow_uv, 1.0)).xy;
#endif
#ifdef VERTEX_COLOURS
    tint = in_colour;
#endif
#ifdef GEOMETRY
    position = in_position;
    normal = in_normal;
    depth = -(camera_from_world * vec4(in_position, 1.0)).z;
#endif
    gl_Position = clip_from_world * vec4(in_position, 1.0);
}
"""

_FIXED_FRAGMENT = """#version 330 core
uniform vec4 factor;
#ifdef ALPHA_TEST
uniform float cutoff;
#endif
#ifdef TEXTURED
in vec2 uv;
uniform sampler2D base;
uniform bvec2 mirror;
#endif
#ifdef GLOW
uniform vec3 glow;
#endif
#ifdef GLOW_TEXTURED
in vec2 glow_uv;
uniform sampler2D glow_map;
uniform bvec2 glow_mirror;
#endif
#ifdef VERTEX_COLOURS
in vec4 tint;
#endif
#ifdef GEOMETRY
in vec3 position;
in vec3 normal;
in float depth;
uniform float part_number;
layout(location = 0) out vec4 place;
layout(location = 1) out vec4 facing;
#else
layout(location = 0) out vec4 colour;
#endif
vec3 encoded(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, 12.92 * c, lessThan(c, vec3(0.0031308)));
}
vec3 decoded(vec3 c) {
    return mix(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, lessThan(c, vec3(0.04045)));
}
vec4 looked_up(sampler2D map, vec2 at, bvec2 mirrored) {
#ifdef MIRRORED
    // Slopes of the coordinates before they are mirrored, or the seams would blur.
    vec2 there = mix(at, 1.0 - abs(mod(at, 2.0) - 1.0), mirrored);
    return textureGrad(map, there, dFdx(at), dFdy(at));
#else
    return texture(map, at, LOD_BIAS);
#endif
}
void main() {
#ifdef TEXTURED
    vec4 found = looked_up(base, uv, mirror);
#else
    vec4 found = vec4(1.0);
#endif
    vec4 scale = factor;
#ifdef VERTEX_COLOURS
    scale *= tint;
#endif
    float alpha = found.a * scale.a;
#ifdef ALPHA_TEST
    if (alpha < cutoff) discard;
#endif
#ifdef SOLID_DRAWN
    if (alpha >= SOLID_DRAWN) discard;
#endif
#ifdef GEOMETRY
    place = vec4(position, depth);
    vec3 n = dot(normal, normal) > 0.0 ? normalize(normal) : vec3(0.0);
    facing = vec4(gl_FrontFacing ? n : -n, gl_FrontFacing ? part_number : -part_number);
#else
#ifdef TINTED
    vec3 linear = decoded(found.rgb) * scale.rgb;
#ifdef GLOW_TEXTURED
    linear += glow * decoded(looked_up(glow_map, glow_uv, glow_mirror).rgb);
#elif defined(GLOW)
    linear += glow;
#endif
    found.rgb = encoded(linear);
#endif
#ifdef BLENDED
    colour = vec4(found.rgb * alpha, alpha);
#else
    colour = vec4(found.rgb, 1.0);
#endif
#endif
}
"""


def paper_program(features: tuple[str, ...]) -> tuple[str, str]:
    """Return vertex and fragment shader of paper mode: some of SOLID, POSITION_ONLY."""
    return _PAPER_VERTEX, _with(_PAPER_FRAGMENT, features)


def fixed_program(features: tuple[str, ...]) -> tuple[str, str]:
    """Return vertex and fragment shader of fixed mode.

    Args:
        features: some of GEOMETRY (else colour), TEXTURED, MIRRORED, VERTEX_COLOURS, ALPHA_TEST,
            BLENDED, TINTED, GLOW (with TINTED), GLOW_TEXTURED (with GLOW), SOLID_DRAWN with the
            alpha from which texels were drawn before.
    """
    bias = _GEOMETRY_LOD_BIAS if "GEOMETRY" in features else _COLOUR_LOD_BIAS
    wanted = (*features, f"LOD_BIAS {bias}")
    return _with(_FIXED_VERTEX, wanted), _with(_FIXED_FRAGMENT, wanted)


def _with(shader: str, features: tuple[str, ...]) -> str:
    defines = "".join(f"#define {feature}\n" for feature in features)
    return shader.replace("core\n", "core\n" + defines, 1)
