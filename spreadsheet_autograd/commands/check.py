"""`excel-export check`: a sheet that somebody built by hand → which of its gradients are right, and what is wrong."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from excel_export.shared.errors import ExportError
from excel_export.shared.grouped import grouped
from excel_export.shared.sandbox_option import sandbox_option
from excel_export.shared.terminal import stages

if TYPE_CHECKING:
    from spreadsheet_autograd.compare.network import Network

NOTHING_WRONG, WRONG, NOTHING_TO_CHECK = 0, 1, 2
CHECK = "check the files"
FILE, FOLDER = click.Path(dir_okay=False, path_type=Path), click.Path(file_okay=False, path_type=Path)
EXAMPLES = """\b
Examples:
  excel-export check backprop.xlsx
  excel-export check backprop.xlsx --loss M7 --claims P7:W7 --of C7:J7
  excel-export check backprop.xlsx --network net.py:tiny
  excel-export check handed-in/ --json > found.json
  excel-export check handed-in/ --report report/ --class list.csv
"""


@click.command("check", epilog=EXAMPLES)
@click.argument("sheet", metavar="SHEET.xlsx", type=click.Path(path_type=Path))
@click.option("--loss", metavar="CELL", default="", help="The cell of the loss, such as M7 or 'Sheet 2'!M7.")
@click.option("--claims", metavar="CELLS", multiple=True, help="The cells that claim to be its gradient: P7:W7.")
@click.option("--of", metavar="CELLS", multiple=True, help="With --claims: the cells by which it is derived: C7:J7.")
@click.option(
    "--network", metavar="FILE.py:FACTORY", help="Compare the forward pass with this network, or with a lesson's."
)
@click.option("--cells", metavar="NAME=CELLS", multiple=True, help="With --network: where its fc1.weight, say, stands.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=300, show_default=True, help="At most for each file.")
@click.option("--report", metavar="FOLDER", type=FOLDER, help="Write copies with notes and tables there.")
@click.option("--class", "class_list", type=FILE, metavar="LIST.csv", help="With --report: the names of the students.")
@click.option("--separator", type=click.Choice(["comma", "semicolon", "tab"]), default="comma", show_default=True)
@click.option("--resume", is_flag=True, help="With --report: go on where a run was stopped.")
@sandbox_option
def command(
    sheet: Path, loss: str, claims: tuple[str, ...], of: tuple[str, ...], network: str | None, cells: tuple[str, ...],
    as_json: bool, seconds: int, report: Path | None, **for_report: Any,
) -> None:  # fmt: skip
    """Check the gradients in a sheet that somebody built by hand.

    The sheet's own formulas are differentiated by PyTorch. Each cell that claims to be a gradient is compared, at the
    sheet's numbers and at others. What is wrong is told with the smallest change that makes it right. Parameters,
    gradients and the loss are found by their headings, and by updates such as old - rate * gradient; or say them.

    With --network, the forward pass is compared with a PyTorch module, too: both get the same numbers, drawn anew, and
    every formula that leads to the loss must be what the module computes. FACTORY returns (module, inputs), as for
    `excel-export export`; a lesson is named as `excel-export lesson --list` shows it, such as one-neuron.

    SHEET may be a folder, too. The report then has a copy with notes for each file, class.csv with a row for each, and
    slips.csv with each kind of slip once and the files that have it. LIST.csv is as Moodle or Canvas exports it, has
    columns such as name and id, or is one name a line.

    The exit code is 0 if nothing is wrong, 1 if something is, 2 if nothing can be checked.
    """
    if bool(claims) != bool(of):
        raise click.UsageError("--claims and --of go together.")
    if cells and not (network and all("=" in each for each in cells)):
        raise click.UsageError("--cells goes with --network, and reads NAME=CELLS, such as fc1.weight=B3:C4.")
    if not report and any(for_report[name] for name in ("class_list", "resume")):
        raise click.UsageError("--class and --resume go with --report: the folder for the tables.")
    from excel_export.shared import sandbox
    from spreadsheet_autograd.check_in_sandbox import WORKBOOKS, check_file, compare_file
    from spreadsheet_autograd.repair.edited_forward_pass import repairs_of, verdicts_after_repair

    compared = _network(network) if network else None
    began = time.monotonic()
    # The report on a class belongs to a package above this one, and is found as an entry point.
    (point,) = entry_points(group="spreadsheet_autograd.classes", name="report")
    run = point.load()(report, **for_report)
    try:
        run.find(sheet, WORKBOOKS)
    except ExportError as error:
        click.echo(f"Error: {error}", err=True)
        if as_json:
            click.echo(json.dumps({"files": []}))
        raise click.exceptions.Exit(NOTHING_TO_CHECK) from None

    def check(path: Path) -> dict[str, Any]:
        found = check_file(path, loss, claims, of, seconds, with_content=report is not None)
        if compared:
            forward = compare_file(path, compared, loss, seconds, cells)
            found |= forward | {"left out": [*found["left out"], *forward["left out"]]}
            if edits := repairs_of(found):
                other = check_file(path, loss, claims, of, seconds, edits=edits)
                found["claims"] = verdicts_after_repair(found["claims"], other["claims"])
        return found

    with stages({CHECK: 1.0}) as progress:
        progress(CHECK, 0)
        asked = {"loss": loss, "claims": claims, "of": of, "cells": cells,
                 "network": compared.fingerprint if compared else None}  # fmt: skip
        checked = run.check(check, asked, lambda share: progress(CHECK, share))
    if not as_json:
        for name, path, each in checked:
            _show(path, each, name=name if sheet.is_dir() else "")
    run.write(time.monotonic() - began)
    if sandbox.warning():
        click.echo(sandbox.warning(), err=True)
    if as_json:
        named = [{"file": name, **each} for name, _, each in checked]
        found = {"files": named} if sheet.is_dir() else checked[0][2]
        click.echo(json.dumps(found, ensure_ascii=False))
    raise click.exceptions.Exit(_exit_code([each for *_, each in checked]))


def _network(source: str) -> Network:
    from excel_export.lessons.catalogue import module_and_inputs
    from spreadsheet_autograd.compare.network import Network

    return Network(*module_and_inputs(source))


def _exit_code(results: Sequence[Mapping[str, Any]]) -> int:
    verdicts = [claim["verdict"] for each in results for claim in each["claims"]]
    if "wrong" in verdicts or any(each["learning"] or each.get("forward") for each in results):
        return WRONG
    is_checked = set(verdicts) - {"unknown"} or any(each.get("compared") for each in results)
    return NOTHING_WRONG if is_checked else NOTHING_TO_CHECK


def _show(path: Path, result: Mapping[str, Any], *, name: str) -> None:
    if name:
        click.echo(f"{name}:")
    if "error" in result:
        click.echo(f"Error: {result['error']}", err=True)
        return
    claims, learning, left_out = result["claims"], result["learning"], result["left out"]
    if not claims and not learning and not result.get("compared"):
        reason = "found no gradient to check, by its heading or by an update; name them with --loss, --claims and --of"
        first = f" ({left_out[0]['cell']}: {left_out[0]['why']})" if left_out else ""
        click.echo(f"Error: {path}: {reason}{first}", err=True)
        return
    for line in _lines(claims):
        click.echo(line)
    kinds = grouped(learning, lambda finding: finding["kind"])
    for first, *others in kinds.values():
        click.echo(f"learning: {first['words']}{_more(len(others), 'of this kind')}")
    for line in _forward_lines(result):
        click.echo(f"forward: {line}")
    for each in left_out[:10]:
        click.echo(f"left out: {each['cell']}: {each['why']}")
    counts = Counter(claim["verdict"] for claim in claims)
    summary = ", ".join(f"{counts[kind]} {words}" for kind, words in _KINDS.items() if counts[kind])
    click.echo(f"{len(claims)} gradients: {summary or 'none'}")


_KINDS = {"right": "right", "wrong": "wrong", "constant": "numbers without a formula",
          "undefined": "where there is no derivative", "unknown": "not checked"}  # fmt: skip


def _more(count: int, words: str = "like it") -> str:
    return f" (and {count} more {words})" if count > 0 else ""


def _lines(claims: list[dict[str, Any]]) -> list[str]:
    """Return a line for each claim that isn't simply right; copies of a mistake share one, and equal remarks do."""
    head = ["cell", "", "", "in the sheet", "derivative"]
    rows = [head]
    copies = Counter[str]()
    said: list[tuple[str, str]] = []
    for claim in claims:
        repair, remark = claim.get("slip"), claim.get("remark")
        if claim["verdict"] == "right" and remark is None:
            continue
        like = remark if claim["verdict"] in ("unknown", "right") else None
        like = repair["like"] or repair["cell"] if repair else like or ""
        copies[like] += 1
        if not like or copies[like] == 1:
            numbers = ("-" if each is None else f"{each:.8g}" for each in (claim["value"], claim["derivative"]))
            rows.append([claim["cell"], f"of {claim['of']}", claim["verdict"], *numbers])
            said.append((repair["words"] if repair else remark or "", like))
    if not said:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)) for row in rows]
    ends = [f"  {words}{_more(copies[like] - 1 if like else 0)}" for words, like in said]
    return [line.rstrip() for line in map(str.__add__, lines, ["", *ends])]


def _forward_lines(result: Mapping[str, Any]) -> list[str]:
    findings = result.get("forward", [])
    copies = Counter(finding["like"] for finding in findings)
    lines = [each["words"] + _more(copies[each["cell"]]) for each in findings if not each["like"]]
    if result.get("compared") and not findings:
        first, *others = result["compared"]
        lines.append(f"{first}{f' and {len(others)} more' if others else ''}: the network's loss")
    unnamed = any(not finding["mended"] for finding in findings)
    if unnamed and any(claim["verdict"] == "wrong" for claim in result["claims"]):
        lines.append(_MEND_FIRST)
    return lines


_MEND_FIRST = "mend this first: the gradients were held against the forward pass as it stands in the sheet"
