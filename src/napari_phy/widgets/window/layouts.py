"""The layouts to choose, how docks are put at their places, and where they were left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from napari_phy.session.session import Session
from napari_phy.storage.layouts import SavedLayout, load_layout, save_layout
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window.docks import LISTS

if TYPE_CHECKING:
    from napari_phy.widgets.window.dock_manager import DockManager

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
        RIGHT: Strip(500, {("Waveforms",): 512, ("Correlograms", "Amplitude", "Link time"): 488}),
        BOTTOM: Strip(285, {("Traces",): 960}),
    },
    small={
        LEFT: Strip(302, {(LAYER_LIST, "Clusters"): 700}, frozenset({"Clusters"})),
        RIGHT: Strip(360, {("Waveforms",): 340, ("Correlograms", "Amplitude", "Link time"): 350}),
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
    for strip in form.values():
        for place in strip.places:
            docks[next((title for title in place if title in strip.front), place[0])].raise_()


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


def napari_docks(window: QMainWindow) -> dict[str, QDockWidget]:
    """Return napari's own layer list and layer controls."""
    found = {name: window.findChild(QDockWidget, name) for name in NAPARI_DOCKS}
    return {name: dock for name, dock in found.items() if dock is not None}


VERSION = 1  # of what Qt tells of our docks
SAVE_MS = 1000  # after a change, so that a dock that is moved is written once


