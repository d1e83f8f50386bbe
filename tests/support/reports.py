"""A history and a page of a report, as the tests read them."""

from html.parser import HTMLParser

HISTORY = """epoch,train_loss,held_out_loss,test_loss,seconds,train_digit_accuracy,train_sum_accuracy,\
test_digit_accuracy,test_sum_accuracy,mood
1,2.5,9,2.25,61.5,0.5,0.25,0.75,0.5,glum
2,0.25,9,0.5,60,0.75,0.5,0.875,0.75,gay
3,0.125,9,0.25,60.5,0.875,0.75,0.9375,0.875,gay
"""


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
