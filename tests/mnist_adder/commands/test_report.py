"""`mnist-adder report`: the numbers that are drawn, the page around them, and bad input in one line."""

import base64
import io
import itertools
import re
import shutil
import sys
from contextlib import redirect_stdout
from functools import partial
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from excel_export.shared.errors import UserError
from mnist_adder.cli import main
from mnist_adder.data.dataset import Digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint, save_checkpoint
from mnist_adder.network.prediction import predict
from mnist_adder.network.scoring import Score
from mnist_adder.report.answers import Answers, ask
from mnist_adder.report.confusion import confusion_plot
from mnist_adder.report.curves import apart, curves_plot, panels
from mnist_adder.report.digit_by_number import digit_by_number_plot
from mnist_adder.report.mistakes import mistakes_plot
from mnist_adder.report.page import make_page
from mnist_adder.report.plot import DARK, LIGHT
from mnist_adder.report.tables import confusion, digit_by_number, worst_mistakes
from mnist_adder.report.words import duration, percent
from mnist_adder.training.history import History, read_history
from mnist_adder.training.run_folder import Epoch, as_table

HISTORY = """epoch,train_loss,held_out_loss,test_loss,seconds,train_digit_accuracy,train_sum_accuracy,\
test_digit_accuracy,test_sum_accuracy,mood
1,2.5,9,2.25,61.5,0.5,0.25,0.75,0.5,glum
2,0.25,9,0.5,60,0.75,0.5,0.875,0.75,gay
3,0.125,9,0.25,60.5,0.875,0.75,0.9375,0.875,gay
"""
PICTURES = {"curves.png", "confusion.png", "digit_by_number.png", "mistakes.png"}


@pytest.fixture(scope="module")
def network():
    """A network that ships, a little disturbed, so that it makes mistakes of every kind however good it gets."""
    model, _ = load_checkpoint(bundled_checkpoint("slice", "onehot"))
    torch.manual_seed(0)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.15 * value.std() * torch.randn_like(value)
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory, network):
    """A folder as `train` writes it, with a recipe that would like to be HTML."""
    folder = tmp_path_factory.mktemp("run")
    recipe = {"preset": "slice", "data": "sample", "batch_size": 128, "distort": True, "note": "<script>'&"}
    save_checkpoint(folder / "checkpoint.safetensors", network, recipe, {})
    (folder / "history.csv").write_text(HISTORY)
    return folder


