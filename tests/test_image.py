import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from panic3d import picture_files as module
from panic3d.errors import Panic3dError, PictureError
from panic3d.image import Picture, read_picture


def some_picture(height=5, width=7):
    rng = np.random.default_rng(0)
    return Picture(rng.integers(0, 256, (height, width, 4), dtype=np.uint8))


@pytest.mark.parametrize("name", ["a.png", "A.PNG"])
def test_a_picture_is_read_as_it_was_saved(tmp_path, name):
    """Oracle: there and back, alpha included."""
    picture = some_picture()
    picture.save(tmp_path / name)
    again = read_picture(tmp_path / name)
    np.testing.assert_array_equal(again.rgba, picture.rgba)
    assert again.size == (7, 5)


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.jpeg", "JPEG"), ("a.webp", "WEBP")]
)
def test_the_format_follows_the_name(tmp_path, name, kind):
    """Oracle: Pillow's own look at the file; lossy formats stay close on a plain picture."""
    picture = Picture(np.full((16, 16, 4), [200, 100, 50, 255], np.uint8))
    picture.save(tmp_path / name)
    with Image.open(tmp_path / name) as found:
        assert found.format == kind
    difference = read_picture(tmp_path / name).rgba.astype(int) - picture.rgba
    assert np.abs(difference).max() <= 4


@pytest.mark.parametrize("name", ["a.gif", "a", "a.png.txt"])
def test_a_name_without_a_known_ending_is_refused(tmp_path, name):
    with pytest.raises(PictureError, match=r"expected one of \.png"):
        some_picture().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_made(tmp_path):
    some_picture().save(tmp_path / "new" / "er" / "a.png")
    assert (tmp_path / "new" / "er" / "a.png").is_file()


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("L", 77, (77, 77, 77, 255)),
        ("RGB", (1, 2, 3), (1, 2, 3, 255)),
        ("LA", (9, 100), (9, 9, 9, 100)),
        ("1", 1, (255, 255, 255, 255)),
    ],
)
def test_other_kinds_of_picture_become_rgba(tmp_path, mode, pixel, expected):
    """Oracle: one pixel of each kind."""
    Image.new(mode, (2, 3), pixel).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png").rgba
    assert found.shape == (3, 2, 4) and found.dtype == np.uint8
    assert (found == expected).all()


