"""A tag leads from a layer to its data set, also from a copy."""

import copy

from napari.layers import Points

from napari_phy.layers.session_tag import TAG, SessionTag, find_session, session_of


class Named:
    name = "a.kwik"


def test_copies_of_the_tag_are_the_tag():
    tag = SessionTag(Named())
    assert copy.deepcopy({"x": [tag]})["x"][0] is tag
    assert copy.copy(tag) is tag
    layer = Points(metadata={TAG: tag})
    assert session_of(layer) is tag.session


def test_the_topmost_data_set_is_found():
    first, second = SessionTag(Named()), SessionTag(Named())
    layers = [Points(metadata={TAG: first}), Points(metadata={TAG: second}), Points()]
    assert find_session(layers) is second.session
    assert find_session([Points()]) is None
    assert session_of(Points(metadata={TAG: "something else"})) is None
