"""The colours of a page, as CSS: the Lens's where there is light, others where it is dark."""

from excel_export.shared import palette


def _darker(color: str) -> str:
    """A colour that small letters can be read in, also on its pale one."""
    return "".join(f"{round(int(color[k : k + 2], 16) * 0.9):02x}" for k in (0, 2, 4))


LIGHT = {
    "paper": palette.PAPER, "ground": palette.STORY, "ink": palette.INK, "soft": palette.GREY, "line": "d5dbe4",
    "above": palette.FORWARD, "below": "926214", "gradient-above": palette.BACKWARD, "gradient-below": "6b4a9e",
    "forward": palette.FORWARD, "forward-pale": palette.FORWARD_PALE,
    "backward": _darker(palette.BACKWARD), "backward-pale": palette.BACKWARD_PALE, "now": palette.HIGHLIGHT,
    "mark-chosen": "111827", "mark-read": "c2185b", "mark-reader": "6a1b9a", "mark-pinned": "00796b",
}  # fmt: skip
DARK = {
    "paper": "151b23", "ground": "0d1117", "ink": "e8edf4", "soft": "a3b0c2", "line": "303a48", "above": "58a6ff",
    "below": "f0aa46", "gradient-above": "ffab66", "gradient-below": "b79af0",
    "forward": "79b8ff", "forward-pale": "14304f", "backward": "ffab66", "backward-pale": "45290f",
    "now": "6b5400", "mark-chosen": "ffffff", "mark-read": "ff6ba6", "mark-reader": "d0a2ff", "mark-pinned": "4dd0b8",
}  # fmt: skip


def colours() -> str:
    """The variables of both themes: the reader's system chooses one, or the reader."""
    light, dark = (
        "".join(f"--{name}:#{color};" for name, color in each.items()) + f"color-scheme:{scheme}"
        for scheme, each in (("light", LIGHT), ("dark", DARK))
    )
    chosen = f':root[data-theme="dark"]{{{dark}}}'
    return f':root{{{light}}}@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}{chosen}\n'
