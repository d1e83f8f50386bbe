"""No file imports itself by way of others. Imports inside functions and those for type checking count, too."""

import grimp
import networkx


def test_no_import_leads_back():
    packages = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
    graph = grimp.build_graph(*packages, cache_dir=None)
    imports = networkx.DiGraph()
    for module in graph.modules:
        imports.add_edges_from((module, other) for other in graph.find_modules_directly_imported_by(module))
    assert imports.number_of_edges() > 2_000
    circles = [sorted(circle) for circle in networkx.strongly_connected_components(imports) if len(circle) > 1]
    assert not circles
