"""What a page shows of networks that read no digits: a plane of points, pictures that are made, a map with names."""

import numpy as np
import pytest
import torch
from torch import nn

import excel_export
from examples.letters import letters
from examples.xor import xor
from tests.support.chromium import PHONE


class Autoencoder(nn.Module):
    """A picture through four numbers, and the picture that is made of them."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.encode, self.decode = nn.Linear(36, 4), nn.Linear(4, 36)

    def forward(self, picture, wanted):
        made = self.decode(torch.tanh(self.encode(picture.flatten(1)))).reshape(picture.shape)
        return nn.functional.mse_loss(made, wanted)


class ThreeClasses(nn.Module):
    """Points of three classes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.hidden, self.output = nn.Linear(2, 5), nn.Linear(5, 3)

    def scores(self, points):
        return self.output(torch.tanh(self.hidden(points)))

    def forward(self, points, label):
        return nn.functional.cross_entropy(self.scores(points), label)


POINTS = torch.tensor([[0.5, -1.0], [2.0, 1.0], [-1.0, 0.25], [0.0, 2.0], [1.0, 1.0]])
LABELS = torch.tensor([0, 1, 2, 1, 0])


def shown(browser, module, inputs, folder):
    path = folder / "own.html"
    excel_export.page(module, inputs, path)
    browser.goto(path)
    assert not browser.said
    return browser


def test_a_plane_is_what_the_network_gives_at_each_place(browser, tmp_path):
    module, inputs = xor()
    page = shown(browser, module, inputs, tmp_path)
    assert page.page.locator("#plane canvas").count() == 1
    before = page.run("[...ARRAYS[model.inputs[0].array], ...ARRAYS[model.loss]]")
    plane = page.run("tryPlane()")
    places = torch.tensor(plane["places"], dtype=torch.float64)
    module = module.double()
    np.testing.assert_allclose(
        plane["given"], module.output(torch.tanh(module.hidden(places))).detach()[:, 0], atol=1e-13
    )
    np.testing.assert_allclose(places.min(0)[0], [-0.3 + 0.8 / 24] * 2)
    np.testing.assert_allclose(places.max(0)[0], [1.3 - 0.8 / 24] * 2)
    assert page.run("[...ARRAYS[model.inputs[0].array], ...ARRAYS[model.loss]]") == before
    page.page.click("#thirty")
    assert page.run("tryPlane()")["given"] != plane["given"]


def test_a_plane_of_classes_has_the_best_and_its_share(browser, tmp_path):
    module = ThreeClasses()
    page = shown(browser, module, {"points": POINTS, "label": LABELS}, tmp_path)
    plane = page.run("tryPlane()")
    shares = module.double().scores(torch.tensor(plane["places"], dtype=torch.float64)).softmax(1).detach()
    share, best = shares.max(1)
    np.testing.assert_allclose(plane["given"], best + share / 2, atol=1e-13)
    assert len(plane["given"]) == 24 * 24
    assert len(set(best.tolist())) > 1


def test_a_picture_that_is_made_is_a_picture_beside_the_one_that_is_wanted(browser, tmp_path):
    picture = torch.zeros(1, 1, 6, 6)
    picture[0, 0, 1:5, 2] = 1
    page = shown(browser, Autoencoder(), {"picture": picture, "wanted": picture.clone()}, tmp_path)
    canvases = page.page.locator("#outcome .compared canvas")
    assert canvases.count() == 2
    assert page.page.locator("#outcome table, #plane").count() == 0
    assert canvases.nth(1).get_attribute("aria-label") == "wanted"
    red = page.run("""[document.querySelectorAll("#outcome canvas")[1]].map((canvas) => [...canvas.getContext(
        "2d").getImageData(0, 0, canvas.width, canvas.height).data].filter((_, k) => k % 4 === 0))[0]""")
    side = int(len(red) ** 0.5)
    dark = np.reshape(red, (side, side))[:: side // 6, :: side // 6] < 128
    np.testing.assert_array_equal(dark, picture[0, 0].bool())


@pytest.mark.parametrize("size", [(1366, 768), PHONE])
def test_the_map_of_a_recurrent_network_has_names_where_there_is_room(browser, tmp_path, size):
    browser.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = shown(browser, *letters(), tmp_path)
    names = page.page.locator("#overview .box.upright span").all_inner_texts()
    assert ("hidden state 3" in names) == (size != PHONE)
    if names:
        hidden = page.run("""[...document.querySelectorAll("#overview .box.upright span")].filter(
            (each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1).length""")
        assert hidden == 0
    assert page.page.inner_text("#overview .here")
