"""Programs of Mesa are kept to the end of their context, those of other drivers deleted."""

import pytest
from vispy.gloo import gl
from vispy.gloo.glir import GlirProgram

from napari_phy.widgets.plots.program_deletion import keep_programs


@pytest.mark.parametrize(
    ("version", "deleted"), [("4.5 (Compatibility Profile) Mesa 22.3.6", []), ("4.6.0 NVIDIA 550.54", [7])]
)
def test_only_mesa_keeps_its_programs(monkeypatch, version, deleted):
    keep_programs()
    handles = []
    monkeypatch.setattr(gl, "glGetParameter", lambda name: version)
    monkeypatch.setattr(gl, "glDeleteProgram", handles.append)
    program = object.__new__(GlirProgram)
    program._handle = 7
    program.delete()
    assert handles == deleted
