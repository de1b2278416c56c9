"""Keeps Mesa's OpenGL from crashing when a points layer is removed and another one grows."""

from vispy.gloo import gl
from vispy.gloo.glir import GlirProgram

_delete = GlirProgram.delete


def keep_programs() -> None:
    """Have vispy leave OpenGL programs of Mesa to the end of their context; calling this again does nothing.

    Mesa 22.3, of Debian 12, reads a null pointer in an instanced draw of one program after another one was deleted,
    once the buffer drawn from has grown: napari's Points, a layer removed and another with new data. A program kept is
    a few kilobytes. Other drivers delete it.
    """
    GlirProgram.delete = _delete_unless_mesa


def _delete_unless_mesa(program: GlirProgram) -> None:
    """Delete the program, with its context current."""
    if "Mesa" not in str(gl.glGetParameter(gl.GL_VERSION)):
        _delete(program)
