"""`mnist-adder predict` of several pictures and of folders."""

import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from mnist_adder.cli import main
from mnist_adder.data import picture
from mnist_adder.data.picture import read_picture
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.prediction import predict


@pytest.fixture
def pictures(sample, tmp_path):
    """A folder of three pictures, one in capitals, and a file that is no picture."""
    for name, pixels in zip(("c.png", "a.PNG", "b.bmp"), sample[1].pixels, strict=False):
        Image.fromarray(pixels[0].numpy()).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("3 pictures")
    return tmp_path


def expected(file):
    model, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    return predict(model, [read_picture(file)], 4)[0]


def run(capsys, *arguments):
    code = main(["predict", "slice-regression", "--number", "4", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_a_folder_is_a_table(pictures, capsys):
    code, out, err = run(capsys, "--image", pictures)
    assert (code, err) == (0, "")
    head, *rows = [line.split() for line in out.splitlines()]
    assert head == ["picture", "digit", "probability", "sum"]
    for name, row in zip(("a.PNG", "b.bmp", "c.png"), rows, strict=True):
        answer = expected(pictures / name)
        assert row == [str(pictures / name), str(answer.digit), f"{answer.probability:.2%}", str(answer.sum)]


def test_json_is_an_object_a_line(pictures, capsys):
    files = [pictures / "c.png", pictures / "a.PNG"]
    code, out, err = run(capsys, "--image", files[0], "--image", files[1], "--json")
    assert (code, err) == (0, "")
    for file, line in zip(files, out.splitlines(), strict=True):
        answer = expected(file)
        assert json.loads(line) == {
            "image": str(file),
            "number": 4,
            "digit": answer.digit,
            "probability": answer.probability,
            "sum": answer.sum,
            "sure": True,
            "reason": "",
        }


@pytest.fixture
def no_digits(tmp_path):
    """A page with a letter, and an empty one."""
    page = Image.new("L", (400, 300), 240)
    page.save(tmp_path / "empty.png")
    font = ImageFont.truetype(str(Path(__file__).parents[2] / "support" / "fonts" / "Carlito-Bold.ttf"), 160)
    ImageDraw.Draw(page).text((130, 60), "A", 30, font)
    page.save(tmp_path / "letter.png")
    return [tmp_path / "empty.png", tmp_path / "letter.png"]


def test_no_digit_is_an_answer(no_digits, capsys):
    empty, letter = no_digits
    reasons = {empty: "nothing stands out from the paper", letter: "it doesn't look like a digit"}
    for file, reason in reasons.items():
        assert run(capsys, "--image", file) == (0, f"no digit: {reason}\n", "")
    code, out, _ = run(capsys, "--image", empty, "--image", letter)
    assert code == 0
    for line, (file, reason) in zip(out.splitlines()[1:], reasons.items(), strict=True):
        assert line.split(maxsplit=3) == [str(file), "-", "-", f"no digit: {reason}"]
    code, out, _ = run(capsys, "--image", empty, "--image", letter, "--json")
    assert code == 0
    for line, reason in zip(out.splitlines(), reasons.values(), strict=True):
        answer = json.loads(line)
        assert (answer["digit"], answer["sum"], answer["sure"], answer["reason"]) == (None, None, False, reason)


def test_one_that_cannot_be_read_is_named_and_the_others_are_read(pictures, capsys):
    code, out, err = run(capsys, "--image", pictures / "notes.txt", "--image", pictures / "c.png", "--json")
    assert code == 1
    assert [json.loads(line)["image"] for line in out.splitlines()] == [str(pictures / "c.png")]
    first, last = err.splitlines()
    assert first == f"{pictures / 'notes.txt'} isn't a picture in a format this program can read"
    assert last == "Error: 1 of 2 pictures could not be read"


def test_a_fault_of_ours_in_one_picture_is_its_line_and_the_others_are_read(pictures, capsys, monkeypatch):
    read = picture.read_picture

    def faulty(path):
        if path.name == "a.PNG":
            raise IndexError("index 0 is out of bounds")
        return read(path)

    monkeypatch.setattr(picture, "read_picture", faulty)
    code, out, err = run(capsys, "--image", pictures, "--json")
    assert code == 1
    assert [Path(json.loads(line)["image"]).name for line in out.splitlines()] == ["b.bmp", "c.png"]
    first, last = err.splitlines()
    assert first.startswith(f"{pictures / 'a.PNG'} could not be read: IndexError: index 0 is out of bounds")
    assert last == "Error: 1 of 3 pictures could not be read"


def test_a_folder_without_a_picture(tmp_path, capsys):
    code, out, err = run(capsys, "--image", tmp_path)
    assert (code, out) == (1, "")
    assert f"{tmp_path} has no picture in it" in err
