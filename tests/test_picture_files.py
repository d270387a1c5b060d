"""Picture files of every kind, their colours, and what is refused."""

import io
import random
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from panic3d.errors import PictureError
from panic3d.image import decode_picture, decode_portrait, read_portrait
from panic3d.picture_files import MAX_PIXELS, decode

RNG = np.random.default_rng(0)
FLAT = np.zeros((70, 90, 3), np.uint8)
FLAT[:, :45], FLAT[:, 45:], FLAT[40:] = (220, 40, 60), (30, 60, 200), (240, 230, 210)
"""Three plain fields, which lossy formats keep but along their borders."""
FIELDS = {(20, 20): (220, 40, 60), (20, 70): (30, 60, 200), (55, 45): (240, 230, 210)}


def encoded(image, kind, **options):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF: pip install 'pillow>=11.3'")
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def soft_edged(alpha=True):
    """A disc with a soft edge: straight RGBA."""
    y, x = np.mgrid[:70, :90] + 0.5
    cover = np.clip((25 - np.hypot(x - 45, y - 35)) / 6 + 0.5, 0, 1)
    colour = np.where(x[..., None] < 45, (250, 200, 120), (90, 220, 250))
    return np.concatenate([colour, np.round(cover * 255)[..., None]], -1).astype(np.uint8)


# Kinds


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_every_kind_is_read_whatever_it_is_called(tmp_path, kind):
    """Oracle: the colours in the middle of plain fields, a few levels off in lossy formats."""
    path = tmp_path / "picture.of"
    path.write_bytes(encoded(Image.fromarray(FLAT), kind))
    picture, notes = read_portrait(path)
    assert picture.size == (90, 70) and notes == ()
    assert (picture.rgba[..., 3] == 255).all()
    for (row, column), colour in FIELDS.items():
        off = picture.rgba[row, column, :3].astype(int) - colour
        assert np.abs(off).max() <= (0 if kind in ("PNG", "BMP", "TIFF", "GIF") else 6)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True, "exact": True}),
        ("AVIF", {"quality": 100}),
        ("TIFF", {}),
    ],
)
def test_alpha_is_read_straight(kind, options):
    """Oracle: the array that was written; of lossy AVIF, as it looks on grey."""
    rgba = soft_edged()
    found = decode_picture(encoded(Image.fromarray(rgba), kind, **options), "it")
    if kind != "AVIF":
        np.testing.assert_array_equal(found.rgba, rgba)
    else:
        on_grey = [
            p[..., :3] * (p[..., 3:] / 255) + 128 * (1 - p[..., 3:] / 255)
            for p in (found.rgba, rgba)
        ]
        assert np.abs(on_grey[0] - on_grey[1]).mean() < 2


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF", "PNG"])
def test_of_an_animation_the_first_frame_is_read(kind):
    """Oracle: the first of three plain frames, and a note."""
    frames = [Image.new("RGB", (80, 70), c) for c in ("red", "lime", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    picture, notes = decode_portrait(data, "it")
    assert np.abs(picture.rgba.astype(int) - (255, 0, 0, 255)).max() <= 6
    assert notes == ("it has several frames, and the first is used",)


def test_cmyk_without_a_profile_is_ink_on_white():
    """Oracle: (1 - ink) (1 - black), the usual conversion without a profile."""
    inks = np.zeros((64, 64, 4), np.uint8)
    inks[:, 16:32], inks[:, 32:48], inks[:, 48:] = (255, 0, 0, 0), (0, 0, 0, 255), (0, 100, 0, 128)
    data = encoded(Image.fromarray(inks, "CMYK"), "TIFF")
    found = decode_portrait(data, "it").picture.rgba
    for column, rgb in {8: (255, 255, 255), 20: (0, 255, 255), 40: (0, 0, 0)}.items():
        assert found[5, column].tolist() == [*rgb, 255]
    half = 255 * (1 - 128 / 255)
    expected = (half, half * (1 - 100 / 255), half)
    assert np.abs(found[5, 60, :3] - expected).max() <= 1
    photo = decode_portrait(encoded(Image.fromarray(inks, "CMYK"), "JPEG", quality=95), "it")
    assert np.abs(photo.picture.rgba[5, 8].astype(int) - 255).max() <= 4


def test_the_transparent_colour_of_16_bits_is_transparent():
    """Oracle: one pixel of the named colour, one of another; Pillow looks for 16 bits in 8."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    row = b"\0" + struct.pack(">6H", 0x8012, 0x4034, 0x2056, 0xFF00, 0x4034, 0x2056)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
    data += chunk(b"tRNS", struct.pack(">3H", 0x8012, 0x4034, 0x2056))
    data += chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    assert decode(data, "it").rgba[0].tolist() == [[0x80, 0x40, 0x20, 0], [255, 0x40, 0x20, 255]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_data_turn_every_kind(kind):
    """Oracle: orientation 6 is a quarter turn clockwise, which swaps the sides."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.fromarray(FLAT), kind, exif=exif)
    picture, notes = decode_portrait(data, "it")
    assert picture.size == (70, 90)
    expected = np.rot90(FLAT, -1)
    assert np.abs(picture.rgba[20, 60, :3].astype(int) - expected[20, 60]).max() <= 6
    assert notes == ("it was turned upright as its EXIF data say",)
    assert decode_picture(data, "it", upright=False).size == (90, 70)


# Colour profiles, made by hand


def profile_of(space, tags, kind=b"mntr", pcs=b"XYZ "):
    """An ICC profile, version 2.4."""
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    size = offset + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02400000, kind, space, pcs)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)  # D50
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*values):
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def described(text):
    raw = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + b"\0" * 78


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


