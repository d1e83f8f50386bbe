"""`excel-export check`: a sheet that somebody built by hand → which of its gradients are right, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from excel_export.shared.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING_WRONG, WRONG, NOTHING_TO_CHECK = 0, 1, 2
EXAMPLES = """\b
Examples:
  excel-export check backprop.xlsx
  excel-export check backprop.xlsx --loss M7 --claims P7:W7 --of C7:J7
  excel-export check handed-in/ --json > found.json
"""


@click.command("check", epilog=EXAMPLES)
@click.argument("sheet", metavar="SHEET.xlsx", type=click.Path(path_type=Path))
@click.option("--loss", metavar="CELL", default="", help="The cell of the loss, such as M7 or 'Sheet 2'!M7.")
@click.option("--claims", metavar="CELLS", multiple=True, help="The cells that claim to be its gradient: P7:W7.")
@click.option("--of", metavar="CELLS", multiple=True, help="With --claims: the cells by which it is derived: C7:J7.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option(
    "--report", metavar="FOLDER", type=click.Path(path_type=Path), help="Write copies with notes, and a table, there."
)
@click.option("--seconds", type=click.IntRange(1, 3600), default=300, show_default=True, help="At most for each file.")
def command(
    sheet: Path,
    loss: str,
    claims: tuple[str, ...],
    of: tuple[str, ...],
    as_json: bool,
    report: Path | None,
    seconds: int,
) -> None:
    """Check the gradients in a sheet that somebody built by hand.

    The sheet's own formulas are differentiated by PyTorch. Each cell that claims to be a gradient is compared, at the
    sheet's numbers and at others. What is wrong is told with the smallest change that makes it right. Parameters,
    gradients and the loss are found by their headings, and by updates such as old - rate * gradient; or say them.

    SHEET may be a folder, too. The exit code is 0 if nothing is wrong, 1 if something is, 2 if nothing can be checked.
    """
    if bool(claims) != bool(of):
        raise click.UsageError("--claims and --of go together.")
    from excel_export.spreadsheets.sandbox import WORKBOOKS, check_file

    is_folder = sheet.is_dir()
    files = sorted(path for path in sheet.iterdir() if _is_workbook(path, WORKBOOKS)) if is_folder else [sheet]
    if not files:
        _fail(f"{sheet}: no workbook in this folder", {"files": []}, as_json)
    found: list[dict[str, Any]] = []
    for path in files:
        try:
            found.append(check_file(path, loss, claims, of, seconds, with_content=report is not None))
        except ExportError as error:
            found.append({"claims": [], "learning": [], "error": str(error)})
        if not as_json:
            _show(path, found[-1], with_name=is_folder)
    if report:
        _write_report(report, files, found)
    if as_json:
        named = [{"file": path.name, **each} for path, each in zip(files, found, strict=True)]
        click.echo(json.dumps({"files": named} if is_folder else found[0], ensure_ascii=False))
    raise click.exceptions.Exit(_exit_code(found))


def _write_report(folder: Path, files: list[Path], found: list[dict[str, Any]]) -> None:
    from excel_export.shared.files import write_atomically
    from excel_export.spreadsheets.report import class_table, frequencies, write_annotated

    folder.mkdir(parents=True, exist_ok=True)
    for path, each in zip(files, found, strict=True):
        if "content" in each:
            write_annotated(folder / f"{path.name}.checked.xlsx", each)
    write_atomically(folder / "class.csv", class_table([path.name for path in files], found).encode("utf-8-sig"))
    for each in found:
        each.pop("content", None)
    for kind, count in frequencies(found):
        click.echo(f"{kind}: in {count} of {len(files)} files", err=True)


def _is_workbook(path: Path, suffixes: Sequence[str]) -> bool:
    return path.suffix.lower() in suffixes and not path.name.startswith((".", "~$"))


def _fail(message: str, nothing: dict[str, Any], as_json: bool) -> None:
    click.echo(f"Error: {message}", err=True)
    if as_json:
        click.echo(json.dumps(nothing))
    raise click.exceptions.Exit(NOTHING_TO_CHECK)


def _exit_code(found: list[dict[str, Any]]) -> int:
    verdicts = [claim["verdict"] for each in found for claim in each["claims"]]
    if "wrong" in verdicts or any(each["learning"] for each in found):
        return WRONG
    return NOTHING_WRONG if set(verdicts) - {"unknown"} else NOTHING_TO_CHECK


def _show(path: Path, found: dict[str, Any], *, with_name: bool) -> None:
    if with_name:
        click.echo(f"{path.name}:")
    if "error" in found:
        click.echo(f"Error: {found['error']}", err=True)
        return
    claims = found["claims"]
    if not claims and not found["learning"]:
        click.echo(f"Error: {path}: {_why_nothing(found)}", err=True)
        return
    for line in _lines(claims):
        click.echo(line)
    for finding in found["learning"]:
        click.echo(f"learning: {finding['words']}")
    for each in found["left out"][:10]:
        click.echo(f"left out: {each['cell']}: {each['why']}")
    counts = {kind: sum(claim["verdict"] == kind for claim in claims) for kind in
              ("right", "wrong", "constant", "undefined", "unknown")}  # fmt: skip
    told = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in counts.items() if count)
    click.echo(f"{len(claims)} gradients: {told or 'none'}")


_KINDS = {"right": "right", "wrong": "wrong", "constant": "numbers without a formula",
          "undefined": "where there is no derivative", "unknown": "not checked"}  # fmt: skip


def _why_nothing(found: dict[str, Any]) -> str:
    reason = "found no gradient to check, by its heading or by an update; name them with --loss, --claims and --of"
    left_out = found["left out"]
    return f"{reason} ({left_out[0]['cell']}: {left_out[0]['why']})" if left_out else reason


def _lines(claims: list[dict[str, Any]]) -> list[str]:
    """A line for each claim that isn't right; copies of the same slip are one."""
    rows: list[list[str]] = []
    copies: dict[str, int] = {}
    for claim in claims:
        slip = claim.get("slip")
        like = slip and (slip["like"] or slip["cell"])
        if claim["verdict"] == "right" and "remark" not in claim:
            continue
        if like:
            copies[like] = copies.get(like, 0) + 1
            if copies[like] > 1:
                continue
        rows.append([
            claim["cell"], "of " + claim["of"], claim["verdict"], _number(claim["value"]), _number(claim["derivative"]),
            slip["words"] if slip else claim.get("remark", ""), like or "",
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


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.8g}"
