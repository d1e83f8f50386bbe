"""What README and the pages say is so: commands, code that one copies, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs import readme_figures
from tests.support.scripts import ROOT, run_script

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += [*ROOT.glob("[!.]*/README.md"), ROOT / "workbooks" / "lessons" / "README.md"]


def blocks(text: str, language: str) -> list[str]:
    """Give the contents of the code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    """Take the code out of a page."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))


def links(page: Path) -> Iterator[str]:
    """Give the targets of links and pictures, but for those elsewhere on the web."""
    text = prose(page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:href|src)="([^"]+)"', text):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Give what a link into a page may name: its headings as the usual code hosts spell them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_the_network_in_the_readme_runs_as_printed(tmp_path):
    [code] = blocks(README, "python")
    (tmp_path / "net.py").write_text(code, encoding="utf-8")
    said = run_script(tmp_path / "net.py", folder=tmp_path)
    assert "tensors agree with PyTorch" in said
    assert (tmp_path / "net.xlsx").exists()


def test_the_readme_gives_the_figures_that_its_script_prints(monkeypatch):
    assert readme_figures.size() in README
    assert f"On {readme_figures.story()}, one stage per sheet" in README
    monkeypatch.setattr(readme_figures.subprocess, "run", lambda *_, **__: None)  # it takes long
    said = re.escape(readme_figures.duration()).replace("5", r"\d*[05]")
    assert re.search(rf"The last step takes {said}\.", README)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    found = list(links(page))
    for target in found:
        file, _, anchor = target.partition("#")
        there = page.parent / unquote(file) if file else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{page.name} links to {target}"


def test_every_picture_is_shown_somewhere():
    shown = {(page.parent / target).resolve() for page in PAGES for target in links(page)}
    assert not set((ROOT / "docs" / "images").iterdir()) - shown
