"""Files that are whole or not there: what is said where they cannot be."""

from pathlib import Path

import pytest

from napari_phy.files.atomic import make_file, write_file


@pytest.mark.parametrize("is_new", [True, False])
def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path, is_new: bool) -> None:
    path = tmp_path / "no" / "made.json"
    with pytest.raises(FileNotFoundError) as raised:
        make_file(path, b"") if is_new else write_file(path, lambda file: file.write(b""))
    assert raised.value.filename == str(path)


def test_a_folder_in_its_place_is_named_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.mkdir()
    with pytest.raises((IsADirectoryError, PermissionError)) as raised:
        write_file(path, lambda file: file.write(b""))
    assert raised.value.filename == str(path)
    assert [one.name for one in tmp_path.iterdir()] == ["made.json"]
