import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from excel_export.shared.errors import UserError
from mnist_adder.data.picture import MOST_PIXELS, read_digit, read_picture


@pytest.fixture
def digit(sample) -> np.ndarray:
    """A seven, light on black."""
    test = sample[1]
    return test.pixels[test.labels == 7][0, 0].numpy()


@pytest.fixture
def read(tmp_path):
    def read(picture: Image.Image, name: str = "digit.png") -> np.ndarray:
        picture.save(tmp_path / name)
        return read_digit(tmp_path / name)

    return read


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference of the grey values, as a share of the ink that there is."""
    return float(np.abs(one.astype(float) - other).sum() / other.sum())


def test_a_picture_of_28x28_pixels_is_used_as_it_is(read, digit):
    assert np.array_equal(read(Image.fromarray(digit)), digit)


def test_a_light_background_is_inverted(read, digit):
    assert np.array_equal(read(ImageOps.invert(Image.fromarray(digit))), digit)


@pytest.mark.parametrize("name", ["digit.png", "digit.bmp", "digit.tif", "digit.webp", "digit.jpg"])
def test_formats_and_colours(read, digit, name):
    found = read(Image.fromarray(digit).convert("RGB"), name)
    assert distance(found, digit) < 0.15


def moved(digit: np.ndarray, side: int, size: tuple[int, int], corner: tuple[int, int]) -> Image.Image:
    """The digit scaled to `side` pixels, somewhere on a larger black picture."""
    canvas = Image.new("L", size)
    canvas.paste(Image.fromarray(digit).resize((side, side)), corner)
    return canvas


@pytest.mark.parametrize("side", [28, 56, 140])
def test_size_and_place_dont_matter(read, digit, side):
    # Strokes come out as wide, but with sharper edges.
    assert distance(read(moved(digit, side, (300, 200), (150, 40))), digit) < 0.45


def test_pencil_on_grey_paper_is_read_as_ink_on_nothing(read, digit):
    paper = ImageOps.invert(moved(digit, 56, (120, 90), (40, 20))).point(lambda value: 60 + value // 2)
    found = read(paper)
    assert distance(found, digit) < 0.35
    assert found.max() == 255
    assert found[0].max() == 0


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_a_transparent_background(read, digit, ink):
    alpha = moved(digit, 56, (100, 100), (20, 20))
    found = read(Image.merge("LA", (Image.new("L", alpha.size, ink), alpha)))
    assert distance(found, digit) < 0.45


def test_sixteen_bits(read, digit):
    assert np.array_equal(read(Image.fromarray(digit.astype(np.uint16) * 257)), digit)


def test_the_centre_of_mass_comes_to_the_middle_and_the_digit_fits_its_box(read):
    picture = np.zeros((90, 60), np.uint8)
    picture[10:70, 5:25] = 255
    found = read(Image.fromarray(picture))
    rows, columns = np.nonzero(found)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 7)
    assert abs(rows.mean() - 14) <= 0.5
    assert abs(columns.mean() - 14) <= 0.5


@pytest.mark.parametrize("size", [(1, 1000), (1000, 1), (2, 2)])
def test_odd_shapes_are_no_trouble_and_no_digit(tmp_path, size):
    picture = Image.new("L", size)
    picture.putpixel((size[0] - 1, size[1] - 1), 255)
    picture.save(tmp_path / "odd.png")
    assert read_picture(tmp_path / "odd.png").doubt


def test_what_isnt_a_picture_is_refused_by_name(tmp_path, read, digit):
    def refuse(path, complaint):
        with pytest.raises(UserError, match=complaint) as refusal:
            read_digit(path)
        assert str(path) in str(refusal.value)

    refuse(tmp_path / "missing.png", "No such file")
    refuse(tmp_path, "Is a directory")
    text = tmp_path / "text.png"
    text.write_text("seven")
    refuse(text, "isn't a picture")
    read(moved(digit, 100, (300, 300), (90, 90)))
    whole = (tmp_path / "digit.png").read_bytes()
    for kept in (20, 40, len(whole) // 2):
        text.write_bytes(whole[:kept])
        refuse(text, "picture")
    Image.new("L", (50, 50), 90).save(text)
    refuse(text, "shows no digit")


def test_a_picture_far_too_large_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "poster.png"
    header = b"IHDR" + struct.pack(">IIBBBBB", MOST_PIXELS // 8192 + 1, 8192, 1, 0, 0, 0, 0)
    checked = struct.pack(">I", len(header) - 4) + header + struct.pack(">I", zlib.crc32(header))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + checked + b"\0\0\0\0IDAT")
    with pytest.raises(UserError, match="too large"):
        read_digit(path)


def test_a_photograph_of_fifty_megapixels_is_read(tmp_path, digit):
    path = tmp_path / "large.png"
    moved(digit, 3000, (8660, 5774), (2000, 1500)).save(path, compress_level=1)
    assert 50_000_000 < 8660 * 5774 < MOST_PIXELS
    found = read_picture(path)
    assert distance(found.pixels, digit) < 0.45
    assert not found.doubt


def test_a_heic_picture_names_what_reads_it(tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_adder.data.picture.HEIC", ())
    path = tmp_path / "photo.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(UserError, match=r"pip install '.\[heic\]', or save it as JPEG"):
        read_picture(path)


def test_a_heic_picture_is_read_where_its_reader_is_installed(tmp_path, digit):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    moved(digit, 140, (300, 200), (100, 40)).convert("RGB").save(tmp_path / "photo.heic")
    assert distance(read_picture(tmp_path / "photo.heic").pixels, digit) < 0.5
