"""What was done is said in words."""

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.views.edit_words import edit_done, edit_name


def test_edits_of_the_list_of_groups_have_words_of_their_own():
    manager = ClusterManager([0, 1, 2, 2])
    said = []
    manager.changed.connect(lambda update: said.append(edit_done(update, manager)))
    manager.add_group("axons")
    manager.rename_group("axons", "fibres")
    manager.recolor_group("fibres", "#102030")
    manager.move([0, 1], "fibres")
    manager.remove_group("fibres")
    manager.undo()
    manager.redo()
    assert said == [
        "Added the group axons.",
        "Renamed the group axons to fibres.",
        "Recoloured the group fibres.",
        "Moved 0 and 1 to fibres.",
        "Removed the group fibres; 2 clusters now unsorted.",
        "Undid: remove group fibres.",
        "Redid: remove group fibres.",
    ]


def test_an_edit_of_labels_names_field_and_value():
    manager = ClusterManager([0, 1, 2, 2])
    said = []
    manager.changed.connect(lambda update: said.append(edit_done(update, manager)))
    manager.label([0, 2], "note", "put-int axon")
    assert edit_name(manager.undo_record) == "label 0 and 2: note put-int axon"
    manager.undo()
    manager.redo()
    manager.label([1], "checked", True)
    manager.label([1], "snr", 2.5)
    manager.label([0, 2], "note", None)
    manager.undo()
    assert said == [
        "Labelled 0 and 2: note is put-int axon.",
        "Undid: label 0 and 2: note put-int axon.",
        "Redid: label 0 and 2: note put-int axon.",
        "Labelled 1: checked is true.",
        "Labelled 1: snr is 2.5.",
        "Removed the label note from 0 and 2.",
        "Undid: label 0 and 2: no note.",
    ]


def test_a_merge_of_different_groups_tells_which_one_it_got():
    manager = ClusterManager(
        [0, 1, 1, 2, 2, 2, 3, 4, 5, 5, 5, 5], {1: "good", 2: "mua", 3: "good", 4: "good"}, history_limit=1
    )
    said = []
    manager.changed.connect(lambda update: said.append(edit_done(update, manager)))
    manager.merge([3, 4])  # the same
    manager.merge([0, 1])  # the only one that is not unsorted
    manager.merge([2, 6])  # two such: the larger's
    manager.merge([5, 8, 7])  # two such, and the largest is unsorted
    assert said == [
        "Merged 3 and 4 into 6 (2 spikes).",
        "Merged 0 and 1 into 7 (3 spikes). Its group is good, that of 1.",
        "Merged 2 and 6 into 8 (5 spikes). Its group is mua, that of 2.",
        "Merged 5, 7 and 8 into 9 (12 spikes). Its group is mua, that of 8.",
    ]
    manager = ClusterManager([0, 1, 2, 2], {0: "good", 1: "noise"})
    assert edit_done(manager.merge([0, 1, 2]), manager) == (
        "Merged 0, 1 and 2 into 3 (4 spikes). Its group is unsorted, that of 2."
    )


def test_sentences_hold_the_beginning_of_a_long_name():
    group, field = "g" * 300, "f" * 300
    manager = ClusterManager([0, 1, 2], {1: group}, cluster_labels={field: {1: 1}})
    said = []
    manager.changed.connect(lambda update: said.append(edit_done(update, manager)))
    manager.move([0], group)
    manager.label([0], field, "one\ntwo " + "v" * 900)
    manager.remove_group(group)
    assert said == [
        f"Moved 0 to {'g' * 40}….",
        f"Labelled 0: {'f' * 40}… is one two {'v' * 32}….",
        f"Removed the group {'g' * 40}…; 2 clusters now unsorted.",
    ]
