"""What is written in the background is written in order, whole, and the last of it always."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from napari_phy.files.background_writes import BackgroundWrites


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=30))
def test_what_was_put_last_is_what_was_written_last(puts):
    writes, written = BackgroundWrites(), []
    for put in puts:
        writes.put(put[0], lambda put=put: written.append(put))
    writes.wait()
    assert dict(written) == dict(puts)
    places = [puts.index(one) for one in written if puts.count(one) == 1]
    assert places == sorted(places)


def test_nobody_waits_for_a_slow_disk_and_only_the_newest_of_what_waits_is_written():
    writes, written, is_free = BackgroundWrites(), [], threading.Event()
    writes.put("a", lambda: (is_free.wait(), written.append(0)))
    for number in range(1, 5):
        writes.put("b", lambda number=number: written.append(number))
    assert written == []
    is_free.set()
    writes.wait()
    assert written == [0, 4]


def test_what_cannot_be_written_costs_nothing_else(caplog):
    writes, written = BackgroundWrites(), []
    writes.put("a", lambda: 1 / 0)
    writes.put("b", lambda: written.append("b"))
    writes.wait()
    assert written == ["b"]
    assert "could not be written" in caplog.text
