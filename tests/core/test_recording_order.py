"""What is told of the order in which recordings are numbered."""

from napari_phy.core.recording_order import RecordingOrder

PLACES = RecordingOrder("place", "spikes would lie beyond the end", False, "0, 1, 10, 2")


def test_the_order_is_named_with_an_example_where_one_is_needed():
    assert RecordingOrder("number", "", True, "0, 1").words == "by number"
    assert RecordingOrder("text", "", True, "0, 1, 10").words == "in the order of text (0, 1, 10)"
    assert PLACES.words == "by place (0, 1, 10, 2)"


def test_what_is_certain_is_said_in_one_clause():
    order = RecordingOrder("text", "you chose that", True, "0, 1, 10", is_chosen=True)
    assert order.sentence("x.kwik") == "x.kwik numbers its recordings in the order of text (0, 1, 10); you chose that."


def test_what_is_not_certain_names_the_other_choices():
    words = (
        "x.kwik does not say how it numbers its recordings; they are taken by place (0, 1, 10, 2), since spikes would "
        "lie beyond the end, but that is not certain: compare spikes with the raw data, or choose "
    )
    assert PLACES.sentence("x.kwik") == words + "another order."
    for others, choice in ((("text",), "the other order"), (("text", "number"), "another order")):
        order = RecordingOrder("place", PLACES.reason, False, PLACES.example, others)
        assert order.sentence("x.kwik") == f"{words}{choice}."


def test_what_was_refuted_is_said_before_all_else():
    order = RecordingOrder("number", "you chose that", True, "", is_chosen=True, refuted="the raw data have no spikes")
    assert order.sentence("x.kwik") == (
        "x.kwik is open with its recordings by number, but that is wrong; the raw data have no spikes."
    )
    assert not PLACES.is_chosen
