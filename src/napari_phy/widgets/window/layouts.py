"""The layouts to choose, and how docks are put at their places."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from qtpy.compat import isalive
from qtpy.QtCore import QMargins, QSize, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget

from napari_phy.widgets.base.theme import tokens

LARGE_HEIGHT, SMALL_HEIGHT = 1080, 800  # px, for which the sizes are made
LEFT_SHARE, SMALL_LEFT_SHARE = 0.4, 0.32  # of the window's width: what the left column takes at most with large type
SMALL_BELOW = 1600  # px of window width at first opening
LAYER_LIST, LAYER_CONTROLS = NAPARI_DOCKS = ("layer list", "layer controls")
LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
TOP, BOTTOM = Qt.DockWidgetArea.TopDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
ACROSS, DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
Tabs = tuple[str, ...]  # docks that lie upon each other, in the order of their tabs
Places = tuple[frozenset[str], Mapping[Qt.DockWidgetArea, list[frozenset[str]]]]


@dataclass(frozen=True, slots=True)
class Strip:
    """The docks in one area of the window: a row above or below the canvas, a column beside it.

    Attributes
    ----------
    breadth : int
        Height of a row, width of a column, in px.
    places : mapping of tuple of str to int
        {docks that share a place: length along the strip, in px}, from the left or from the top.
    front : frozenset of str, optional
        Docks that are before the others of their place; else it is the first.
    """

    breadth: int
    places: Mapping[Tabs, int]
    front: frozenset[str] = field(default=frozenset())


Form = Mapping[Qt.DockWidgetArea, Strip]


@dataclass(frozen=True, slots=True)
class Preset:
    """A layout to choose.

    Attributes
    ----------
    name : str
        As the menu has it.
    large, small : mapping of DockWidgetArea to Strip
        Its form in large and in small windows.
    keeps_others : bool, default False
        Whether views that have no place in it stay open, with Amplitude; else they are closed.
    """

    name: str
    large: Form
    small: Form
    keeps_others: bool = False

    def form(self, *, small: bool) -> Form:
        """Return the form for a large or a small window."""
        return self.small if small else self.large

    @property
    def titles(self) -> Tabs:
        """The docks that it places, the same in both forms."""
        return tuple(title for strip in self.large.values() for place in strip.places for title in place)

    def place_of(self, title: str, *, small: bool) -> tuple[Qt.DockWidgetArea, Tabs]:
        """Return the area of a kind of dock, and the docks that it shares its place with, itself among them.

        What it does not place belongs to Amplitude.
        """
        places = {place: area for area, strip in self.form(small=small).items() for place in strip.places}
        own = next((place for place in places if title in place), None)
        shared = own or next(place for place in places if OTHERS_WITH in place)
        return places[shared], shared


OTHERS_WITH = "Amplitude"
BESIDE_CANVAS = (OTHERS_WITH, "Probe", "Wizard", "History")
SORT = Preset(
    "Sort",
    large={
        LEFT: Strip(434, {("Clusters",): 555, ("Similar",): 435}),
        TOP: Strip(545, {("Waveforms",): 420, ("Features",): 550, ("Correlograms",): 520}),
        BOTTOM: Strip(300, {("Traces",): 950}),
        RIGHT: Strip(520, {BESIDE_CANVAS: 435}),
    },
    small={
        LEFT: Strip(302, {("Clusters",): 395, ("Similar",): 310}),
        TOP: Strip(360, {("Waveforms",): 410, ("Features",): 545}),
        BOTTOM: Strip(215, {("Traces",): 480}),
        RIGHT: Strip(480, {("Correlograms", *BESIDE_CANVAS): 355}),
    },
    keeps_others=True,
)
INSPECT = Preset(
    "Inspect",
    large={
        LEFT: SORT.large[LEFT],
        TOP: Strip(440, {("Waveforms",): 320, ("Features",): 390, ("Correlograms",): 390, ("Amplitude",): 350}),
        BOTTOM: Strip(420, {("Traces",): 460, ("Raster",): 410, ("Similarity",): 350, ("Probe",): 230}),
    },
    small={
        LEFT: SORT.small[LEFT],
        TOP: Strip(300, {("Waveforms",): 320, ("Features",): 390, ("Correlograms", "Amplitude"): 390}),
        BOTTOM: Strip(260, {("Traces",): 460, ("Raster",): 410, ("Similarity", "Probe"): 350}),
    },
)
IMAGING = Preset(
    "With imaging",
    large={
        LEFT: Strip(434, {(LAYER_LIST, "Clusters"): 1000}, frozenset({"Clusters"})),
        RIGHT: Strip(500, {("Correlograms", "Amplitude", "Link time", "Imaging"): 1000}),
        BOTTOM: Strip(285, {("Traces",): 600, ("Waveforms",): 360}),
    },
    small={
        LEFT: Strip(302, {(LAYER_LIST, "Clusters"): 700}, frozenset({"Clusters"})),
        RIGHT: Strip(430, {("Waveforms", "Correlograms", "Amplitude", "Link time", "Imaging"): 690}),
        BOTTOM: Strip(215, {("Traces",): 600}),
    },
)
PRESETS = {preset.name: preset for preset in (SORT, INSPECT, IMAGING)}


def arrange(window: QMainWindow, docks: Mapping[str, QDockWidget], form: Form) -> None:
    """Show docks at the places of a form."""
    set_corners(window)
    for area, strip in form.items():
        before: QDockWidget | None = None
        for place in strip.places:
            first, *others = (docks[title] for title in place)
            for dock in (first, *others):
                bring_back(dock)
                dock.show()
            window.addDockWidget(area, first)
            if before is not None:
                window.splitDockWidget(before, first, _along(area))
            for dock in others:
                window.tabifyDockWidget(first, dock)
            before = first
    raise_fronts(docks, form)


def raise_fronts(docks: Mapping[str, QDockWidget], form: Form) -> None:
    """Put the docks that are to be seen before the others of their places."""
    for title in fronts(form):
        docks[title].raise_()


def fronts(form: Form) -> Tabs:
    """Return the docks that are before the others of their places."""
    places = ((strip, place) for strip in form.values() for place in strip.places)
    return tuple(next((title for title in place if title in strip.front), place[0]) for strip, place in places)


def bring_back(dock: QDockWidget) -> None:
    """Have a dock in its window again where it floats or fills the screen."""
    if dock.isFullScreen():
        dock.showNormal()
    dock.setFloating(False)


def divide(window: QMainWindow, docks: Mapping[str, QDockWidget], form: Form, *, small: bool) -> None:
    """Give docks the sizes of a form.

    In a lower window rows shrink together, so that the canvas stays; with large type the left column is wider, so that
    the lists keep their columns and the words of groups stay whole.
    """
    most = (SMALL_LEFT_SHARE if small else LEFT_SHARE) * window.width() / form[LEFT].breadth
    wider = max(1.0, min(tokens().scale, most))
    share = min(1.0, window.height() / (SMALL_HEIGHT if small else LARGE_HEIGHT))
    for orientation in (ACROSS, DOWN):
        crossed = {area: strip for area, strip in form.items() if _along(area) != orientation}
        shares = {LEFT: wider, TOP: share, BOTTOM: share}
        breadths = [round(strip.breadth * shares.get(area, 1.0)) for area, strip in crossed.items()]
        window.resizeDocks([_firsts(strip, docks)[0] for strip in crossed.values()], breadths, orientation)
    for area, strip in form.items():
        window.resizeDocks(_firsts(strip, docks), list(strip.places.values()), _along(area))


def place_size(window: QMainWindow, dock: QDockWidget) -> QSize:
    """Return the size of the place of a dock, with the bar of its tabs where it has any."""
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    height = max((bar.height() for bar in bars if bar.isVisible()), default=0)
    return dock.size().grownBy(QMargins(0, 0, 0, height if window.tabifiedDockWidgets(dock) else 0))


def restore_sizes(window: QMainWindow, sizes: Mapping[QDockWidget, QSize]) -> None:
    """Give places the sizes that they had before other docks became tabs there: lines drawn by hand stay.

    Parameters
    ----------
    window : QMainWindow
        Where the docks are.
    sizes : mapping of QDockWidget to QSize
        A dock that was in sight, and the size that its place had.
    """
    there = {dock: size for dock, size in sizes.items() if isalive(dock) and not dock.isHidden() | dock.isFloating()}
    for orientation in (ACROSS, DOWN):
        lengths = [size.width() if orientation == ACROSS else size.height() for size in there.values()]
        window.resizeDocks(list(there), lengths, orientation)


def is_behind(dock: QDockWidget) -> bool:
    """Return whether a dock lies behind others of its place, where Qt keeps it out of its window."""
    return not (dock.isHidden() or dock.isFloating()) and dock.geometry().right() < 0


def places(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> Places:
    """Return which docks float, and which there are in each area, in order, with those that share a place together."""
    shown = {name: dock for name, dock in docks.items() if not dock.isHidden()}
    found: dict[Qt.DockWidgetArea, dict[frozenset[str], tuple[int, int]]] = {}
    for name, dock in shown.items():
        if not dock.isFloating():
            tabs = window.tabifiedDockWidgets(dock)
            place = frozenset({name, *(other for other, tab in shown.items() if tab in tabs)})
            corners = found.setdefault(window.dockWidgetArea(dock), {})
            corners[place] = max(corners.get(place, (-1, -1)), (dock.x(), dock.y()))  # tabs behind are out of sight
    floating = frozenset(name for name, dock in shown.items() if dock.isFloating())
    return floating, {area: sorted(corners, key=corners.__getitem__) for area, corners in found.items()}


def _along(area: Qt.DockWidgetArea) -> Qt.Orientation:
    return ACROSS if area in (TOP, BOTTOM) else DOWN


def _firsts(strip: Strip, docks: Mapping[str, QDockWidget]) -> list[QDockWidget]:
    return [docks[place[0]] for place in strip.places]


def set_corners(window: QMainWindow) -> None:
    """Give the left column the height of the window, and tabs their place above docks."""
    for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
        window.setCorner(corner, LEFT)
    window.setCorner(Qt.Corner.TopRightCorner, TOP)
    window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)


@contextmanager
def laid_out_once(window: QMainWindow) -> Iterator[None]:
    """Lay out a window when all of its docks have changed: each time, all canvases in it are drawn."""
    layout = window.layout()
    if layout is None or not layout.isEnabled():
        yield
        return
    layout.setEnabled(False)
    try:
        yield
    finally:
        layout.setEnabled(True)
        layout.activate()


def napari_docks(window: QMainWindow) -> dict[str, QDockWidget]:
    """Return napari's own layer list and layer controls."""
    found = {name: window.findChild(QDockWidget, name) for name in NAPARI_DOCKS}
    return {name: dock for name, dock in found.items() if dock is not None}
