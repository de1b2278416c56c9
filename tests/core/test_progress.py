"""What parts of slow work report adds up to the whole."""

from napari_phy.core.progress import no_progress, part_of


def test_a_part_reports_its_share_of_the_whole_and_parts_can_have_parts():
    told = []
    half = part_of(told.append, 0.5, 1.0)
    for share in (0.0, 0.5, 1.0):
        half(share)
    part_of(half, 0.0, 0.5)(1.0)
    part_of(told.append, 0.25, 0.25)(0.9)
    assert told == [0.5, 0.75, 1.0, 0.75, 0.25]


def test_nobody_has_to_listen():
    assert no_progress(0.5) is None