def test_a_transparent_palette_keeps_its_transparency(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    image.save(tmp_path / "a.png", transparency=1)
    found = read_picture(tmp_path / "a.png").rgba[0].tolist()
    assert found == [[10, 20, 30, 255], [40, 50, 60, 0]]


DEEP = np.array([[0, 255, 256], [0x7FFF, 0x8000, 0xFFFF]], np.uint16)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_grey_of_16_bits_becomes_8(tmp_path, ending):
    """Oracle: level // 256; by itself Pillow makes all above 255 white."""
    Image.fromarray(DEEP).save(tmp_path / f"a.{ending}")
    found = read_picture(tmp_path / f"a.{ending}").rgba
    for c in range(3):
        np.testing.assert_array_equal(found[..., c], DEEP // 256)
    assert (found[..., 3] == 255).all()


def test_grey_of_16_bits_keeps_its_transparent_level(tmp_path):
    Image.fromarray(DEEP).save(tmp_path / "a.png", transparency=0x8000)
    found = read_picture(tmp_path / "a.png").rgba
    np.testing.assert_array_equal(found[..., 3], np.where(DEEP == 0x8000, 0, 255))


def deep_png(pixel, colour_type):
    """A PNG of one pixel of 16 bits a channel, by hand: Pillow cannot write any."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, colour_type, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(f">{len(pixel)}H", *pixel)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("colour_type", "pixel", "expected"),
    [
        (2, (0x8012, 0xFF00, 0x00FF), (0x80, 0xFF, 0, 255)),
        (4, (0x8012, 0x40FF), (0x80, 0x80, 0x80, 0x40)),
        (6, (0x8012, 0xFF00, 0x00FF, 0x40FF), (0x80, 0xFF, 0, 0x40)),
    ],
)
def test_colours_of_16_bits_become_8(tmp_path, colour_type, pixel, expected):
    """Oracle: the upper byte of each channel."""
    (tmp_path / "a.png").write_bytes(deep_png(pixel, colour_type))
    assert read_picture(tmp_path / "a.png").rgba[0, 0].tolist() == list(expected)


@pytest.mark.parametrize(("mode", "level"), [("F", 0.5), ("I", 70_000), ("I", -1)])
def test_levels_of_unknown_range_are_refused_in_words(tmp_path, mode, level):
    Image.new(mode, (2, 2), level).save(tmp_path / "a.tif")
    with pytest.raises(PictureError, match="expected 8 or 16 bits"):
        read_picture(tmp_path / "a.tif")


CORNERS = np.array([[10, 20, 30], [40, 50, 60]], np.uint8)


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, CORNERS),
        (2, CORNERS[:, ::-1]),
        (3, CORNERS[::-1, ::-1]),
        (4, CORNERS[::-1]),
        (5, CORNERS.T),
        (6, np.rot90(CORNERS, -1)),
        (7, CORNERS[::-1, ::-1].T),
        (8, np.rot90(CORNERS)),
    ],
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_picture_is_turned_as_its_exif_data_say(tmp_path, orientation, upright, kind):
    """Oracle: the EXIF standard's eight orientations, as turns and flips of an array."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = CORNERS if kind is np.uint8 else CORNERS.astype(np.uint16) << 8
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").rgba[..., 0], upright)


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0garbage", bytes(range(200))])
def test_exif_data_that_are_none_do_no_harm(tmp_path, exif):
    some_picture().save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        image.save(tmp_path / "b.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "b.png").rgba, some_picture().rgba)


@pytest.mark.parametrize(
    ("rgba", "expected"),
    [
        ((10, 20, 30, 255), (10, 20, 30)),
        ((10, 20, 30, 0), (255, 255, 255)),
        ((0, 255, 100, 128), (127, 255, 177)),
    ],
)
def test_laying_on_white_blends_by_alpha(rgba, expected):
    """Oracle: a c + (1 - a) 255, to the nearest level."""
    found = Picture(np.full((1, 1, 4), rgba, np.uint8)).on((255, 255, 255)).rgba[0, 0]
    assert np.abs(found[:3].astype(int) - expected).max() <= 1
    assert found[3] == 255


def test_laying_on_a_colour_is_the_closed_form_for_every_alpha():
    """Oracle: straight alpha in float; Pillow's 8 bits may differ by one level."""
    alpha = np.arange(256, dtype=np.uint8)
    rgba = np.stack([alpha[::-1], alpha // 2, np.full_like(alpha, 7), alpha], -1)[None]
    colour = np.array([30, 200, 90])
    found = Picture(rgba).on((30, 200, 90)).rgba
    a = rgba[..., 3:] / 255
    expected = rgba[..., :3] * a + colour * (1 - a)
    assert np.abs(found[..., :3] - expected).max() <= 1
    assert (found[..., 3] == 255).all()


def test_laying_on_a_colour_leaves_the_picture_alone():
    picture = some_picture()
    before = picture.rgba.copy()
    picture.on((0, 0, 0))
    np.testing.assert_array_equal(picture.rgba, before)


def png_bytes(size=(64, 64)):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


def with_flipped_bytes(data):
    broken = bytearray(data)
    for at in range(60, 200, 7):
        broken[at] ^= 0xFF
    return bytes(broken)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        png_bytes()[:20],
        png_bytes()[: len(png_bytes()) // 2],
        with_flipped_bytes(png_bytes()),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["empty", "text", "no-header", "cut", "flipped", "zeros", "svg"],
)
def test_a_broken_file_is_refused_in_words(tmp_path, data):
    path = tmp_path / "portrait.png"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=r"portrait\.png cannot be read as a picture"):
        read_picture(path)


def test_a_missing_file_is_refused_in_words(tmp_path):
    with pytest.raises(PictureError, match="there is no picture"):
        read_picture(tmp_path / "portrait.png")
    with pytest.raises(PictureError, match="there is no picture"):
        read_picture(tmp_path)


def test_a_picture_too_large_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    Image.new("L", (40, 30)).save(path)
    monkeypatch.setattr(module, "MAX_PIXELS", 40 * 30)
    assert read_picture(path).size == (40, 30)

    def decode(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(module, "MAX_PIXELS", 40 * 30 - 1)
    monkeypatch.setattr(Image.Image, "convert", decode)
    with pytest.raises(PictureError, match="40 x 30 pixels, at most 1199 are read"):
        read_picture(path)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        ((10_000, 9_000), "10000 x 9000 pixels, at most 64000000 are read"),
        ((30_000, 30_000), "30000 x 30000 pixels, at most 64000000 are read"),
        ((100_000, 100_000), "100000 x 100000 pixels, at most 64000000 are read"),
    ],
)
def test_a_header_that_promises_a_huge_picture_is_refused(tmp_path, pixels, message):
    """A few bytes must not make the reader ask for gigabytes, nor Pillow warn of bombs."""
    data = bytearray(png_bytes((4, 4)))
    data[16:24] = struct.pack(">II", *pixels)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path = tmp_path / "large.png"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=f"large.png .*{message}"):
        read_picture(path)


def test_a_picture_that_cannot_be_saved_is_an_error_in_words(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(Panic3dError, match="cannot be written"):
        some_picture().save(tmp_path / "a.png")