# Columns of sRGB's matrix, adapted to D50 (IEC 61966-2-1 as ICC profiles have it).
RED, GREEN, BLUE = (
    (0.4360747, 0.2225045, 0.0139322),
    (0.3850649, 0.7168786, 0.0971045),
    (0.1430804, 0.0606169, 0.7141733),
)
WHITE = (0.9642, 1.0, 0.8249)


def rgb_profile(red=RED, green=GREEN, blue=BLUE, power=2.2, title="test"):
    tags = {b"desc": described(title), b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": xyz(*WHITE)}
    tags |= {b"rXYZ": xyz(*red), b"gXYZ": xyz(*green), b"bXYZ": xyz(*blue)}
    tags |= {b"rTRC": gamma(power), b"gTRC": gamma(power), b"bTRC": gamma(power)}
    return profile_of(b"RGB ", tags)


def shown(level):
    """The sRGB level of a light level."""
    light = level / 255
    return 255 * np.where(light < 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_colours_are_brought_to_srgb(kind):
    """Oracle: a profile whose red light is sRGB's green, and the other way round."""
    swapped = rgb_profile(red=GREEN, green=RED, title="Swapped \x07primaries")
    picture = np.full((64, 64, 3), (255, 0, 0), np.uint8)
    found = decode_portrait(encoded(Image.fromarray(picture), kind, icc_profile=swapped), "it")
    assert np.abs(found.picture.rgba[30, 30].astype(int) - (0, 255, 0, 255)).max() <= 8
    assert found.notes == ("its colours were brought from Swapped primaries to sRGB",)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA"])
def test_linear_light_is_brought_to_srgb_in_every_mode(mode):
    """Oracle: the sRGB curve in closed form; alpha is no light and stays."""
    levels = np.linspace(0, 255, 64).astype(np.uint8)
    grey = Image.fromarray(np.tile(levels, (64, 1)))
    alpha = None
    if mode.endswith("A"):
        alpha = Image.fromarray(np.tile(levels[::-1], (64, 1)))
        bands = [grey] * (len(mode) - 1)
        image = Image.merge(mode, [*bands, alpha])
    else:
        image = grey.convert(mode)
    if mode[0] == "L":
        tags = {b"desc": described("g"), b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": xyz(*WHITE)}
        profile = profile_of(b"GRAY", {**tags, b"kTRC": gamma(1.0)})
    else:
        profile = rgb_profile(power=1.0)
    found = decode(encoded(image, "PNG", icc_profile=profile), "it").rgba
    assert np.abs(found[3, :, :3] - shown(levels)[:, None]).max() <= 1.5
    expected = 255 if alpha is None else levels[::-1]
    np.testing.assert_array_equal(found[3, :, 3], np.broadcast_to(expected, 64))


def test_a_profile_of_printing_inks_is_used():
    """Oracle: a table made by hand whose only full cyan is a green, CIE Lab (50, -60, 40)."""
    clut = np.full((2, 2, 2, 2, 3), (255, 128, 128), np.uint8)  # Lab: white, whatever the inks
    clut[1, 0, 0, 0] = (128, 128 - 60, 128 + 40)
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * np.eye(3, dtype=int)).ravel().tolist())
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + identity * 4
    table += clut.tobytes() + identity * 3
    tags = {b"desc": described("inks"), b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": xyz(*WHITE)}
    profile = profile_of(b"CMYK", {**tags, b"A2B0": table}, kind=b"prtr", pcs=b"Lab ")
    inks = np.zeros((64, 64, 4), np.uint8)
    inks[:, 32:] = (255, 0, 0, 0)
    found, notes = decode_portrait(
        encoded(Image.fromarray(inks, "CMYK"), "TIFF", icc_profile=profile), "it"
    )
    assert np.abs(found.rgba[5, 5].astype(int) - 255).max() <= 2
    # Lab (50, -60, 40) is about sRGB (0, 142, 41): red is beyond what screens show.
    red, green, blue, alpha = found.rgba[5, 50].tolist()
    assert red < 20 and 125 < green < 155 and 20 < blue < 65 and alpha == 255
    assert notes == ("its colours were brought from inks to sRGB",)


@pytest.mark.parametrize("power", [None, 2.2])
def test_what_is_srgb_already_keeps_its_levels(power):
    """Oracle: the array, to the bit; through the profile some levels would move by one."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgba = RNG.integers(0, 256, (64, 64, 4), dtype=np.uint8)
    if power is not None:  # sRGB's curve is no power, and dark colours are some levels off
        profile = rgb_profile(power=power)
        rgba[..., :3] = 255
    found, notes = decode_portrait(
        encoded(Image.fromarray(rgba), "PNG", icc_profile=profile), "it", alpha="straight"
    )
    np.testing.assert_array_equal(found.rgba, rgba)
    assert (notes == ()) == (power is None)


@pytest.mark.parametrize(
    ("profile", "note"),
    [
        (b"no profile", "cannot be read"),
        (rgb_profile()[:200], "cannot be read"),
        (profile_of(b"GRAY", {b"kTRC": gamma(1.0)}), "is for GRAY"),
        (profile_of(b"CMYK", {}), "is for CMYK"),
        (profile_of(b"RGB ", {}), "cannot be read"),
    ],
    ids=["none", "cut", "grey", "cmyk", "empty"],
)
def test_a_profile_that_does_not_fit_is_left_aside_and_named(profile, note):
    data = encoded(Image.fromarray(FLAT), "PNG", icc_profile=profile)
    picture, notes = decode_portrait(data, "it")
    np.testing.assert_array_equal(picture.rgba[..., :3], FLAT)
    assert len(notes) == 1 and note in notes[0]


def test_textures_are_taken_as_they_are_stored():
    """Oracle: glTF 2.0, "colour space information … must be ignored"."""
    data = encoded(Image.fromarray(FLAT), "PNG", icc_profile=rgb_profile(power=1.0))
    np.testing.assert_array_equal(decode_picture(data, "it", upright=False).rgba[..., :3], FLAT)


# Premultiplied alpha


def premultiplied(rgba):
    found = rgba.copy()
    found[..., :3] = np.round(rgba[..., :3] * (rgba[..., 3:] / 255))
    return found


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_premultiplied_colours_are_found_and_divided(kind):
    """Oracle: the straight picture before; as far as 8 bits go, so laid on white."""
    rgba = soft_edged()
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(premultiplied(rgba)), kind, **options)
    picture, notes = decode_portrait(data, "it")
    on_white = picture.on((255, 255, 255)).rgba.astype(int)
    expected = Image.new("RGBA", (90, 70), "white")
    expected.alpha_composite(Image.fromarray(rgba))
    assert np.abs(on_white - np.asarray(expected)).max() <= 2
    assert notes == ("its colours were premultiplied by alpha, which was undone",)
    kept = decode_portrait(data, "it", alpha="straight")
    np.testing.assert_array_equal(kept.picture.rgba, premultiplied(rgba))
    assert kept.notes == ()


def outlined():
    """The same with a black outline all round: soft edges are black, straight or not."""
    rgba = soft_edged()
    y, x = np.mgrid[:70, :90] + 0.5
    rgba[np.hypot(x - 45, y - 35) > 20, :3] = 0
    return rgba


def shadowed():
    """Opaque, bright, sharp, with a soft black shadow beside it."""
    rgba = np.zeros((70, 90, 4), np.uint8)
    rgba[:, 40:, 3] = np.linspace(200, 0, 50).astype(np.uint8)
    rgba[:, :40] = (250, 220, 200, 255)
    return rgba


@pytest.mark.parametrize(
    "rgba",
    [
        soft_edged(),
        outlined(),
        shadowed(),
        np.concatenate([FLAT, np.full((70, 90, 1), 255, np.uint8)], -1),
        np.concatenate([FLAT // 8, np.full((70, 90, 1), 100, np.uint8)], -1),
        RNG.integers(0, 256, (70, 90, 4), dtype=np.uint8),
    ],
    ids=["soft", "outlined", "shadow", "opaque", "glass", "noise"],
)
def test_straight_colours_are_left_alone(rgba):
    """Oracle: the array that was written."""
    picture, notes = decode_portrait(encoded(Image.fromarray(rgba), "PNG"), "it")
    np.testing.assert_array_equal(picture.rgba, rgba)
    assert notes == ()


def test_who_knows_better_says_so():
    rgba = outlined()
    data = encoded(Image.fromarray(premultiplied(shadowed())), "PNG")
    found = decode_portrait(data, "it", alpha="premultiplied").picture.rgba
    np.testing.assert_array_equal(found, shadowed())
    assert rgba.shape == found.shape


# What is refused


@pytest.mark.parametrize(("width", "height"), [(63, 200), (200, 63), (1, 1)])
def test_a_portrait_has_64_pixels_on_each_side(width, height):
    data = encoded(Image.new("RGB", (width, height)), "PNG")
    with pytest.raises(PictureError, match=rf"{width} x {height} pixels, expected at least 64"):
        decode_portrait(data, "it")
    assert decode_portrait(encoded(Image.new("RGB", (64, 64)), "PNG"), "it").picture.size == (
        64,
        64,
    )


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "it is empty"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"CSFCHUNK", "a Clip Studio file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><title>404</title>", "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript file"),
        (b"glTF\2\0\0\0", "a 3D model"),
        (b"hello", "none of a picture's"),
    ],
)
def test_another_kind_of_file_is_named(data, what):
    with pytest.raises(PictureError, match=rf"it cannot be read.*{what}.*save it as PNG"):
        decode_portrait(data, "it")


def test_a_real_bomb_is_refused_before_it_is_decoded():
    """Oracle: seconds and bytes. 30 000 x 30 000 white pixels are 110 kB as a PNG."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    side = 30_000
    packer = zlib.compressobj(1)
    line = b"\0" + b"\xff" * (side // 8)
    packed = b"".join(packer.compress(line * 100) for _ in range(side // 100)) + packer.flush()
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    data += chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(PictureError, match=f"30000 x 30000 pixels, at most {MAX_PIXELS}"):
        decode_portrait(data, "bomb.png")
    assert time.perf_counter() - began < 0.5
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def with_size(kind, width, height):
    """A file whose header promises a size."""
    data = bytearray(
        encoded(Image.fromarray(FLAT), kind, **({} if kind != "WEBP" else {"lossless": True}))
    )
    if kind == "GIF":
        data[6:10] = struct.pack("<HH", width, height)
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    elif kind == "WEBP":
        data[21:25] = ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "side", "message"),
    [
        ("GIF", 30_000, "30000 x 30000 pixels"),
        ("WEBP", 16_000, "16000 x 16000 pixels"),
        ("JPEG", 10_000, "10000 x 10000 pixels"),
        ("JPEG", 60_000, "3600000000 pixels"),
        ("BMP", 60_000, "3600000000 pixels"),
    ],
)
def test_a_header_that_promises_too_much_is_refused(kind, side, message):
    with pytest.raises(PictureError, match=f"it has {message}, at most {MAX_PIXELS} are read"):
        decode_portrait(with_size(kind, side, side), "it")


def test_more_pixels_than_the_bytes_can_hold_are_refused():
    data = with_size("GIF", 7_900, 8_000)
    with pytest.raises(PictureError, match=r"promises 7900 x 8000 pixels in \d+ bytes"):
        decode_portrait(data, "it")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_cut_short_is_refused(kind, share):
    noise = RNG.integers(0, 256, (70, 90, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(PictureError, match=r"it cannot be read as a picture .*expected"):
        decode_portrait(data[: int(len(data) * share)], "it")


def test_two_hundred_damaged_files_are_read_or_refused():
    """Seeded: bytes changed, cut out, doubled, swapped; nothing but a PictureError comes out."""
    chance = random.Random(6)
    exif = Image.Exif()
    exif[0x0112] = 6
    more = {"exif": exif, "icc_profile": rgb_profile(power=1.4)}
    rgba, rgb = Image.fromarray(soft_edged()), Image.fromarray(FLAT)
    grey = Image.fromarray(RNG.integers(0, 1 << 16, (66, 70)).astype(np.uint16))
    originals = [
        encoded(rgba, "PNG", **more),
        encoded(rgb, "JPEG", **more),
        encoded(rgb, "JPEG", progressive=True),
        encoded(rgba, "WEBP", **more),
        encoded(rgba, "WEBP", lossless=True),
        encoded(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)]),
        encoded(rgb.quantize(5), "PNG", transparency=2),
        encoded(grey, "PNG"),
        encoded(rgba, "TIFF", compression="tiff_lzw"),
        encoded(rgb, "BMP"),
    ]
    if features.check("avif"):
        originals.append(encoded(rgba, "AVIF", **more))
    read = 0
    for _ in range(200):
        data = bytearray(chance.choice(originals))
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            # Half of it in the first bytes, where formats have their sizes.
            at = chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 400))
            match chance.randrange(5):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    data[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"))
                case 2:
                    del data[at : at + chance.randrange(1, 30)]
                case 3:
                    data[at:at] = data[at : at + chance.randrange(1, 200)]
                case _:
                    data[at] ^= 1 << chance.randrange(8)
        began = time.perf_counter()
        try:
            picture, _ = decode_portrait(bytes(data), "it")
            width, height = picture.size
            assert picture.rgba.shape == (height, width, 4) and picture.rgba.dtype == np.uint8
            assert 64 <= min(width, height) and width * height <= MAX_PIXELS
            read += 1
        except PictureError as error:
            assert str(error).startswith("it ") and "\n" not in str(error)
        assert time.perf_counter() - began < 2
    assert 20 < read < 180, "the damage is either none or too much to say anything"
