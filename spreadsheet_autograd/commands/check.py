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
  excel-export check handed-in/ --report report/ --rubric rubric.toml
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
@click.option("--report", metavar="FOLDER", type=FOLDER, help="Write pages, copies with notes, and tables there.")
@click.option("--rubric", "rubric_path", type=FILE, help="With --report: what is worth how much, a .toml file.")
@click.option("--class", "class_list", type=FILE, metavar="LIST.csv", help="With --report: the names of the students.")
@click.option(
    "--format", "platform", type=click.Choice(["moodle", "canvas"]), help="With --class: what it imports, too."
)
@click.option("--assignment", metavar="TITLE", help="With --format canvas: the column.  [default: the folder's name]")
@click.option("--separator", type=click.Choice(["comma", "semicolon", "tab"]), default="comma", show_default=True)
@click.option("--decimal", type=click.Choice(["point", "comma"]), default="point", show_default=True)
@click.option("--resume", is_flag=True, help="With --report: go on where a run was stopped.")
def command(
    sheet: Path,
    loss: str,
    claims: tuple[str, ...],
    of: tuple[str, ...],
    network: str | None,
    cells: tuple[str, ...],
    as_json: bool,
    seconds: int,
    report: Path | None,
    rubric_path: Path | None,
    class_list: Path | None,
    platform: str | None,
    assignment: str | None,
    separator: str,
    decimal: str,
    resume: bool,
) -> None:
    """Check the gradients in a sheet that somebody built by hand.

    The sheet's own formulas are differentiated by PyTorch. Each cell that claims to be a gradient is compared, at the
    sheet's numbers and at others. What is wrong is told with the smallest change that makes it right. Parameters,
    gradients and the loss are found by their headings, and by updates such as old - rate * gradient; or say them.

    With --network, the forward pass is compared with a PyTorch module, too: both get the same numbers, drawn anew, and
    every formula that leads to the loss must be what the module computes.

    SHEET may be a folder, too. The report then has a page and a copy with notes for each file; for you class.html,
    class.csv, and rubric.toml: change a copy of it, and pass that on with --rubric.

    The exit code is 0 if nothing is wrong, 1 if something is, 2 if nothing can be checked.
    """
    if bool(claims) != bool(of):
        raise click.UsageError("--claims and --of go together.")
    if cells and not (network and all("=" in each for each in cells)):
        raise click.UsageError("--cells goes with --network, and reads NAME=CELLS, such as fc1.weight=B3:C4.")
    if not report and (rubric_path or class_list or resume):
        raise click.UsageError("--rubric, --class and --resume go with --report: the folder for the pages.")
    if platform and not class_list:
        raise click.UsageError("--format and --class go together: the table that the platform exported is filled in.")
    from spreadsheet_autograd.repair.edited_forward_pass import held_against_both, repairs_of
    from spreadsheet_autograd.sandbox import WORKBOOKS, check_file

    compared = _network(network) if network else None
    began = time.monotonic()
    is_folder = sheet.is_dir()
    run = _class_of_files(
        report, rubric=rubric_path, class_list=class_list, separator=separator, decimal=decimal, resume=resume
    )
    try:
        run.find(sheet, WORKBOOKS)
    except ExportError as error:
        _fail(str(error), {"files": []}, as_json)

    def check(path: Path) -> dict[str, Any]:
        found = check_file(path, loss, claims, of, seconds, with_content=report is not None)
        if compared:
            found = _with_forward(found, path, compared, loss, seconds, cells)
            if edits := repairs_of(found):
                other = check_file(path, loss, claims, of, seconds, edits=edits)
                found["claims"] = held_against_both(found["claims"], other["claims"])
        return found

    with stages({CHECK: 1.0}) as progress:
        progress(CHECK, 0)
        asked = {"loss": loss, "claims": claims, "of": of, "cells": cells,
                 "network": compared.fingerprint if compared else None}  # fmt: skip
        checked = run.check(check, asked, lambda share: progress(CHECK, share))
    found = [each for *_, each in checked]
    if not as_json:
        for name, path, each in checked:
            _show(path, each, name=name if is_folder else "")
    run.write(time.monotonic() - began, platform, assignment or "")
    if as_json:
        named = [{"file": name, **_without_provenance(each)} for name, _, each in checked]
        click.echo(json.dumps({"files": named} if is_folder else _without_provenance(found[0]), ensure_ascii=False))
    raise click.exceptions.Exit(_exit_code(found))


def _class_of_files(*given: Any, **options: Any) -> Any:
    """What finds the files and leaves a report on a class: of a package that stands upon this one."""
    (point,) = entry_points(group="spreadsheet_autograd.classes", name="report")
    return point.load()(*given, **options)


