"""Everybody who listens is told, and nobody who tells is stopped."""

import gc

import psygnal
import pytest

from napari_phy.core import signals
from napari_phy.core.signals import signal


class Owner:
    changed = signal(int)


class Listener:
    def __init__(self) -> None:
        self.heard: list[int] = []

    def hear(self, value: int) -> None:
        self.heard.append(value)

    def fail(self) -> None:
        raise ZeroDivisionError("no wonder")


def test_all_listeners_are_called_in_their_order_and_errors_are_logged(listener_errors: list[str]) -> None:
    owner, listener, order = Owner(), Listener(), []
    owner.changed.connect(lambda: order.append("last"), priority=-1)
    owner.changed.connect(listener.hear)
    owner.changed.connect(listener.fail, priority=1)
    owner.changed.connect(lambda value: order.append(value), priority=2)
    owner.changed.emit(3)
    assert listener.heard == [3]
    assert order == [3, "last"]
    (error,) = listener_errors
    assert "Listener.fail could not follow changed" in error
    assert "no wonder" in error
    listener_errors.clear()


def test_a_signal_inside_a_signal_is_told_too(listener_errors: list[str]) -> None:
    outer, inner, listener = Owner(), Owner(), Listener()
    inner.changed.connect(listener.fail)
    inner.changed.connect(listener.hear)
    outer.changed.connect(inner.changed.emit)
    outer.changed.connect(listener.hear)
    outer.changed.emit(1)
    assert listener.heard == [1, 1]
    assert len(listener_errors) == 1
    listener_errors.clear()


def test_listeners_are_held_weakly_and_can_be_taken_off() -> None:
    owner, gone, off = Owner(), Listener(), Listener()
    owner.changed.connect(gone.hear)
    owner.changed.connect(off.hear)
    owner.changed.disconnect(off.hear)
    del gone
    gc.collect()
    owner.changed.emit(1)
    assert off.heard == []
    assert len(owner.changed) == 0


def test_psygnal_still_has_what_is_needed_of_it() -> None:
    assert signals.has_psygnal_hooks()
    assert isinstance(Owner().changed, signals.TolerantSignalInstance)


def test_without_that_a_signal_is_that_of_psygnal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "has_psygnal_hooks", lambda: False)

    class Plain:
        changed = signal(int)

    owner, listener = Plain(), Listener()
    owner.changed.connect(listener.hear)
    owner.changed.connect(listener.fail)
    with pytest.raises(psygnal.EmitLoopError):
        owner.changed.emit(1)
    assert listener.heard == [1]
