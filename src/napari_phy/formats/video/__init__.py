"""Films: any frame of a video file, exactly the one that was asked for, decoded when it is needed."""

from napari_phy.formats.video.film import Film, open_film

__all__ = ["Film", "open_film"]
