"""Whether this machine can draw our views."""

from functools import cache

from qtpy.QtGui import QOffscreenSurface, QOpenGLContext

OLDEST = (2, 1)
WHAT_NOW = "Update the graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1 in the environment."


@cache
def opengl_version() -> tuple[int, int] | None:
    """Return the version of OpenGL that Qt gets here, None where it gets none."""
    context = QOpenGLContext()
    if not context.create():
        return None
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    if not surface.isValid() or not context.makeCurrent(surface):
        return None
    form = context.format()
    context.doneCurrent()
    return form.majorVersion(), form.minorVersion()


def opengl_problem() -> str | None:
    """Return a sentence on why the views cannot be drawn here and what helps, or None when they can."""
    version = opengl_version()
    if version is None:
        return f"Features and waveforms need OpenGL, which this display does not offer. {WHAT_NOW}"
    if version < OLDEST:
        found, needed = (".".join(map(str, pair)) for pair in (version, OLDEST))
        return f"Features and waveforms need OpenGL {needed} or newer; this display offers {found}. {WHAT_NOW}"
    return None
