"""Workers without threads: a test says when one computes, and when the main thread hears of it."""

from functools import partial

from qtpy.QtCore import QThreadPool


class _Signal(list):
    def connect(self, slot):
        self.append(slot)

    def emit(self, *values):
        for slot in self:
            slot(*values)


class _Worker:
    def __init__(self, function, *given, **_):
        self.call = partial(function, *given)
        self.errored, self.finished = _Signal(), _Signal()
        self.has_run, self.error = False, None

    def start(self):
        """Wait for the test."""


class Workers:
    """Takes the place of threads in `LatestResult`, which has one worker at a time."""

    def __init__(self, monkeypatch):
        self.n_made = 0
        self.busy: list[_Worker] = []
        monkeypatch.setattr("napari_phy.widgets.base.latest_result.create_worker", self._make)
        start = QThreadPool.start

        def start_in_pool(pool, worker, *priority):
            if not isinstance(worker, _Worker):
                start(pool, worker, *priority)

        monkeypatch.setattr(QThreadPool, "start", start_in_pool)

    def _make(self, *given, **options):
        assert not self.busy
        self.n_made += 1
        self.busy.append(_Worker(*given, **options))
        return self.busy[0]

    def run(self):
        """Compute, if something is to be computed."""
        for worker in self.busy:
            if not worker.has_run:
                worker.has_run = True
                try:
                    worker.call()
                except ValueError as error:
                    worker.error = error

    def deliver(self):
        """Tell the main thread of what was computed, if that was done."""
        if self.busy and self.busy[0].has_run:
            worker = self.busy.pop()
            if worker.error is not None:
                worker.errored.emit(worker.error)
            worker.finished.emit()

    def finish(self):
        """Compute and tell until there is nothing left."""
        while self.busy:
            self.run()
            self.deliver()
