"""A page in a real browser: it is quiet, follows what is changed, and opens what a link names."""

import base64
import copy
import io
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from excel_export import page
from tests.support.long_proofs import only_quick

NUMBERS = {"momentum": {"momentum": 0.9}, "Nesterov": {"momentum": 0.9, "nesterov": True}}
OPTIMIZERS = {"SGD": torch.optim.SGD, "momentum": torch.optim.SGD, "Nesterov": torch.optim.SGD,
              "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}  # fmt: skip


class Small(nn.Module):
    """A picture, a convolution, a pool, a class: with names that are no HTML."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv2d(1, 2, 3)
        self.out = nn.Linear(2 * 2 * 2, 3)
        self.tensor_names = {"conv": "<img src=x onerror=alert(1)>"}
        self.double()

    def forward(self, picture, label):
        return F.cross_entropy(self.out(F.max_pool2d(self.conv(picture).relu(), 2).flatten(1)), label)


def inputs():
    torch.manual_seed(2)
    return {"picture": torch.rand(1, 1, 6, 6).double(), "label": torch.tensor([1])}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "small.html"
    page(Small(), inputs(), path, title="</script><b>Small", learning_rate=0.1)
    return path


@pytest.fixture
def opened(path, browser):
    with browser.quiet(path) as opened:
        yield opened


def expected(module, given):
    """PyTorch's numbers, by key."""
    module = copy.deepcopy(module)
    loss = module(**given)
    loss.backward()
    found = {"loss": loss.detach()}
    for name, parameter in module.named_parameters():
        found |= {name: parameter.detach(), f"grad.{name}": parameter.grad}
    return {name: each.numpy() for name, each in found.items()}


def assert_equal(opened, wanted):
    for name, numbers in wanted.items():
        np.testing.assert_allclose(opened.tensor(name, numbers.shape), numbers, rtol=1e-9, atol=1e-12, err_msg=name)


def test_it_computes_what_pytorch_does(opened):
    assert_equal(opened, expected(Small(), inputs()))


def test_names_are_text(opened):
    assert opened.page.inner_text("h1") == "</script><b>Small"
    assert opened.run("document.querySelectorAll('main img, main b b').length") == 0
    assert "<img src=x" in opened.page.inner_text("#overview")


def test_a_label_is_followed(opened):
    opened.page.select_option("[data-input]", "2")
    assert_equal(opened, expected(Small(), {**inputs(), "label": torch.tensor([2])}))


def test_a_painted_pixel_is_followed(opened):
    before = opened.tensor("picture", (1, 1, 6, 6))
    box = opened.page.locator("canvas.painted").bounding_box()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    opened.page.wait_for_timeout(200)
    after = opened.tensor("picture", (1, 1, 6, 6))
    assert np.count_nonzero(before != after) == 1
    assert_equal(opened, expected(Small(), {**inputs(), "picture": torch.from_numpy(after)}))


def test_a_weight_is_changed_where_it_stands(opened):
    opened.run("openPlace('conv.weight[0,0,1,1]'), pin(model.keys['conv.weight'], 4)")
    opened.page.fill("#pinned input", "2.5")
    opened.page.press("#pinned input", "Enter")
    module = Small()
    module.conv.weight.data[0, 0, 1, 1] = 2.5
    assert_equal(opened, expected(module, inputs()))


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_thirty_steps_are_those_of_torch_optim(rule, opened):
    opened.page.select_option("#rule", label=rule)
    opened.page.click("#thirty")
    module = Small()
    # Weight decay is what it was for the rule at first: none.
    optimizer = OPTIMIZERS[rule](module.parameters(), lr=0.1, weight_decay=0, **NUMBERS.get(rule, {}))
    for _ in range(30):
        optimizer.zero_grad()
        module(**inputs()).backward()
        optimizer.step()
    assert_equal(opened, {name: each.detach().numpy() for name, each in module.named_parameters()})


def test_a_link_opens_its_state(path, opened):
    opened.page.select_option("[data-input]", "0")
    opened.page.click("#one")
    opened.page.select_option("#rule", label="Adam")
    opened.page.fill("#rate", "0.02")
    opened.page.press("#rate", "Enter")
    opened.page.click("#thirty")
    opened.run("change(model.keys['conv.weight'], 3, 0.75)")
    opened.run("goTo(9)")
    link, line, loss = opened.run("hashOf()"), opened.line, opened.tensor("loss")
    opened.goto(path, link)
    assert (opened.run("state.step"), opened.line) == (9, line)
    assert opened.tensor("conv.weight", (2, 1, 3, 3)).ravel()[3] == 0.75
    np.testing.assert_allclose(opened.tensor("loss"), loss, rtol=1e-12)
    opened.goto(path, "#step=2&at=0,1,2,3")
    assert "(1, 2, 3)" in opened.line


@pytest.mark.parametrize(
    "link",
    [
        "#step=99",
        "#step=x&at=9,9,9",
        "#do=AAAA&do=!!!&lang=constructor",
        "#do=" + "A" * 4000,
        "#lang=__proto__&rule=constructor&pin=constructor&show=toString",
        "#view=%3Cb%3E",
        "#=&&=",
        "#do=%E0%A4%A&view=%",
    ],
)
def test_a_wrong_link_opens_something(path, link, opened):
    opened.goto(path, link)
    assert opened.line


ARITHMETIC = """
model.views.flatMap((view) => [...ARRAYS[view.made].keys()].map((element) => {
  const account = accountOf(view, element);
  if (!account || (!account.terms.length && !account.alone)) return null;
  const sum = shareOf(view, account);
  return view.paths || sum === null || Math.abs(sum - ARRAYS[view.made][element]) < 1e-9 ? null : [view.made, element];
})).filter(Boolean)
"""


def test_what_is_added_up_is_the_number_that_is_shown(opened):
    assert opened.run(ARITHMETIC) == []
    assert opened.run("model.views.filter((view) => view.groups.some((group) => group.terms.length)).length") > 8


def test_the_nudge_has_the_slope_of_the_gradient(opened):
    key = "conv.weight"
    slope = opened.run(f"nudged(model.keys['{key}'], 3).slope")
    assert slope == pytest.approx(expected(Small(), inputs())[f"grad.{key}"].ravel()[3], rel=1e-5)
    assert_equal(opened, expected(Small(), inputs()))


def test_keys_alone_lead_through_it(opened):
    opened.page.keyboard.press("ArrowRight")
    step = opened.run("state.step")
    opened.page.keyboard.press("ArrowRight")
    assert opened.run("state.step") == step + 1
    opened.run("goTo(2)")
    before = opened.line
    opened.page.focus("#stage .made canvas")
    opened.page.keyboard.press("ArrowRight")
    assert opened.line != before
    assert opened.run("document.activeElement.tagName") == "CANVAS"
    assert opened.page.inner_text("#spoken") != ""


def test_the_number_that_is_shown_is_framed_where_it_stands(opened):
    """Where the last is shown instead of the first only frames differ, from one corner to the other."""
    pictures = []
    for place in ("conv[0,0,0,0]", "conv[0,1,3,3]"):
        opened.run(f"openPlace('{place}'), render()")
        data = opened.run("document.querySelector('#stage .made canvas').toDataURL()").partition(",")[2]
        pictures.append(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))))
    differs = (pictures[0] != pictures[1]).any(axis=2)
    for axis, size in enumerate(differs.shape):
        (places,) = np.nonzero(differs.any(axis=1 - axis))
        assert (places.min(), places.max()) == (0, size - 1)


def test_every_control_has_a_name(opened):
    unnamed = opened.run("""
        [...document.querySelectorAll('button, input, select, canvas:not([aria-hidden])')]
          .filter((each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length))
          .map((each) => each.outerHTML)
    """)
    assert unnamed == []


def test_every_word_of_the_frame_is_there_in_each_language(opened):
    assert opened.run("Object.values(model.words).map((words) => Object.keys(words).sort().join()).length") == 2
    assert opened.run("new Set(Object.values(model.words).map((words) => Object.keys(words).sort().join())).size") == 1
    opened.page.select_option("#language", "de")
    assert "Verlust" in opened.page.inner_text("#loss")
    assert "," in opened.page.inner_text("#loss b")


CONTRAST = Path(__file__).parents[2].joinpath("support", "contrast.js").read_text()


@pytest.mark.parametrize("scheme", only_quick(["light", "dark"], "dark"))
def test_all_text_can_be_read(scheme, opened):
    opened.page.emulate_media(color_scheme=scheme)
    for step in range(1, opened.run("model.steps.length") + 1):
        opened.run(f"goTo({step})")
        assert opened.run(CONTRAST) == [], step
    opened.page.emulate_media(color_scheme="light")
