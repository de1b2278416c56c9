import logging

import pytest

from napari_phy.files.side_folder import side_folder
from napari_phy.storage.trial_tables import FILE, load_tables, save_tables


@pytest.fixture
def data_set(tmp_path):
    path = tmp_path / "here" / "some.kwik"
    path.parent.mkdir()
    path.touch()
    return path


def test_tables_are_found_where_they_are(data_set, tmp_path):
    assert load_tables(data_set) == ()
    beside, below, elsewhere = data_set.with_name("a.tsv"), data_set.parent / "b" / "b.csv", tmp_path / "c.tsv"
    save_tables(data_set, [beside, below, elsewhere])
    assert load_tables(data_set) == (beside, below, elsewhere)
    moved = data_set.parent.rename(tmp_path / "there") / data_set.name
    assert load_tables(moved) == (moved.with_name("a.tsv"), moved.parent / "b" / "b.csv", elsewhere)


@pytest.mark.parametrize("content", ["[", "[]", '{"tables": 3}', '{"tables": [3, null, "a\\u0000b"]}'])
def test_a_broken_list_has_none(data_set, content, caplog):
    save_tables(data_set, [])
    (side_folder(data_set) / FILE).write_text(content)
    with caplog.at_level(logging.CRITICAL):
        assert load_tables(data_set) == ()


def test_what_cannot_be_kept_is_logged(data_set, monkeypatch, caplog):
    def full(path, write):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_phy.storage.trial_tables.write_file", full)
    save_tables(data_set, [data_set.with_name("a.tsv")])
    assert "Which trials were read for some.kwik cannot be kept" in caplog.text
