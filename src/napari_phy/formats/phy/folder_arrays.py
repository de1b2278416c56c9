"""Arrays of a folder of which each may be missing or broken: that costs what it is for, and is said."""

from __future__ import annotations

from pathlib import Path

from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.phy.arrays import NpyArray, find_npy


class FolderArrays:
    """What reads optional arrays of a folder; `missing` has a sentence for each that cannot be used."""

    folder: Path
    missing: tuple[str, ...]

    def _optional(self, name: str) -> NpyArray | None:
        """Return an array of the folder; None, and a sentence, where it cannot be read."""
        try:
            return find_npy(self.folder / name)
        except NapariPhyError as error:
            self._tell(str(error))
            return None

    def _tell(self, sentence: str) -> None:
        self.missing += (sentence,)

    def _telling(self, consequence: str) -> _Telling:
        return _Telling(self, consequence)


class _Telling:
    """Turns an error into a sentence of the model: a broken part costs that part."""

    def __init__(self, model: FolderArrays, consequence: str) -> None:
        self._model = model
        self._consequence = consequence

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, NapariPhyError):
            self._model.missing += (f"{str(error).rstrip('.')}. {self._consequence}.",)
            return True
        return False
