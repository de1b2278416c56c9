"""What is appended to a spool is read again, in any blocks."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from napari_phy.sorting.spool import Spool


@pytest.mark.parametrize("row_shape", [(), (3,), (3, 2)])
def test_rows_are_read_as_they_were_appended(tmp_path, row_shape):
    spool = Spool(tmp_path / "rows", row_shape, np.float32)
    assert spool[:].shape == (0, *row_shape)
    parts = [np.random.default_rng(n).normal(size=(n, *row_shape)).astype(np.float32) for n in (4, 0, 7)]
    for part in parts:
        spool.append(part)
        spool[:2]
    whole = np.concatenate(parts)
    assert spool.shape == whole.shape
    for rows in (slice(None), slice(2, 9), slice(1, 10, 3), slice(5, 5), slice(8, 50)):
        assert_array_equal(spool[rows], whole[rows])
    whole[3:6] = -1
    spool[3:6] = whole[3:6]
    assert_array_equal(spool[:], whole)
