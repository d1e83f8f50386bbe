from mnist_adder.report.report_page import make_page
from tests.support.reports import Page


def test_names_are_text_not_html():
    page = Page(make_page("<b>", "&amp;", {"<i>": "<u>"}, {"<s>": {"<p>": '"<q>'}}, {}))
    assert not {"b", "i", "u", "s", "q"} & {tag for tag, _ in page.tags}
    assert all(word in page.text for word in ("<b>", "&amp;", "<i>", "<u>", "<s>", "<p>", '"<q>'))
