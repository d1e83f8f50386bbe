"""Which known mistakes the numbers of a class tell from right answers, over all exercises that come with the project.

    python benchmarks/telling.py [--students 25] [EXERCISE …]

A line for each exercise, as practice and as an exam: how many blanks it has, the share of the known mistakes that
differ from the right answer by more than the tolerance allows, at the blank where it is least and over all, and those
that no numbers tell.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Key, Options, Student
from excel_classroom.practice.source import digest_of, network_of
from excel_export.lessons.catalogue import own_lessons

SECRET = "what only the teacher knows"
EXERCISES = (*own_lessons(), "adder", f"{Path(__file__).parents[1] / 'examples' / 'xor.py'}:xor")


def key_of_class(source: str, students: int, *, exam: bool) -> Key:
    """The key of a class, with what the numbers of each student tell."""
    network = network_of(source)
    names = [f"Student {k}" for k in range(students)]
    handout = handout_of(network, Key(SECRET, source, Options(exam=exam), digest_of(network)), names)
    draws, found = handout.draws(names), []
    for name in names:
        draw = draws.get(name)
        made = next(handout.plan.draws(network, name))[1] if draw is None else network.draw(SECRET, name, draw)
        assert made
        found.append(Student(name, variant=name, untold=handout.plan.untold(made.graph)))
    return replace(handout.key, students=tuple(found))


def shares_told(key: Key) -> list[float]:
    """Return for each blank the share of its `mistakes` that give a wrong number, over all files: [1.0, 0.95].

    It is 1.0 for a blank without `mistakes`, and for all blanks of a key without students.
    """
    shares = []
    for k, blank in enumerate(key.blanks):
        hidden = sum(place == k for student in key.students for place, _ in student.untold)
        shares.append(1 - hidden / max(1, len(blank.mistakes) * len(key.students)))
    return shares


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", default=EXERCISES, metavar="EXERCISE")
    parser.add_argument("--students", type=int, default=25)
    chosen = parser.parse_args()
    print("| exercise | | blanks | mistakes | told, least | told, all | none can tell |\n|---|---|---|---|---|---|---|")
    for source in chosen.exercises:
        for exam in (False, True):
            key = key_of_class(source, chosen.students, exam=exam)
            shares = shares_told(key)
            count = sum(len(blank.mistakes) for blank in key.blanks)
            untold = Counter(name for blank in key.blanks for name in blank.untold)
            words = "; ".join(f"{name} ({times})" for name, times in untold.most_common())
            line = (source.rpartition("/")[2], "exam" if exam else "practice", f"{len(key.blanks)}", f"{count}",
                    f"{100 * min(shares):.0f} %", f"{100 * fmean(shares):.1f} %", words)  # fmt: skip
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
