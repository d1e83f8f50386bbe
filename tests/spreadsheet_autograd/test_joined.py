"""What is joined, be it through others, and what is joined with nothing."""

from __future__ import annotations

from spreadsheet_autograd.graph.joined import Joined


def test_what_is_joined_through_others_belongs_together_and_nothing_else():
    joined = Joined[str]()
    for one, other in ("ab", "ac", "ef", "dc", "dd"):
        joined.join(one, other)
    together = [{at for at in "abcdefg" if joined.first(at) == joined.first(each)} for each in "aceg"]
    assert together == [{*"abcd"}, {*"abcd"}, {*"ef"}, {"g"}]