@pytest.fixture(scope="module")
def said(run):
    """What the command said as it wrote RUN/report, on the data of the recipe."""
    with redirect_stdout(io.StringIO()) as out:
        assert main(["report", str(run)]) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def answers(network, sample) -> Answers:
    return ask(network, sample[1])


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "source"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += plain(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def plain(text: str) -> str:
    """Makes spaces of those that don't break a line."""
    return text.replace("\u00a0", " ")


def texts(figure) -> list[str]:
    return [plain(text.get_text()) for axes in figure.axes for text in axes.texts]


# What is counted


def test_the_answers_are_those_of_predict(network, answers, sample):
    test = sample[1]
    assert len(answers) == 1000
    mixed = np.flatnonzero(answers.sum_right.any(axis=1) & ~answers.sum_right.all(axis=1))
    assert len(mixed) > 10
    for i in (*range(0, 1000, 50), *mixed[:20]):
        for number in range(10):
            one = predict(network, test.pixels[i, 0].numpy(), number)
            assert one.digit == answers.read[i]
            assert one.probability == pytest.approx(answers.probability[i], rel=1e-5)
            assert answers.sum_right[i, number] == (one.sum == test.digits[i] + number)
    logits = network.double().classify((test.pixels.double() / 255 - 0.1307) / 0.3081)
    network.float()
    losses = torch.logsumexp(logits, 1) - logits[range(1000), test.digits]
    assert answers.loss == pytest.approx(losses.detach().numpy(), abs=1e-4)


def test_the_tables_count_as_one_would_by_hand(answers):
    counted, right, images = {}, {}, {}
    for i in range(len(answers)):
        digit, read = int(answers.digit[i]), int(answers.read[i])
        counted[digit, read] = counted.get((digit, read), 0) + 1
        images[digit] = images.get(digit, 0) + 1
        for number in range(10):
            right[digit, number] = right.get((digit, number), 0) + int(answers.sum_right[i, number])
    by_read, by_number = confusion(answers), digit_by_number(answers)
    for digit, other in np.ndindex(10, 10):
        assert by_read[digit, other] == counted.get((digit, other), 0)
        assert by_number[digit, other] == pytest.approx(right[digit, other] / images[digit])


def test_the_worst_mistakes_come_first(answers):
    worst = worst_mistakes(answers, 5)
    wrong = [i for i in range(len(answers)) if answers.read[i] != answers.digit[i]]
    assert worst == sorted(wrong, key=lambda i: -answers.loss[i])[:5]
    assert worst_mistakes(answers, 10**6) == sorted(wrong, key=lambda i: -answers.loss[i])


def test_a_digit_without_an_image_has_no_share(network, sample):
    some = sample[1].digits != 3
    answers = ask(network, Digits(sample[1].pixels[some].numpy(), sample[1].digits[some].numpy()))
    table = digit_by_number(answers)
    assert np.isnan(table[3]).all()
    assert not np.isnan(np.delete(table, 3, axis=0)).any()
    assert texts(digit_by_number_plot(table).figure(LIGHT))[30:40] == [""] * 10
    digit_by_number_plot(np.full((10, 10), np.nan)).figure(LIGHT)


# The history


def test_the_history_is_read_by_name(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    history = read_history(tmp_path / "history.csv")
    assert history.epochs == [1, 2, 3]
    assert history.seconds == 182
    assert history.parts == ["train", "test"]
    assert history.columns["test_loss"] == [2.25, 0.5, 0.25]
    assert panels(history) == {
        "Loss": {"train": [2.5, 0.25, 0.125], "test": [2.25, 0.5, 0.25]},
        "Digits read wrongly": {"train": [50, 25, 12.5], "test": [25, 12.5, 6.25]},
        "Sums given wrongly": {"train": [75, 50, 25], "test": [50, 25, 12.5]},
    }


def test_the_history_is_what_training_writes(tmp_path):
    score = Score(10, 0.5, 0.75, 0.25, 0.5)
    written = [Epoch(number, {"train": score, "test": score, "held_out": score}, 1.5) for number in (1, 2)]
    (tmp_path / "history.csv").write_text(as_table(written))
    history = read_history(tmp_path / "history.csv")
    assert (history.epochs, history.seconds) == ([1, 2], 3)
    assert history.columns["train_loss"] == history.columns["test_loss"] == [0.5, 0.5]
    assert history.columns["train_digit_accuracy"] == [0.75, 0.75]
    assert history.columns["test_sum_accuracy"] == [0.25, 0.25]
    assert history.parts == ["train", "held_out", "test"]
    assert panels(history)["Sums given wrongly"] == {part: [75, 75] for part in history.parts}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "lacks the column epoch"),
        (HISTORY.replace("test_loss", "loss").encode(), "lacks the column test_loss"),
        (HISTORY.partition("\n")[0].encode(), "holds no epoch yet"),
        (HISTORY.replace("0.25,9,0.5", "0.25,9,half").encode(), "epoch 2 isn't a row of finite numbers"),
        (HISTORY.replace("0.25,9,0.5", "0.25,9,nan").encode(), "epoch 2 isn't"),
        (HISTORY.replace("\n3,", "\n3.5,").encode(), "epoch 3 isn't"),
        (HISTORY[:-25].encode(), "epoch 3 isn't"),
        (HISTORY.encode() + b"4,\xff\xfe\n", "isn't a row of finite numbers"),
    ],
)
def test_a_bad_history_is_one_line(tmp_path, content, words):
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(UserError, match=words) as error:
        read_history(tmp_path / "history.csv")
    assert "\n" not in str(error.value)


# The pictures


def test_the_curves_are_the_history(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    history = read_history(tmp_path / "history.csv")
    figure = curves_plot(history).figure(LIGHT)
    for axes, (heading, lines) in zip(figure.axes, panels(history).items(), strict=True):
        assert axes.get_title("left") == heading
        assert [list(line.get_ydata()) for line in axes.lines] == list(lines.values())
        assert [list(line.get_xdata()) for line in axes.lines] == [history.epochs] * 2
        colours = [LIGHT.train, LIGHT.test]
        assert [line.get_color() for line in axes.lines] == [text.get_color() for text in axes.texts] == colours
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log", "log"]
    assert texts(figure)[:2] == ["training\n0.125", "test\n0.25"]
    assert texts(figure)[2:4] == ["training\n12.5 %", "test\n6.25 %"]


@pytest.mark.parametrize("accuracy", [[1.0], [1.0, 1.0], [0.9, 1.0]])
def test_curves_without_a_mistake_have_no_logarithm(accuracy):
    names = [f"{part}_{column}" for part in ("train", "test") for column in ("digit_accuracy", "sum_accuracy")]
    losses = {"train_loss": [1.0] * len(accuracy), "test_loss": [0.0] * len(accuracy)}
    history = History(list(range(1, 1 + len(accuracy))), dict.fromkeys(names, accuracy) | losses, 1.0)
    figure = curves_plot(history).figure(DARK)
    assert {axes.get_yscale() for axes in figure.axes} == {"linear"}


@pytest.mark.parametrize("parts", [("train", "test"), ("train", "held_out", "test")])
def test_labels_of_lines_that_end_together_lie_apart_and_within_the_picture(parts):
    names = [f"{part}_{column}" for part in parts for column in ("loss", "digit_accuracy", "sum_accuracy")]
    figure = curves_plot(History([1, 2], {name: [0.1, 0.9] for name in names}, 1.0)).figure(LIGHT)
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(first.overlaps(second) for first, second in itertools.combinations(boxes, 2))
        for box in boxes:
            assert figure.bbox.contains(*box.min)
            assert figure.bbox.contains(*box.max)
            assert box.x0 > axes.transData.transform((2, 1))[0]
            assert box.y0 > axes.bbox.y0


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([0.5, 0.9], [0.5, 0.9]),
        ([0.5, 0.5], [0.42, 0.58]),
        ([0.5, 0.5, 0.5], [0.34, 0.5, 0.66]),
        ([0.2, 0.5, 0.54], [0.2, 0.44, 0.6]),
        ([0.0, 0.0, 0.9], [0.08, 0.24, 0.9]),
    ],
)
def test_labels_move_as_little_as_may_be(heights, expected):
    assert apart(heights) == pytest.approx(expected)


