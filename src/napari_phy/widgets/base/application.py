"""The running application of Qt."""

from qtpy.QtWidgets import QApplication


def application() -> QApplication:
    """Return the application; there is one wherever there are widgets."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
