"""Arrays are read row by row wherever they lie in a file, also beyond 2³¹ bytes and elements."""

from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_phy.formats.phy.arrays import as_integers, open_npy


@settings(max_examples=60, deadline=None)
@given(
    values=hnp.arrays(
        st.sampled_from(["<f4", ">f8", "<u2", "<i8", "|u1"]),
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=5),
        elements={"min_value": 0, "max_value": 100},
    ),
    by_column=st.booleans(),
    data=st.data(),
)
def test_any_array_comes_back_whole_and_by_rows(tmp_path_factory, values, by_column, data):
    path = tmp_path_factory.mktemp("arrays") / "a.npy"
    np.save(path, np.asfortranarray(values) if by_column else values)
    with closing(open_npy(path)) as array:
        np.testing.assert_array_equal(array.read(), values)
        rows = np.flatnonzero(data.draw(hnp.arrays(bool, len(values))))
        np.testing.assert_array_equal(array.take(rows), values[rows])


@pytest.mark.parametrize("by_column", [False, True], ids=["C order", "as MATLAB writes"])
def test_rows_beyond_two_billion_elements_are_found(tmp_path, by_column):
    """The file is a hole but for the values that are looked for."""
    shape, path = (400_000_000, 3, 2), tmp_path / "a.npy"
    header = {"descr": "<f4", "fortran_order": by_column, "shape": shape}
    row = shape[0] - 5
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        for pc, near in np.ndindex(shape[1:]):
            place = row + shape[0] * (pc + 3 * near) if by_column else (row * 3 + pc) * 2 + near
            file.seek(offset + 4 * place)
            file.write(np.float32(10 * pc + near).tobytes())
        file.truncate(offset + 4 * 400_000_000 * 6)
    with closing(open_npy(path)) as array:
        found = array.take(np.array([5, row]))
    assert not found[0].any()
    assert found[1].tolist() == [[0, 1], [10, 11], [20, 21]]


def test_whole_numbers_are_the_same_in_every_type():
    for dtype in (np.uint64, np.int32, np.float64, np.float32):
        found = as_integers(np.array([0, 5, 2**20], dtype), "a.npy")
        assert found.dtype == np.int64
        assert found.tolist() == [0, 5, 2**20]
