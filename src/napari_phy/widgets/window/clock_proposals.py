"""Proposes a clock for a stack that comes beside a recording, where pulses of the file fit its frames."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from napari.layers import Image, Layer
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QMainWindow

from napari_phy.core.errors import NapariPhyError
from napari_phy.layers.timed_layer import n_frames_of, own_times_of, rate_of
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.notifications import notify, take_back
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.window.time_links import TimeLinks

if TYPE_CHECKING:
    from napari_phy.views.clock_offers import ClockOffer

WORTH = 0.5  # a score from which on a line is likely enough to be proposed unasked
LINK, CHOOSE = "Link", "Choose…"


class ClockProposals(QObject):
    """Tries the events of the file for each image stack that is not linked; one that fits is said with a button.

    Parameters
    ----------
    links : TimeLinks
        What is linked; a stack is asked about when it comes.
    window : QMainWindow
        Where notifications are shown.
    """

    choice_requested = Signal()  # of a clock, by hand

    def __init__(self, links: TimeLinks, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._links, self._window = links, ref(window)
        self._waiting: deque[ref[Layer]] = deque()
        self._said: dict[int, tuple[str, Callable[[], None]]] = {}  # by layer: the sentence, and what its button does
        self._accepted: set[int] = set()  # layers that are linked unasked
        self._results = LatestResult(self)
        self._results.result_ready.connect(self._on_offers)
        self._results.failed.connect(self._on_failed)
        links.unlinked_came.connect(self._on_came)
        links.changed.connect(self._on_changed)

    def accept_all(self) -> None:
        """Link the stacks that there are by what fits them, without asking."""
        linked = self._links.linked
        for layer in self._links.candidates:
            if linked is not None and linked.clock_of(layer) is None:
                self._accepted.add(id(layer))
        for _, link in list(self._said.values()):
            link()

    def _on_came(self, layer: Layer) -> None:
        session = self._links.session
        if isinstance(layer, Image) and session is not None and session.model.events:
            self._waiting.append(ref(layer))
            self._next()

    def _next(self) -> None:
        from napari_phy.views.clock_offers import ClockRequest, FromEvents, offer_clocks

        session = self._links.session
        if session is None:
            self._waiting.clear()
        while self._waiting and self._results.wanted is None and session is not None:
            layer = self._waiting.popleft()()
            if layer is None or layer not in self._links.candidates:
                continue
            axis = self._links.axis_of(layer)
            n_frames, rate_hz = n_frames_of(layer, axis), rate_of(layer, axis)
            request = ClockRequest(FromEvents(), n_frames, rate_hz, own_times_of(layer))
            self._results.ask((ref(layer), axis, request), partial(offer_clocks, session.model, request))

    def _on_offers(self, asked: Any, offers: "list[ClockOffer]") -> None:
        layer, axis = asked[0](), asked[1]
        linked = self._links.linked
        if offers and offers[0].score >= WORTH and layer is not None and linked is not None:
            is_open = layer in self._links.candidates and linked.clock_of(layer) is None
            if is_open and self._links.axis_of(layer) == axis:
                self._propose(layer, offers[0])
        self._next()

    def _propose(self, layer: Layer, offer: "ClockOffer") -> None:
        link = partial(self._link, ref(layer), offer)
        if id(layer) in self._accepted:
            self._accepted.discard(id(layer))
            link()
            return
        sentence = imaging_messages.clock_proposed(layer.name, offer.words, offer.base)
        self._said[id(layer)] = sentence, link
        notify(sentence, "info", [(LINK, link), (CHOOSE, self.choice_requested.emit)], stays=True)

    def _link(self, to: "ref[Layer]", offer: "ClockOffer") -> None:
        layer = to()
        if layer is None or layer not in self._links.candidates:
            return
        try:
            self._links.link(layer, offer.base)
        except NapariPhyError as error:
            notify(str(error), "warning")

    def _on_failed(self, _asked: Any, _error: Exception) -> None:
        """Say nothing: nobody asked; the dock says it."""
        self._next()

    def _on_changed(self) -> None:
        """Take back what is done, or was about layers that are gone, and try no clocks for those."""
        linked = self._links.linked
        layers = [] if linked is None else [one for one in self._links.candidates if linked.clock_of(one) is None]
        there = set(map(id, layers))
        gone = [sentence for layer, (sentence, _) in self._said.items() if layer not in there]
        self._said = {layer: said for layer, said in self._said.items() if layer in there}
        self._accepted &= there
        asked: Any = self._results.wanted
        if asked is not None and id(asked[0]()) not in there:
            self._results.drop()
            self._next()
        if gone:
            take_back(gone, referent(self._window))