def _without_provenance(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the JSON says of a file."""
    return {name: item for name, item in found.items() if name not in ("properties", "drawings")}


def _network(source: str) -> Network:
    from excel_export.lessons.catalogue import made_by
    from spreadsheet_autograd.compare.network import Network

    return Network(*made_by(source))


def _with_forward(
    found: dict[str, Any], path: Path, network: Network, loss: str, seconds: int, cells: Sequence[str]
) -> dict[str, Any]:
    """What was found, and what the comparison of the forward pass finds."""
    from spreadsheet_autograd.sandbox import compare_file

    forward = compare_file(path, network, loss, seconds, cells)
    return {**found, **forward, "left out": [*found["left out"], *forward["left out"]]}


def _fail(message: str, nothing: dict[str, Any], as_json: bool) -> None:
    click.echo(f"Error: {message}", err=True)
    if as_json:
        click.echo(json.dumps(nothing))
    raise click.exceptions.Exit(NOTHING_TO_CHECK)


def _exit_code(found: Sequence[Mapping[str, Any]]) -> int:
    verdicts = [claim["verdict"] for each in found for claim in each["claims"]]
    if "wrong" in verdicts or any(each["learning"] or each.get("forward") for each in found):
        return WRONG
    is_checked = set(verdicts) - {"unknown"} or any(each.get("compared") for each in found)
    return NOTHING_WRONG if is_checked else NOTHING_TO_CHECK


def _show(path: Path, found: Mapping[str, Any], *, name: str) -> None:
    if name:
        click.echo(f"{name}:")
    if "error" in found:
        click.echo(f"Error: {found['error']}", err=True)
        return
    claims = found["claims"]
    if not claims and not found["learning"] and not found.get("compared"):
        click.echo(f"Error: {path}: {_why_nothing(found)}", err=True)
        return
    for line in _lines(claims):
        click.echo(line)
    kinds = Counter(finding["kind"] for finding in found["learning"])
    for finding in {finding["kind"]: finding for finding in reversed(found["learning"])}.values():
        more = kinds[finding["kind"]] - 1
        click.echo(f"learning: {finding['words']}" + (f" (and {more} more of this kind)" if more else ""))
    for line in _forward_lines(found):
        click.echo(f"forward: {line}")
    for each in found["left out"][:10]:
        click.echo(f"left out: {each['cell']}: {each['why']}")
    counts = {kind: sum(claim["verdict"] == kind for claim in claims) for kind in
              ("right", "wrong", "constant", "undefined", "unknown")}  # fmt: skip
    summary = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in counts.items() if count)
    click.echo(f"{len(claims)} gradients: {summary or 'none'}")


_KINDS = {"right": "right", "wrong": "wrong", "constant": "numbers without a formula",
          "undefined": "where there is no derivative", "unknown": "not checked"}  # fmt: skip


def _why_nothing(found: Mapping[str, Any]) -> str:
    reason = "found no gradient to check, by its heading or by an update; name them with --loss, --claims and --of"
    left_out = found["left out"]
    return f"{reason} ({left_out[0]['cell']}: {left_out[0]['why']})" if left_out else reason


def _lines(claims: list[dict[str, Any]]) -> list[str]:
    """A line for each claim that isn't simply right; copies of the same slip are one, and the same remarks."""
    rows: list[list[str]] = []
    copies: dict[str, int] = {}
    for claim in claims:
        repair = claim.get("slip")
        remark = claim.get("remark") if claim["verdict"] in ("unknown", "right") else None
        like = repair["like"] or repair["cell"] if repair else remark
        if claim["verdict"] == "right" and "remark" not in claim:
            continue
        if like:
            copies[like] = copies.get(like, 0) + 1
            if copies[like] > 1:
                continue
        rows.append([
            claim["cell"], "of " + claim["of"], claim["verdict"], _number(claim["value"]), _number(claim["derivative"]),
            repair["words"] if repair else claim.get("remark", ""), like or "",
        ])  # fmt: skip
    if not rows:
        return []
    head = ["cell", "", "", "in the sheet", "derivative", "", ""]
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(5)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(head, widths, strict=False)).rstrip()]
    for row in rows:
        more = f" (and {copies[row[6]] - 1} more like it)" if copies.get(row[6], 0) > 1 else ""
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[5] + more]).rstrip())
    return lines


def _forward_lines(found: Mapping[str, Any]) -> list[str]:
    """A line for each finding in the forward pass; copies of the same slip are one."""
    findings = found.get("forward", [])
    copies = Counter(finding["like"] for finding in findings)
    lines = []
    for finding in findings:
        if not finding["like"]:
            more = copies[finding["cell"]]
            lines.append(finding["words"] + (f" (and {more} more like it)" if more else ""))
    if found.get("compared") and not findings:
        count = len(found["compared"])
        lines.append(f"{found['compared'][0]}{f' and {count - 1} more' if count > 1 else ''}: the network's loss")
    unnamed = any(not finding["mended"] for finding in findings)
    if unnamed and any(claim["verdict"] == "wrong" for claim in found["claims"]):
        lines.append(_MEND_FIRST)
    return lines


_MEND_FIRST = "mend this first: the gradients were held against the forward pass as it stands in the sheet"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.8g}"
