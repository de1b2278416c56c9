"""One flipped bit in a journal loses no edit without a word, shows no wrong data, and never keeps a set from opening.

Some hundred bits in every run, every bit that is used with `make soak`.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from soak.flips import Written, flips, judge, not_saved, saved

from napari_phy.formats.kwik.model import KwikModel

EVERY_NTH = 503
N_PARTS = 8


@pytest.fixture(scope="module", params=[not_saved, saved], ids=["not saved", "saved"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    make: Callable[[Path], Written] = request.param
    return make(tmp_path_factory.mktemp("flips"))


def check(written: Written, step: int, start: int = 0) -> None:
    with closing(KwikModel(written.kwik)) as model:
        wrong = [
            problem
            for file in written.files
            for bit in list(flips(file, step))[start :: 1 if step > 1 else N_PARTS]
            if (problem := judge(written, model, file, bit))
        ]
    assert not wrong, f"{len(wrong)} bits\n" + "\n".join(wrong[:20])


def test_a_flipped_bit(written: Written) -> None:
    check(written, EVERY_NTH)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(N_PARTS))
def test_every_flipped_bit(written: Written, part: int) -> None:
    check(written, 1, part)
