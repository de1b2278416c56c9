from value_laws import unlike_values

from napari_phy import stats


def test_values_are_frozen_and_compared_by_identity_only_where_they_hold_arrays():
    assert unlike_values(stats) == {
        "Movie": "is compared by identity",  # its data may be any array
        "SharedSpikes": "has no slots",  # what follows from its counts is kept once it is asked for
    }
