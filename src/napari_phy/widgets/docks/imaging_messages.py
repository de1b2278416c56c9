"""What is said of pictures, movies, their clocks and their cells."""

from collections.abc import Sequence

from napari_phy.core.sentences import on_one_line
from napari_phy.table.numbers import format_count, format_number
from napari_phy.timeline import TimeBase
from napari_phy.timeline.frame_counts import MOST_DOUBT

NO_PICTURE = "No image is open. Open a picture or a stack beside the recording to place the probe in it."
PIXEL_NOT_KNOWN = "The image does not say how large a pixel is: type it in Pixel (µm)."
COMPARING_CLOCKS = "Comparing pulses with frames…"
NO_TIME_AXIS = "No layer has an axis of time. Open an image stack or a film beside the recording."
NO_PULSES_FIT = "No line of the file has pulses that may be these frames. Choose where else the times are from."
CHOOSE_TIMES = {"file": "Choose a .csv, .tsv, .txt or .npy with the times of frames or pulses."}
CANVAS_LEFT = "Traces and spikes make room for the image stack until it is removed."
CANVAS_TAKEN = "Traces and spikes are in the canvas again."
COMPARING_MOVIE = "Comparing spikes with the movie…"
MOVIE_CANCELLED = "Cancelled. Nothing was changed."
COMPARED_IS_GONE = "Cancelled: the movie, its clock, its cells or a cluster is not there any more."
NEED_MOVIE = "Open an image stack with an axis of time."
NEED_CELLS = "Choose labels or shapes as cells, or open those of suite2p, CaImAn or a TIFF."
READING_CELL = "Reading one cell of the movie…"
POINT_AT_CELL = "Point at a cell in the image to see its ΔF/F."
ASK_TO_COMPARE = "Compare cells tests which cells follow the selected clusters."
NOT_COMPARED = "The selected clusters were not compared yet: press Compare cells."
NO_ROW_TIMES = "The clock of this movie has no times of rows: Link time gives them."


def cell_progress(cell: int, percent: int) -> str:
    """Return how far one cell is read."""
    return f"Reading cell {cell}: {percent} %"


def needs_clock(name: str) -> str:
    """Return what a movie lacks."""
    return f"{on_one_line(name)} has no clock yet: Link time gives it one."


def cells_read(program: str, n_cells: int, n_found: int, problems: Sequence[str]) -> str:
    """Return the sentence for cells that were read."""
    of = "" if n_cells == n_found else f" of {format_number(n_found)}"
    return " ".join([f"Read {format_number(n_cells)}{of} cells of {program}.", *problems])


def results_hidden(names: Sequence[str]) -> list[str]:
    """Return the sentence on results of a movie that others took the place of, none where there are none."""
    if not names:
        return []
    what = on_one_line(names[0]) if len(names) == 1 else f"{len(names)} other results"
    return [f"Hidden now: {what}; the layer list shows {'it' if len(names) == 1 else 'them'} again."]


def clock_proposed(name: str, words: str, base: TimeBase) -> str:
    """Say which clock a stack seems to have, or may have where all of its frames are doubtful."""
    return f"{on_one_line(name)} {'may fit' if base.doubt.min() >= MOST_DOUBT else 'fits'} {words}."


def linked_by(name: str, base: TimeBase) -> str:
    """Say by what a layer is linked, and how sure its clock is."""
    doubtful = int(base.is_doubtful.sum())
    doubts = f" {format_count(doubtful, 'frame')} may be off; they are hatched." if doubtful else ""
    start_s, stop_s = (format_number(edge, 3) for edge in base.range_s)
    row_s = base.row_interval_s
    rows = "" if row_s is None else f", rows {1e3 * row_s:.6g} ms apart"
    when = f"{start_s}–{stop_s} s, {format_number(base.rate_hz, 3)} frames a second{rows}"
    return f"{on_one_line(name)} is linked by {on_one_line(base.source)}: {when}.{doubts}"


def rows_too_slow(n_rows: int, row_ms: float, base: TimeBase) -> str:
    """Say that the rows of a frame take longer than the frame."""
    return (
        f"{n_rows} rows of {row_ms:g} ms are {n_rows * row_ms:.4g} ms, a frame is {1e3 * base.interval_s:.4g} ms. "
        "Give the time from a row to the next one."
    )


def not_linked_again(name: str, reason: str) -> str:
    """Say that a layer could not be put on the clock that was kept for it."""
    return f"{on_one_line(name)} was linked to this data set, and is not now. {reason}"


def crossings_added(name: str, n: int) -> str:
    """Say that crossings of a trace are events now, and where they are shown."""
    return f"Added {format_count(n, 'event')}, {on_one_line(name)}: PSTH shows them."