class LayoutStore(QObject):
    """Saves where docks are, for each data set and for the user, in large and in small windows.

    That is when the user has changed it, and when the data set or the window is closed.

    Parameters
    ----------
    size : WindowSize
        Arranges the docks for another size of the window.
    session : callable
        Returns the open data set, or None.
    """

    def __init__(
        self,
        window: QMainWindow,
        board: "DockManager",
        size: "WindowSize",
        session: Callable[[], Any],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._size = size
        self._board = board
        self._session = session
        self._saved: SavedLayout | None = None  # what is written, or was there when the data set was opened
        self._is_opening = False
        self._timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._timer.timeout.connect(self._save_changes)
        board.adopted.connect(self._watch)
        board.arranged.connect(self._on_arranged)
        window.installEventFilter(self)

    def restore(self, session: Session | None, *, again: bool = False) -> bool:
        """Put the docks where they were for a data set, else where the user left them; False where that is not known.

        The form is chosen at the first opening, or `again`.
        """
        self._is_opening = True
        board, window = self._board, referent(self._window)
        size = window.size()  # new docks may need more until they are at their places
        layout = load_layout(_path_of(session), board.choose_form(again=again))
        if layout is None or layout.preset not in PRESETS or not board.open_all(layout.docks):
            return False
        if not self._place(layout.state):
            board.keep_size(size)
            return False
        board.take_layout(layout.preset)
        QTimer.singleShot(0, partial(self._divide, layout.state, size if window.isVisible() else None))
        return True

    def _divide(self, state: bytes, size: QSize | None) -> None:
        """Divide the window as it was, once new docks no longer make it larger."""
        if isalive(self):
            if size is not None:
                self._board.keep_size(size)
            self._place(state)
            self._board.arranged.emit()

    def _place(self, state: bytes) -> bool:
        """Put the docks at their places; the list of clusters is there in any case."""
        window = referent(self._window)
        set_corners(window)
        with self._board.placing():
            is_placed = window.restoreState(QByteArray(state), VERSION)
        if self._board.docks[LISTS[0]].isHidden():
            self._board.open(LISTS[0])
        return bool(is_placed)

    def save(self) -> None:
        """Write down where the docks are."""
        self._timer.stop()
        session, layout = self._session(), self._layout()
        if session is not None and layout is not None:
            self._saved = layout
            save_layout(_path_of(session), self._board.form, layout)

    def _layout(self) -> SavedLayout | None:
        board, window = self._board, self._window()
        if window is None or not board.is_arranged:
            return None
        docks = tuple(name for name, dock in board.docks.items() if not dock.isHidden())
        return SavedLayout(board.preset.name, docks, bytes(window.saveState(VERSION).data()))

    def _save_changes(self) -> None:
        """Save, but not the form for small windows as it looks in one that has just become large."""
        if self._size.is_due:
            self._timer.start()
        elif self._layout() != self._saved:
            self.save()

    def _watch(self, _panel: QWidget, dock: QDockWidget) -> None:
        for signal in (dock.visibilityChanged, dock.dockLocationChanged, dock.topLevelChanged):
            signal.connect(self._on_changed)
        dock.installEventFilter(self)

    def _on_changed(self, *_: object) -> None:
        self._timer.start()

    def _on_arranged(self) -> None:
        if self._is_opening:
            self._is_opening, self._saved = False, self._layout()
        else:
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Save when the window is closed, and after lines between docks, or floating docks, were moved."""
        kind = event.type()
        if isinstance(watched, QDockWidget):
            if kind in (QEvent.Type.Move, QEvent.Type.Resize) and watched.isFloating():
                self._timer.start()
        elif kind == QEvent.Type.Close:
            self.save()
        elif kind == QEvent.Type.MouseButtonRelease:
            self._timer.start()
        return False


def _path_of(session: Session | None) -> Path | None:
    path = None if session is None else session.model.path
    return path if isinstance(path, Path) and path.is_file() else None


LEAST = QSize(1280, 800)  # px, for which the small form is made
WAIT_MS = 200  # after a resize, so that an edge of the window that is dragged arranges once


class WindowSize(QObject):
    """Watches the size of a window; `outgrown` asks for its docks to be arranged again.

    That is when it has a size at last after docks were arranged in it before it was shown, and when it has become large
    or small, as long as the user has moved nothing.
    """

    outgrown = Signal()

    def __init__(self, window: QMainWindow, board: "DockManager", parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._board = board
        self._places: Places | None = None  # of the docks when they were arranged
        self._is_placing = False  # whether docks are still to find these places
        self._is_first = True  # whether docks were not yet arranged in a window on the screen
        self._was_hidden = False  # whether they were in one that was not shown at all
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._choose_again)
        board.arranged.connect(self._on_arranged)
        window.installEventFilter(self)

    def prepare(self) -> None:
        """Make room for docks that are about to be arranged, and watch whether they stay at their places."""
        self._make_room()
        self._was_hidden = not referent(self._window).isVisible()
        self._is_placing = True

    def _make_room(self) -> bool:
        """Give a window the room of its screen when docks are arranged in it for the first time; return whether it was.

        That is one smaller than 1280 × 800, or larger than there is room.
        """
        window = referent(self._window)
        if not (self._is_first and _is_on_screen(window)):
            return False
        self._is_first = False
        states = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen
        size, room = window.size(), window.screen().availableGeometry()
        if window.windowState() & states or size == size.expandedTo(LEAST).boundedTo(room.size()):
            return False
        window.setGeometry(room)
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)  # its frame has room, too
        self._board.hold_size(anew=True)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again when the window is shown or has another size; notice when a line between docks is moved."""
        if event.type() == QEvent.Type.Paint and self._is_first:
            self._again.start(0)
        elif event.type() == QEvent.Type.Resize and self._is_outgrown:
            self._again.start(WAIT_MS)
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            is_line = referent(self._window).childAt(event.position().toPoint()) is None
            self._places = None if is_line else self._places
        return False

    @property
    def is_due(self) -> bool:
        """Whether the docks may be arranged again in a moment."""
        return self._again.isActive()

    @property
    def _is_outgrown(self) -> bool:
        return (referent(self._window).width() < SMALL_BELOW) != self._board.is_small

    def _on_arranged(self) -> None:
        if self._is_placing:
            self._is_placing = False
            self._places = self._board.places

    def _choose_again(self) -> None:
        if not self._board.is_arranged:
            return
        is_larger = self._make_room()
        is_due = self._was_hidden and _is_on_screen(referent(self._window))
        if is_larger or is_due or (self._is_outgrown and self._board.places == self._places):
            self.outgrown.emit()


def _is_on_screen(window: QMainWindow) -> bool:
    """Tell whether the window manager has put the window on the screen: only then it may be asked for another size."""
    return bool(window.isVisible() and window.windowHandle().isExposed())
