"""Labels come back from a TIFF as they were; what is none is said."""

import numpy as np
import pytest
from tifffile import imwrite

from napari_phy.core.errors import ImagingError
from napari_phy.formats.imaging import read_labels

LABELS = np.kron([[0, 2], [7, 0]], np.ones((6, 9), int))


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int32", "float32"])
@pytest.mark.parametrize("shape", [(12, 18), (1, 12, 18), (2, 6, 18)])
def test_labels_come_back(tmp_path, kind, shape):
    imwrite(tmp_path / "cells.tif", LABELS.reshape(shape).astype(kind), photometric="minisblack")
    found = read_labels(tmp_path / "cells.tif")
    assert found.dtype == np.int32
    assert np.array_equal(found, LABELS.reshape([n for n in shape if n > 1]))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (LABELS / 3, "holds no labels"),
        (np.full((4, 4), np.nan), "holds no labels"),
        (-LABELS, "holds no labels"),
        (0 * LABELS, "holds no cell: all of its pixels are 0"),
    ],
)
def test_other_pictures_are_said(tmp_path, picture, words):
    imwrite(tmp_path / "cells.tif", picture.astype(np.float32), photometric="minisblack")
    with pytest.raises(ImagingError, match=rf"^cells\.tif {words}"):
        read_labels(tmp_path / "cells.tif")


def test_damaged_files_are_said_and_nothing_else_is_raised(tmp_path):
    path = tmp_path / "cells.tif"
    with pytest.raises(ImagingError, match="cannot be read"):
        read_labels(path)
    imwrite(path, LABELS.astype(np.uint16), compression="zlib")
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for length in (0, 3, 8, 100, len(whole) - 20):
        path.write_bytes(whole[:length])
        with pytest.raises(ImagingError):
            read_labels(path)
    n_read = 0
    for _ in range(200):
        mutated = bytearray(whole)
        for place in rng.integers(0, len(whole), 3).tolist():
            mutated[place] = int(rng.integers(256))
        path.write_bytes(mutated)
        try:
            read_labels(path)
            n_read += 1
        except ImagingError:
            pass
    assert n_read < 200