def test_the_confusion_shows_each_count_and_colours_only_mistakes(answers):
    table = confusion(answers)
    figure = confusion_plot(table).figure(LIGHT)
    shown = texts(figure)
    for place, (row, column) in enumerate(np.ndindex(10, 10)):
        assert shown[place] == (str(table[row, column]) if table[row, column] or row == column else "")
    colours = figure.axes[0].images[0].get_array()
    mistakes = table * (1 - np.eye(10, dtype=int))
    assert colours.mask.tolist() == (mistakes == 0).tolist()
    assert figure.axes[0].images[0].get_clim() == (0, mistakes.max())
    most = re.search(r"(\d) read as (\d), (\d+) times", confusion_plot(table).alt)
    assert table[int(most[1]), int(most[2])] == int(most[3]) == mistakes.max()


def test_a_perfect_network_has_a_report_too():
    table = np.diag([7] * 10)
    assert "no mistake" in confusion_plot(table).caption
    confusion_plot(table).figure(DARK)
    assert set(texts(digit_by_number_plot(np.ones((10, 10))).figure(DARK))) == {"100"}
    digits = np.arange(10)
    perfect = Answers(digits, digits, np.ones(10), np.zeros(10), np.ones((10, 10), dtype=bool))
    plot = mistakes_plot(perfect, [], np.zeros((0, 28, 28)))
    assert plot.alt == plot.caption == "No digit was read wrongly."
    assert [text.get_text() for text in plot.figure(LIGHT).texts] == ["No digit was read wrongly."]


def test_the_table_of_sums_shows_shares(answers):
    table = digit_by_number(answers)
    shown = texts(digit_by_number_plot(table).figure(LIGHT))
    assert [f"{float(text.strip('<> ')):.0f}" for text in shown] == [
        f"{100 * share:.0f}" for share in table.round(3).flat
    ]


def test_the_mistakes_are_the_images_with_their_words(answers, sample):
    chosen = worst_mistakes(answers, 9)
    pixels = sample[1].pixels[chosen, 0].numpy()
    figure = mistakes_plot(answers, chosen, pixels).figure(LIGHT)
    for axes, i, image in zip(figure.axes, chosen, pixels, strict=False):
        assert (axes.images[0].get_array() == image).all()
        assert axes.get_title("center").strip() == f"{answers.digit[i]}, read as {answers.read[i]}"
        assert axes.texts[0].get_text() == f"{percent(float(answers.probability[i]), 0)} sure"
    assert sum(bool(axes.images) for axes in figure.axes) == 9


def test_words():
    shares = {0: "0 %", 1: "100 %", 0.5: "50.00 %", 0.99999: "> 99.99 %", 0.00001: "< 0.01 %"}
    assert {share: plain(percent(share)) for share in shares} == shares
    times = {1.25: "1.2 s", 59.4: "59.4 s", 59.9: "1 min 0 s", 61: "1 min 1 s", 3 * 3600 + 120: "3 h 2 min"}
    assert {seconds: plain(duration(seconds)) for seconds in times} == times


# The command and its page


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


def test_the_page_says_what_was_measured(run, said, answers):
    text = Page((run / "report" / "report.html").read_text(encoding="utf-8")).text
    digits = (answers.read == answers.digit).mean()
    assert f"digits read rightly{digits:.2%}".replace("%", " %") in text
    assert f"sum right, every image with every number{answers.sum_right.mean():.2%}".replace("%", " %") in text
    for row in (
        "test images1,000",
        "parameters1,471",
        "time3 min 2 s",
        "batch size128",
        "distortyes",
        "epochs learned3",
    ):
        assert row in text
    assert "note<script>'&" in text


def test_names_are_text_not_html():
    page = Page(make_page("<b>", "&amp;", {"<i>": "<u>"}, {"<s>": {"<p>": '"<q>'}}, {}))
    assert not {"b", "i", "u", "s", "q"} & {tag for tag, _ in page.tags}
    assert all(word in page.text for word in ("<b>", "&amp;", "<i>", "<u>", "<s>", "<p>", '"<q>'))


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
    assert "report needs matplotlib; run: pip install 'mnist-adder[report]'" in fails(run)


def test_a_report_that_cant_be_written_is_one_line(fails, run, tmp_path):
    (tmp_path / "file").touch()
    assert "can't write to the directory" in fails(run, "-o", tmp_path / "file" / "report")
