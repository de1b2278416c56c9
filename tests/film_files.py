"""Films in which each frame carries its number."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from napari_phy.sample_data.frame_marks import burn_number

HEIGHT, WIDTH, RATE = 64, 160, 30
B_FRAMES = {"g": "24", "bf": "3", "b_strategy": "0", "crf": "26", "preset": "veryfast"}
OPEN_GOPS = {**B_FRAMES, "x264-params": "open-gop=1:scenecut=0"}


def picture_of(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Return a (height, width, 3) picture that tells its number and moves."""
    rows, columns = np.mgrid[:height, :width]
    grey = (rows + 2 * columns + 3 * number) % 200 + 20
    picture = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=-1)
    burn_number(picture, number)
    return picture


def write_film(
    path: Path,
    n_frames: int = 300,
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pixels: str = "yuv420p",
    stamps: list[int] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    size: tuple[int, int] = (HEIGHT, WIDTH),
) -> Path:
    """Write a film; `stamps` are when frames are shown, in ticks of 1 / 30 s."""
    import av

    with av.open(str(path), "w", format=container, options=container_options or {}) as output:
        stream = output.add_stream(codec, rate=RATE, options=B_FRAMES if options is None else options)
        stream.height, stream.width, stream.pix_fmt = *size, pixels
        stream.codec_context.time_base = Fraction(1, RATE)
        for number in range(n_frames):
            frame = av.VideoFrame.from_ndarray(picture_of(number, *size), format="rgb24")
            frame.pts = number if stamps is None else stamps[number]
            frame.time_base = Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
