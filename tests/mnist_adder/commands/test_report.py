"""`mnist-adder report`: what it writes, and bad input in one line."""

import base64
import io
import re
import shutil
import sys
from contextlib import redirect_stdout
from functools import partial

import pytest
from PIL import Image

from mnist_adder.cli import main
from mnist_adder.network.checkpoint import save_checkpoint
from mnist_adder.network.scoring import evaluate
from mnist_adder.report.plot import DARK, LIGHT
from tests.support.reports import HISTORY, Page

PICTURES = {"curves.png", "confusion.png", "digit_by_number.png", "mistakes.png"}


@pytest.fixture(scope="module")
def run(tmp_path_factory, mistaken_network):
    """A folder as `train` writes it, with a recipe that would like to be HTML."""
    folder = tmp_path_factory.mktemp("run")
    recipe = {
        "preset": "slice",
        "data": "sample",
        "batch_size": 128,
        "augment": 1,
        "nesterov": False,
        "note": "<script>'&",
    }
    save_checkpoint(folder / "checkpoint.safetensors", mistaken_network, recipe, {})
    (folder / "history.csv").write_text(HISTORY)
    return folder


@pytest.fixture(scope="module")
def said(run):
    """What the command said as it wrote RUN/report, on the data of the recipe."""
    with redirect_stdout(io.StringIO()) as out:
        assert main(["report", str(run)]) == 0
    return out.getvalue()


@pytest.mark.slow
def test_the_seed_fixes_the_numbers_of_the_score(run, tmp_path, mistaken_network, sample):
    assert main(["report", str(run), "--seed", "5", "-o", str(tmp_path / "other")]) == 0
    text = Page((tmp_path / "other" / "report.html").read_text(encoding="utf-8")).text
    shown = [f"{evaluate(mistaken_network, sample[1], seed).sum_accuracy:.2%}".replace("%", " %") for seed in (5, 0)]
    assert shown[0] != shown[1]
    assert f"sum right, one number an image{shown[0]}" in text


def test_the_command_names_what_it_wrote(run, said):
    assert {path.name for path in (run / "report").iterdir()} == {"report.html", *PICTURES}
    assert said.startswith(f"wrote {run / 'report' / 'report.html'}, and beside it curves.png, confusion.png, ")
    assert re.search(r", in [\d.]+ s\n$", said)


def embedded(address: str) -> bytes:
    return base64.b64decode(address.removeprefix("data:image/png;base64,"))


def paper(png: bytes) -> str:
    """The colour of a picture's corner."""
    return "#" + bytes(Image.open(io.BytesIO(png)).convert("RGB").getpixel((0, 0))).hex()


def test_the_page_needs_no_other_file(run, said):
    html = (run / "report" / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert "http" not in html
    assert "url(" not in html
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.tags}
    images = page.all("img")
    assert len(images) == len(page.all("source")) == len(page.all("figcaption")) == len(PICTURES)
    assert all(len(image["alt"]) > 40 for image in images)
    for attributes, name in zip(images, ("curves", "confusion", "digit_by_number", "mistakes"), strict=True):
        png = embedded(attributes["src"])
        assert png == (run / "report" / f"{name}.png").read_bytes()
        assert min(Image.open(io.BytesIO(png)).size) > 500
        assert paper(png) == LIGHT.paper
    for attributes in page.all("source"):
        assert attributes["media"] == "screen and (prefers-color-scheme: dark)"
        assert paper(embedded(attributes["srcset"])) == DARK.paper


def test_the_page_says_what_was_measured(run, said, answers, mistaken_network):
    text = Page((run / "report" / "report.html").read_text(encoding="utf-8")).text
    digits = (answers.read == answers.digit).mean()
    assert f"digits read rightly{digits:.2%}".replace("%", " %") in text
    assert f"sum right, every image with every number{answers.sum_right.mean():.2%}".replace("%", " %") in text
    for row in (
        "test images1,000",
        f"parameters{sum(value.numel() for value in mistaken_network.parameters()):,}",
        "time3 min 2 s",
        "batch size128",
        "augment1",
        "nesterovno",
        "epochs learned3",
    ):
        assert row in text
    assert "note<script>'&" in text


@pytest.fixture
def fails(fails):
    return partial(fails, "report")


def test_bad_input_is_one_line_and_leaves_nothing(fails, run, tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "a folder that `mnist-adder train` wrote" in fails(empty)
    assert "a folder that `mnist-adder train` wrote" in fails(tmp_path / "nowhere")
    assert "is a file" in fails(run / "history.csv", code=2)
    shutil.copy(run / "history.csv", empty)
    assert "can't read the checkpoint" in fails(empty)
    (empty / "checkpoint.safetensors").write_text("not a network")
    assert "safetensors file" in fails(empty)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert sorted(path.name for path in empty.iterdir()) == ["checkpoint.safetensors", "history.csv"]
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "report needs matplotlib; in the project's folder, run: pip install '.[report]'" in fails(run)


@pytest.mark.slow
def test_a_report_that_cant_be_written_is_one_line(fails, run, tmp_path):
    (tmp_path / "file").touch()
    assert "can't write to the directory" in fails(run, "-o", tmp_path / "file" / "report")
