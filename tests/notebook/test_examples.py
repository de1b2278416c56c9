"""The example notebooks of the documentation run."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from patience import PATIENCE_S

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
LONG = {"two_sortings"}


@pytest.mark.filterwarnings("default")  # those of the client itself
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.soak if path.stem in LONG else (), id=path.stem) for path in NOTEBOOKS],
)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    made = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in made.cells)
    NotebookClient(made, timeout=PATIENCE_S, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = {kind for cell in made.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert {"text/html", "application/vnd.jupyter.widget-view+json"} & kinds
    assert not any(output.output_type == "error" for cell in made.cells for output in cell.get("outputs", []))
