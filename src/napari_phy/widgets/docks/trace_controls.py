"""The menus of the Traces dock: page, filter, order and colours of channels, scrolling on by itself."""

from collections.abc import Callable
from math import isclose

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QMenu

from napari_phy.core.time_cursor import PAGE_S
from napari_phy.plugins import trace_filters
from napari_phy.views.traces import AUTOMATIC, FILTERS, MAX_FILTERED_S, RAW
from napari_phy.widgets.base.choices import Allowed, choice_actions, values_of
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.plain_text import plain

ORDERS = (("By depth", "depth"), ("By number", "number"), ("Best of the selection first", "best"))
COLORS = (("Grey channels", "grey"), ("Channels coloured by depth", "depth"))
PAGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)  # s
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0)  # pages a second
STEPS_A_SECOND = 20


class TraceControls(QObject):
    """Knows what was chosen, and says when that changes.

    Parameters
    ----------
    add_drop_down : adds one to the header: (name, choices, current, what to call).
    menu : the ⋯ menu of the header.
    """

    page_chosen = Signal(float)
    filter_changed = Signal()
    order_changed = Signal()
    colors_changed = Signal()
    scrolled_on = Signal(float)  # pages

    def __init__(self, add_drop_down: Callable[..., DropDown], menu: QMenu, parent: QObject) -> None:
        super().__init__(parent)
        self.order, self.colors, self.filter_name, self.speed = ORDERS[0][1], COLORS[0][1], AUTOMATIC, SPEEDS[1]
        filters = (*FILTERS, *trace_filters())
        self.remembered: Allowed = {
            "order": values_of(ORDERS), "colors": values_of(COLORS), "filter_name": (AUTOMATIC, *filters),
            "speed": SPEEDS,
        }  # fmt: skip
        pages = [(f"{page:g} s", page) for page in PAGES]
        self._page_menu = add_drop_down("Length of a page", pages, PAGE_S, self.page_chosen.emit)
        choices = [(name[0].upper() + name[1:], name) for name in filters]
        self._filter_menu = add_drop_down("Filter", choices, RAW, self.set_filter_name)
        self._orders = choice_actions(menu, ORDERS, self.order, self.set_order)
        self._colors = choice_actions(menu, COLORS, self.colors, self.set_colors)
        self._runs = menu.addAction("Scroll on")
        self._runs.setCheckable(True)
        self._runs.toggled.connect(self.set_running)
        speeds = [(f"{speed:g} pages a second", speed) for speed in SPEEDS]
        self._speeds = choice_actions(menu.addMenu("Speed"), speeds, self.speed, self.set_speed)
        menu.addSeparator()
        self._timer = QTimer(self, interval=1000 // STEPS_A_SECOND)
        self._timer.timeout.connect(lambda: self.scrolled_on.emit(self.speed / STEPS_A_SECOND))

    @property
    def is_running(self) -> bool:
        """Whether the traces scroll on by themselves."""
        return self._timer.isActive()

    def show_page(self, page_s: float) -> None:
        """Show how long a page is now."""
        page_s = next((page for page in PAGES if isclose(page, page_s, rel_tol=1e-6)), page_s)
        self._page_menu.set_current(page_s, f"{page_s:.3g} s")

    def set_filter_name(self, name: str) -> None:
        """Show traces raw, through one of the filters, or, "automatic", as suits each data set."""
        self.filter_name = name
        if name != AUTOMATIC:
            self.show_filter(name)
        self.filter_changed.emit()

    def show_filter(self, name: str, words: str = "") -> None:
        """Show which filter was chosen, or suits the data set; `words` tell of it under the mouse."""
        self._filter_menu.set_current(name)
        tip = f"Filter: {words}" if words else "Filter"
        self._filter_menu.setToolTip(plain(f"{tip}; filters act on {MAX_FILTERED_S:.0f} s and less"))

    def set_order(self, order: str) -> None:
        """Order channels by "depth", by "number", or the "best" of the selection first."""
        self.order = order
        self._orders[order].setChecked(True)
        self.order_changed.emit()

    def set_colors(self, colors: str) -> None:
        """Draw channels in "grey", or coloured by their "depth"."""
        self.colors = colors
        self._colors[colors].setChecked(True)
        self.colors_changed.emit()

    def set_running(self, running: bool) -> None:
        """Scroll on by itself, or stand still."""
        self._runs.setChecked(running)
        self._timer.start() if running else self._timer.stop()

    def set_speed(self, pages_per_s: float) -> None:
        """Scroll on at another speed."""
        self.speed = pages_per_s
        self._speeds[pages_per_s].setChecked(True)
