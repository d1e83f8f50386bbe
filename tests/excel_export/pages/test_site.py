"""The gallery: a folder in which every link leads somewhere."""

import re
import subprocess
import sys

import pytest

from tests.support.chromium import chromium
from tests.test_readme import ROOT


@pytest.mark.slow
def test_every_link_of_the_gallery_leads_somewhere(tmp_path):
    out = tmp_path / "site"
    subprocess.run([sys.executable, ROOT / "docs" / "make_site.py", out, "one-neuron", "xor"], check=True, cwd=ROOT)
    found = {
        link.partition("#")[0]
        for name in ("index.html", "index.de.html")
        for link in re.findall(r'(?:href|src)="([^"]+)"', (out / name).read_text(encoding="utf-8"))
    }
    assert {"one-neuron.html", "01-one-neuron.xlsx", "example-xor.html", "lesson-01-one-neuron.png"} <= found
    assert not [each for each in found if not (out / each).is_file()]
    with chromium() as opened:
        opened.page.goto((out / "index.html").as_uri())
        opened.page.click("text=open the page")
        opened.page.wait_for_selector("body[data-ready]")
        assert "Lesson 1" in opened.page.inner_text("h1")
        opened.page.goto((out / "index.de.html").as_uri())
        opened.page.click("text=die Seite öffnen")
        opened.page.wait_for_selector("body[data-ready]")
        assert "Lektion 1" in opened.page.inner_text("h1")
        assert not opened.said
