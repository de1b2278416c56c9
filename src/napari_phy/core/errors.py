"""Errors for the user: what happened, where, and what to do now.

NapariPhyError
├── ClusteringError        an edit that cannot be done; nothing was changed
│   └── ReplayError        an edit made earlier does not fit the clusters
├── FilterError            a filter of the list of clusters that says nothing
├── CommandError           a line of the command line that cannot be done; nothing was changed
├── SettingsError          a setting of a view that there is not, or a value that it cannot have
├── KwikFormatError        a file that is not what it should be
├── MissingDataError       a file or dataset that is not there
│   └── NotInFileError     a channel group, clustering or cluster group that the file does not have
├── VideoError             a film that cannot be opened, or read as asked
├── TracesError            raw traces that cannot be shown or summarised
├── TimelineError          times, epochs or clocks that cannot be used as they are
├── SortingError           spikes that cannot be detected or clustered as asked
├── ImagingError           a movie, or the cells in it, that cannot be used as asked
├── PlacementError         a probe that cannot be placed in an image like that
├── FeatureStoreError      a store of features that is damaged, or cannot be built
├── ReadOnlyError          a data set that cannot be written to here
├── JournalError           the journal of edits cannot be read or written
│   └── JournalLockedError another process is editing this data set
└── SaveError              saving failed; the file is as before
"""

from napari_phy.core.sentences import visible


class NapariPhyError(Exception):
    """Root of all errors this package raises on purpose.

    Their text is plain and on one line, whatever the names in a file are.
    """

    def __str__(self) -> str:
        return visible(super().__str__())


class ClusteringError(NapariPhyError, ValueError):
    """An edit cannot be done; the clustering is unchanged."""


class ReplayError(ClusteringError):
    """An edit that was kept does not fit the clusters that there are.

    Attributes
    ----------
    n_fit : int
        Number of edits before it, which do.
    """

    def __init__(self, message: str, n_fit: int) -> None:
        super().__init__(message)
        self.n_fit = n_fit


class FilterError(NapariPhyError, ValueError):
    """A filter of the list of clusters cannot be understood.

    Attributes
    ----------
    column : int
        Where in its text, from 1; None where the place says nothing.
    """

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message if column is None else f"Column {column}: {message}")
        self.column = column


class CommandError(NapariPhyError, ValueError):
    """A line that was typed cannot be done; nothing was changed."""


class SettingsError(NapariPhyError, ValueError):
    """A view has no such setting, or the setting cannot have that value; nothing was changed."""


class KwikFormatError(NapariPhyError):
    """A file is not a Kwik file, or contradicts itself."""


class MissingDataError(NapariPhyError):
    """A file or dataset is not there."""


class NotInFileError(MissingDataError, ValueError):
    """The file has no channel group, clustering or cluster group of that name."""


class TracesError(NapariPhyError, ValueError):
    """Raw traces cannot be shown, or their summary cannot be built."""


class TimelineError(NapariPhyError, ValueError):
    """Times, epochs or clocks cannot be used as they are, or not without a package that is missing."""


class SortingError(NapariPhyError, ValueError):
    """Spikes cannot be detected or clustered as asked; nothing was written."""


class ImagingError(NapariPhyError, ValueError):
    """A movie, or the cells in it, cannot be used as asked."""


class PlacementError(NapariPhyError, ValueError):
    """A probe cannot be placed in an image like that."""


class VideoError(NapariPhyError, ValueError):
    """A film cannot be opened, or not be read as asked."""


class FeatureStoreError(NapariPhyError, ValueError):
    """A store of features is damaged or of other spikes, or cannot be built."""


class ReadOnlyError(NapariPhyError):
    """The data set cannot be written to here."""


class JournalError(NapariPhyError):
    """The journal of edits cannot be read or written."""


class JournalLockedError(JournalError):
    """Another process holds the journal: the data set is open for editing elsewhere."""


class SaveError(NapariPhyError):
    """Saving failed; the file is as before and the edits stay in the journal."""
