"""How fast and how large are workbooks, from 1,000 formulas to over a million?

python benchmarks/export.py [--libreoffice]

For each network, in a process of its own: formulas, seconds to trace and write, seconds to compute and store the
values, file size, and peak memory; beside them, in the same process, the bare dump of the very same cells with
openpyxl's write-only mode. With --libreoffice also the time LibreOffice takes to open (without stored values),
recalculate and save the largest, against the same network without anything but its forward and backward pass.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

LADDER = ("mlp", "small", "slice", "wide", "half", "full")
MILLION = 1e6


def build(name):
    """Return (module, inputs) of a rung of the ladder."""
    import torch
    from torch import nn

    from mnist_adder.data.bundled import bundled_digits
    from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
    from mnist_adder.network.loss import AdderLoss

    if name in ("slice", "full"):
        digit = bundled_digits()[7]
        network, _ = load_checkpoint(bundled_checkpoint(name, "regression"))
        pixels = torch.tensor(digit.pixels).double().reshape(1, 1, 28, 28)
        return AdderLoss(network), (pixels, torch.tensor([5.0]), torch.tensor([digit.label]))
    torch.manual_seed(0)
    label = torch.tensor([1])
    if name == "mlp":
        return classifier(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3)), (torch.randn(1, 8), label)
    width, size = {"small": (3, 10), "wide": (10, 20), "half": (24, 24)}[name]
    layers = [nn.Conv2d(1, width, 3), nn.ReLU(), nn.Conv2d(width, 2 * width, 3), nn.ReLU(), nn.MaxPool2d(2)]
    features = 2 * width * ((size - 4) // 2) ** 2
    return classifier(*layers, nn.Flatten(), nn.Linear(features, 10)), (torch.randn(1, 1, size, size), label)


def classifier(*layers):
    """A stack of layers with cross-entropy at its end."""
    import torch.nn.functional as F
    from torch import nn

    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(*layers)

        def forward(self, x, label):
            return F.cross_entropy(self.layers(x), label)

    return Module()


def measure(name, folder, pipe):
    """Export one network and send what it took."""
    from excel_export.book.composition import start_book
    from excel_export.book.sheet import Story
    from excel_export.compiler.trace.tracer import trace
    from excel_export.workbook.recalculate import with_values
    from excel_export.workbook.write import bare_workbook

    module, inputs = build(name)
    trace(module, inputs)  # load what is loaded once
    path = Path(folder) / f"{name}.xlsx"
    started = time.perf_counter()
    book = start_book(trace(module, inputs), 0.1, story=Story(name)).draw_all()
    workbook = bare_workbook(book.canvases, book.names, name)
    written = time.perf_counter() - started
    del book

    started = time.perf_counter()
    with path.open("wb") as file:
        formulas = with_values(workbook, file).formulas
    stored = time.perf_counter() - started
    size, memory = path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    bare = path.with_suffix(".bare.xlsx")
    workbook.save(bare)
    del workbook
    book = start_book(trace(module, inputs), 0.1, story=Story(name)).draw_all()

    cells = [
        [[(col, as_typed(content)) for col, (content, _) in sorted(line.items())] for _, line in rows]
        for rows in (sorted(canvas.cells.items()) for canvas in book.canvases)
    ]
    started = time.perf_counter()
    dump(cells, Path(folder) / "dump.xlsx")
    dumped = time.perf_counter() - started
    pipe.send(
        {"name": name, "formulas": formulas, "written": written, "stored": stored, "dumped": dumped,
         "bare": bare.stat().st_size, "size": size, "memory": memory}
    )  # fmt: skip


def as_typed(content):
    """A cell's content as a person types it: a formula begins with '='."""
    from excel_export.formulas.literals import Text

    return f"={content}" if isinstance(content, str) and not isinstance(content, Text) else content


def dump(cells, path):
    """Write the contents of the cells, and nothing else, with openpyxl."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for rows in cells:
        sheet = book.create_sheet()
        for row in rows:
            line = [None] * row[-1][0]
            for col, content in row:
                line[col - 1] = content
            sheet.append(line)
    book.save(path)


def open_in_libreoffice(folder):
    """Print what LibreOffice takes for the whole workbook and for the bare two passes."""
    from excel_export.book.network_sheet import network_sheet
    from excel_export.compiler.place.emit import emit
    from excel_export.compiler.place.network_picture import place
    from excel_export.compiler.trace.tracer import trace
    from excel_export.workbook.styles import BACKWARD
    from excel_export.workbook.write import write

    graph = trace(*build("full"))
    placement = place(graph)
    contents = emit(graph, placement)
    canvases = [network_sheet(sheet, contents, "", BACKWARD) for sheet in placement.sheets]
    for canvas in canvases:
        canvas.rules = []
    write(canvases, {}, Path(folder) / "prototype.xlsx", "")
    contents = [item for sheet in canvases for row in sheet.cells.values() for item, _ in row.values()]
    formulas = sum(type(item) is str for item in contents)
    return [("whole workbook", "full.bare.xlsx", None), ("two passes alone", "prototype.xlsx", formulas)]


def convert(folder, file):
    """Return the seconds that LibreOffice takes to open, recalculate and save a file."""
    profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
    target = Path(folder) / "saved"
    started = time.perf_counter()
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", target, Path(folder) / file],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started


def main():
    """Climb the ladder and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libreoffice", action="store_true", help="also time LibreOffice on the full network")
    parser.add_argument("--json", action="store_true", help="print one line of JSON per network as well")
    parser.add_argument("networks", nargs="*", default=LADDER, metavar="NETWORK", help=" ".join(LADDER))
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'network':8}{'formulas':>11}{'write':>8}{'µs':>6}{'dump':>8}{'ratio':>7}{'values':>8}{'all µs':>8}"
              f"{'B bare':>8}{'B file':>8}{'MiB':>7}{'memory':>10}")  # fmt: skip
        for name in options.networks:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=measure, args=(name, folder, sender))
            process.start()
            row = receiver.recv()
            process.join()
            n, written, stored = row["formulas"], row["written"], row["stored"]
            print(f"{name:8}{n:>11,}{written:>7.2f}s{written / n * MILLION:>6.1f}{row['dumped']:>7.2f}s"
                  f"{written / row['dumped']:>7.2f}{stored:>7.2f}s{(written + stored) / n * MILLION:>8.1f}"
                  f"{row['bare'] / n:>8.1f}{row['size'] / n:>8.1f}"
                  f"{row['size'] / 2**20:>7.1f}{row['memory']:>6.0f} MiB", flush=True)  # fmt: skip
            if options.json:
                print(json.dumps(row))
            if name == "full":
                last = n
        if options.libreoffice and "full" in options.networks and shutil.which("soffice"):
            print("\nLibreOffice opens without stored values, recalculates, saves:")
            for what, file, formulas in open_in_libreoffice(folder):
                seconds, count = convert(folder, file), formulas or last
                print(
                    f"{what:18}{count:>11,} formulas {seconds:>6.1f} s {seconds / count * MILLION:>6.1f} µs a formula"
                )


if __name__ == "__main__":
    main()
