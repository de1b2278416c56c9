"""The walk edits a copy, never the file of the person who calls it."""

from pathlib import Path

from walk import copy_of


def test_a_walk_has_its_own_kwik_and_reads_the_rest(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "x.napari-phy").mkdir(parents=True)
    (data / "x.kwik").write_bytes(b"clusters")
    (data / "x.kwik").chmod(0o444)
    (data / "x.kwx").write_bytes(b"features")
    home = tmp_path / "home"
    home.mkdir()

    kwik = copy_of(data / "x.kwik", home)
    kwik.write_bytes(b"edited")

    assert (data / "x.kwik").read_bytes() == b"clusters"
    assert (kwik.parent / "x.kwx").read_bytes() == b"features"
    assert not (kwik.parent / "x.napari-phy").exists()
