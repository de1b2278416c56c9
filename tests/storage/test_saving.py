"""What goes wrong while saving becomes one sentence that says what becomes of the edits."""

import errno
import os
from pathlib import Path

import pytest

from napari_phy.core.errors import KwikFormatError, SaveError
from napari_phy.core.progress import CancelledError
from napari_phy.files.replacing import backup_name, copy_name
from napari_phy.storage.saving import explaining

PATH = Path("/far/away/x.kwik")
STAY = "Nothing was changed; your 2 edits stay in the journal."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), f"Could not save: the disk is full. {STAY}"),
        (
            OSError(errno.ENOSPC, "3 MB are needed, 1 MB free"),
            f"Could not save: the disk is full (3 MB are needed, 1 MB free). {STAY}",
        ),
        (OSError(errno.EACCES, "Permission denied", str(PATH)), f"Could not save: x.kwik: Permission denied. {STAY}"),
        (MemoryError("no memory"), f"Could not save: no memory. {STAY}"),
        (KwikFormatError("it is broken."), f"Could not save: it is broken. {STAY}"),
        (
            OSError(errno.EACCES, "Permission denied", str(backup_name(PATH))),
            f"Could not save: x.kwik.bak: Permission denied. {STAY}",
        ),
        (
            OSError(errno.EACCES, "Permission denied", str(copy_name(PATH))),
            f"Could not save: x.kwik: Permission denied. {STAY}",
        ),
    ],
)
def test_what_failed_is_said_and_that_edits_stay(error, sentence):
    with pytest.raises(SaveError) as raised, explaining(PATH, 2):
        raise error
    assert str(raised.value) == sentence
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [CancelledError(), ZeroDivisionError("ours")])
def test_what_is_no_failure_of_the_file_is_not_explained(error):
    with pytest.raises(type(error)), explaining(PATH, 2):
        raise error
