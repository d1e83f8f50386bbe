"""What a page says of itself, and what it shows of results of any module."""

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import About, Examples, ExportError, page
from excel_export.cli import main
from excel_export.shared import page_options
from tests.excel_export.pages.test_page_commands import NET

DATA = torch.arange(12.0).reshape(4, 3) / 10


class Batched(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.layer = nn.Linear(3, 5)

    def forward(self, x, label):
        return F.cross_entropy(self.layer(x), label)


class Long(Batched):
    """Compares more numbers than there is room for."""

    def forward(self, x, wanted):
        return F.mse_loss(self.layer(x), wanted)


class Alone(Batched):
    """Compares nothing."""

    def forward(self, x):
        return self.layer(x).tanh().square().mean()


@pytest.mark.parametrize(
    ("module", "inputs", "shown"),
    [
        (Batched(), {"x": DATA, "label": torch.arange(4)}, r"read\s+how surely\s+true(\s+\d\s+0\.\d{3}\s+\d.*){4}"),
        (Long(), {"x": DATA, "wanted": torch.zeros(4, 5)}, r"layer\s+wanted\s+.*8 more"),
        (Alone(), {"x": DATA}, r"tanh.*8 more"),
    ],
    ids=["batched", "long", "alone"],
)  # fmt: skip
def test_results_of_any_module_are_seen(module, inputs, shown, tmp_path, browser):
    page(module, inputs, tmp_path / "net.html")
    browser.goto(tmp_path / "net.html")
    assert re.search(shown, browser.page.inner_text("#outcome"), re.DOTALL)


def test_a_page_says_what_it_is_and_where_its_source_is(tmp_path, browser):
    (tmp_path / "net.py").write_text(NET)
    out = tmp_path / "net.html"
    addresses = [
        "--source",
        "https://example.org/it",
        "--workbook",
        "net.xlsx",
        "--preview",
        "https://example.org/net.png",
    ]
    assert main(["page", f"{tmp_path / 'net.py'}:tiny", "-o", str(out), *addresses]) == 0
    assert '<meta property="og:image" content="https://example.org/net.png">' in out.read_text()
    browser.goto(out)
    links = browser.run("[...document.querySelectorAll('#about a')].map((each) => each.getAttribute('href'))")
    assert links == ["net.xlsx", "https://example.org/it"]
    assert "MIT licence" in browser.page.inner_text("#about")
    browser.page.click("#about summary")
    assert "compared with PyTorch's" in browser.page.inner_text("#about")


def test_no_address_is_made_up(tmp_path, browser, monkeypatch):
    monkeypatch.setattr(page_options, "PACKAGE", "no-such-package")
    assert page_options.source_in_metadata() == ""
    page(Alone(), (DATA,), tmp_path / "net.html")
    browser.goto(tmp_path / "net.html")
    assert browser.run("document.querySelectorAll('#about a').length") == 0


@pytest.mark.parametrize("address", ["javascript:alert(1)", 'x" onclick="y', "data:text/html,x", "ftp://x y"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ExportError, match="no address"):
        About(source=address)


def test_a_picture_that_no_messenger_would_find_is_refused():
    with pytest.raises(ExportError, match=r"by its whole address only: https://…/net\.png"):
        About(preview="net.png")


@pytest.mark.parametrize(
    "examples",
    [
        Examples({"y": [DATA]}),
        Examples({"x": [DATA[0]]}),
        Examples({"x": [DATA.numpy()]}, unseen=1),
    ],
    ids=["name", "shape", "none left"],
)
def test_examples_that_do_not_fit_are_refused(examples, tmp_path):
    with pytest.raises(ExportError, match="example"):
        page(Alone(), {"x": DATA}, tmp_path / "net.html", examples=examples)
    assert not [*tmp_path.iterdir()]


def test_an_old_browser_says_what_it_needs(tmp_path, browser):
    page(Alone(), (DATA,), tmp_path / "net.html")
    browser.page.add_init_script("delete globalThis.DecompressionStream")
    browser.page.goto((tmp_path / "net.html").as_uri())
    assert "It needs JavaScript and a browser of 2023 or newer" in browser.page.inner_text("body")
