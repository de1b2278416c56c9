"""Keeps software OpenGL from crashing when a points layer is removed and another one grows."""

from vispy.gloo.glir import GlirProgram


def keep_programs() -> None:
    """Have vispy leave OpenGL programs to the end of their context; calling this again does nothing.

    Drawing another points layer after a program was deleted crashes llvmpipe. A program kept is a few kilobytes.
    """
    GlirProgram.delete = _keep


def _keep(program: GlirProgram) -> None:
    """Delete nothing."""
