"""Place probe: where the probe lies in an image, by a tip and an angle, by landmarks or by an affine."""

from typing import Any, Protocol

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, PushButton
from magicgui.widgets.bases import Widget
from napari.layers import Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_phy.actions import messages
from napari_phy.core.errors import NapariPhyError, PlacementError
from napari_phy.core.probe_placement import (
    ProbePlacement,
    angles_of,
    parse_rows,
    place_by_affine,
    place_by_landmarks,
    place_by_tip,
    places_on_probe,
    tip_of,
)
from napari_phy.core.sentences import on_one_line
from napari_phy.layers.probe import Float64, landmarks_in, pixel_um_of
from napari_phy.layers.probe_binder import ProbeBinder
from napari_phy.table.numbers import format_number
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.panels.form_panel import FormPanel, set_choices

TIP, LANDMARKS, AFFINE = "tip", "landmarks", "affine"
METHODS = {TIP: "Tip and angle", LANDMARKS: "Landmarks", AFFINE: "Affine"}
COLORS = {"amplitude": "Amplitude of the selection", "rate": "Rate in Traces' window", "depth": "Depth"}
TYPED = "numbers below"
WAIT_MS = 120  # after a number was changed, until the probe goes there
IN_GRID = "napari's grid shows it in a cell of its own; without the grid it lies on the image."
_DEPTH_LABELS = ("z", "depth", "plane")


class Space(Protocol):
    """What the window knows of images and of the probe in them."""

    @property
    def binder(self) -> ProbeBinder | None:
        """What shows the probe; None without a session."""
        ...

    @property
    def images(self) -> list[Layer]:
        """Layers that may have the probe."""
        ...

    @property
    def landmarks(self) -> list[Layer]:
        """Layers of points that the user drew."""
        ...

    @property
    def is_grid(self) -> bool:
        """Whether each layer has a cell of its own."""
        ...

    @property
    def changed(self) -> Any:
        """A signal of Qt: where the probe is, or which layers there are."""
        ...


class PlaceProbePanel(FormPanel):
    """A form that says where the probe is; the session keeps it, and the layers follow."""

    title = "Place probe"
    failed = "The form could not be shown."
    help_text = (
        "Puts the probe into an image. By tip and angle it keeps its size; two landmarks move, turn and scale it;\n"
        "three or more also stretch and shear it. Landmarks are points that you draw in a layer of points, in\n"
        "the order of the channels in On the probe, or numbers: row and column, one landmark after each semicolon.\n"
        "Contacts are coloured by what the last drop-down says. Each cluster is a point; click one to select it,\n"
        "Ctrl+click adds or drops one. The place is kept with the data set, for layers of the same name."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._space: Space | None = None
        super().__init__(session, **options)

    # --- the form

    def make_content(self) -> QWidget:
        self.image = ComboBox(label="Image", choices=[], tooltip="Where the probe is seen")
        self.has_depth = CheckBox(text="Tilted in depth", tooltip="It goes through planes; else it is in all of them")
        self.pixel_um = FloatSpinBox(
            label="Pixel (µm)", value=0.0, min=0.0, max=1e5, step=0.1,
            tooltip="Size of a pixel along the last axis; of layers with units it is known",
        )  # fmt: skip
        self.pixel_um.native.setSpecialValueText("not known")  # what 0 is shown as
        self.method = ComboBox(label="Place by", choices=[(words, name) for name, words in METHODS.items()], value=TIP)
        self.points = ComboBox(label="Points", choices=[], tooltip="A layer of points in the order of the landmarks")
        self.tip = LineEdit(label="Tip", tooltip="Row and column of the tip in pixels; in depth, plane first")
        self.angle_deg = FloatSpinBox(
            label="Angle (°)", value=0.0, min=-360, max=360, step=1,
            tooltip="0: the tip points down; from there clockwise",
        )  # fmt: skip
        self.tilt_deg = FloatSpinBox(
            label="Tilt (°)", value=0.0, min=-90, max=90, step=1, tooltip="How much the tip points to later planes"
        )
        self.below_um = FloatSpinBox(
            label="Tip to contact (µm)", value=0.0, min=0, max=1e4, step=5,
            tooltip="How far the tip is below the lowest contact",
        )  # fmt: skip
        self.on_probe = LineEdit(label="On the probe", tooltip="Channels, or x and y in µm: 0; 31; 20 150")
        self.in_image = LineEdit(label="In the image", tooltip="Row and column of each landmark: 120 300; 480 310")
        self.affine = LineEdit(
            label="Affine", tooltip="A row for each axis: pixels per µm along x and y, and where x = y = 0 is"
        )
        self.mirrored = CheckBox(text="Seen from behind", tooltip="The first contacts of a row are at the right")
        self.color = ComboBox(label="Contacts show", choices=[(words, name) for name, words in COLORS.items()])
        for number, decimals in ((self.pixel_um, 4), (self.angle_deg, 1), (self.tilt_deg, 1), (self.below_um, 1)):
            number.native.setDecimals(decimals)
        self._fields_of: dict[str, tuple[Widget, ...]] = {
            TIP: (self.points, self.tip, self.angle_deg, self.tilt_deg, self.below_um, self.mirrored),
            LANDMARKS: (self.points, self.on_probe, self.in_image, self.mirrored),
            AFFINE: (self.affine,),
        }
        fields: list[Widget] = [
            self.image,
            self.has_depth,
            self.pixel_um,
            self.method,
            self.points,
            self.tip,
            self.angle_deg,
        ]
        fields += [self.tilt_deg, self.below_um, self.on_probe, self.in_image, self.affine, self.mirrored, self.color]
        self.place_button, self.remove_button = PushButton(text="Place"), PushButton(text="Remove")
        self.words = PlainLabel()
        self.words.setWordWrap(True)
        self._moves = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._moves.timeout.connect(self._move)
        self._connect()
        return self.lay_out(fields, (self.place_button, self.remove_button), self.words)

    def _connect(self) -> None:
        self.image.changed.connect(self._on_image)
        self.has_depth.changed.connect(self._on_depth)
        self.method.changed.connect(self._on_method)
        self.points.changed.connect(self._on_method)
        self.color.changed.connect(self._on_color)
        self.place_button.changed.connect(self._place)
        self.remove_button.changed.connect(self._remove)
        numbers = (self.pixel_um, self.tip, self.angle_deg, self.tilt_deg, self.below_um)
        for field in (*numbers, self.on_probe, self.in_image, self.affine, self.mirrored):
            field.changed.connect(self._on_number)

    # --- what there is

    def follow_space(self, space: Space) -> None:
        """Offer the images of a window, and place the probe in them."""
        self._space = space
        space.changed.connect(self._on_space)
        self.refresh()

    @safe_slot
    def _on_space(self) -> None:
        if not self.isVisible():
            set_choices(self.image, [])  # layers that may be gone
            set_choices(self.points, [])
        self.refresh()

    def on_session(self) -> None:
        self._moves.stop()
        set_choices(self.image, [])
        set_choices(self.points, [])
        if self.session is not None:
            self._links.connect(self.session.placements.changed, self._on_placed)

    @safe_slot
    def _on_placed(self) -> None:
        self._show_state()

    @safe_slot
    def _refresh_now(self) -> None:
        """Offer the layers there are now."""
        if not self.isVisible():
            return
        self._is_stale = False
        images = [] if self._space is None else self._space.images
        if self.session is None:
            self.stack.show_message(messages.EMPTY_WORKSPACE)
        elif not images:
            self.stack.show_message(*messages.parted(imaging_messages.NO_PICTURE))
        else:
            assert self._space is not None
            was = self.image.value
            binder = self._space.binder
            shown = None if binder is None else binder.image
            set_choices(self.image, [(layer.name, layer) for layer in images], shown if was is None else None)
            points = [(layer.name, layer) for layer in self._space.landmarks]
            set_choices(self.points, [(TYPED, None), *points])
            self.stack.show_picture()
            if self.image.value is not was:
                self._on_image()
            else:
                self._show_fields()
                self._show_state()
        self.drawn.emit()

    # --- what was chosen

    @property
    def _n_axes(self) -> int:
        return 3 if self.has_depth.value and self.image.value.ndim > 2 else 2

    @property
    def _pixel_um(self) -> Float64:
        """Size of a pixel along each axis: that of the units where it was not typed otherwise.

        Raises
        ------
        PlacementError
            It is not known.
        """
        if not self.pixel_um.value:
            raise PlacementError(imaging_messages.PIXEL_NOT_KNOWN)
        known = pixel_um_of(self.image.value, self._n_axes)
        if known is not None and np.isclose(known[-1], self.pixel_um.value, rtol=0, atol=1e-4):
            return known
        typed = pixel_um_of(self.image.value, self._n_axes, self.pixel_um.value)
        assert typed is not None
        return typed

    @safe_slot
    def _on_image(self, *_: object) -> None:
        """Begin with what is known of the image, and of the probe in it."""
        layer = self.image.value
        if layer is None or self.session is None:
            return
        placement = self._placement
        label = layer.axis_labels[-3].lower() if layer.ndim > 2 else ""
        with self.has_depth.changed.blocked():
            self.has_depth.value = label in _DEPTH_LABELS if placement is None else placement.n_axes > 2
        known = pixel_um_of(layer, 2)
        size = placement.pixel_um[-1] if placement is not None else 0.0 if known is None else known[-1]
        with self.pixel_um.changed.blocked():
            self.pixel_um.value = min(max(float(size), self.pixel_um.min), self.pixel_um.max)
        self._fill(placement)
        self._show_fields()
        self._show_state()

    @property
    def _placement(self) -> ProbePlacement | None:
        """Where the probe lies in the image that is chosen; None: not there."""
        binder = None if self._space is None else self._space.binder
        placed = None if self.session is None else self.session.placements.now
        if binder is None or placed is None or binder.image is None or binder.image is not self.image.value:
            return None
        return placed.placement

    def _fill(self, placement: ProbePlacement | None) -> None:
        """Show numbers from which to begin: those of a placement, else the probe in the middle."""
        probe = self.required_session.model.probe
        if not probe.knows_positions:
            return
        by_height = np.flatnonzero(probe.is_known)[np.argsort(probe.positions[probe.is_known, 1], kind="stable")]
        ends = probe.channel_ids[by_height[[0, -1]]].tolist()
        if placement is None:
            layer = self.image.value
            low, high = (np.asarray(corner)[-self._n_axes :] for corner in layer.extent.data)
            pixel_um = self._pixel_um if self.pixel_um.value else np.ones(self._n_axes)
            length = np.ptp(probe.positions[probe.is_known, 1]) / pixel_um[-2]
            tip = np.rint((low + high) / 2)
            tip[-2] = np.rint(min(tip[-2] + length / 2, high[-2]))
            placement = place_by_tip(tip_of(probe), tip, 0.0, pixel_um)
        angle, tilt, mirrored = angles_of(placement)
        values: dict[Any, Any] = {
            self.tip: _typed(placement.to_image(tip_of(probe, self.below_um.value))),
            self.angle_deg: round(angle, 1),
            self.tilt_deg: round(tilt, 1),
            self.mirrored: mirrored,
            self.on_probe: "; ".join(map(str, ends)),
            self.in_image: _typed(placement.to_image(probe.positions[by_height[[0, -1]]])),
            self.affine: _typed(np.column_stack([placement.matrix, placement.origin]), 4),
        }
        for field, value in values.items():
            with field.changed.blocked():
                field.value = value

    @safe_slot
    def _on_depth(self, *_: object) -> None:
        """Begin anew with a number more, or less, in each place."""
        if self.image.value is not None and self.session is not None:
            self._fill(None)
            self._show_fields()
            self._on_number()

    @safe_slot
    def _on_method(self, *_: object) -> None:
        placement = self._placement
        if placement is not None and self.points.value is None:
            self._fill(placement)  # the same place, told in other numbers
        self._show_fields()

    def _show_fields(self) -> None:
        """Show the fields of the method, and nothing of the others."""
        layer, shown = self.image.value, self._fields_of[self.method.value]
        is_stack, is_drawn = layer is not None and layer.ndim > 2, self.points.value is not None
        for field in {one for some in self._fields_of.values() for one in some}:
            is_typed = field in (self.tip, self.in_image)
            self.show_row(field, field in shown and not (is_typed and is_drawn))
        self.show_row(self.tilt_deg, self.method.value == TIP and is_stack and self.has_depth.value)
        self.show_row(self.has_depth, is_stack)

    @safe_slot
    def _on_color(self, *_: object) -> None:
        binder = None if self._space is None else self._space.binder
        if binder is not None:
            binder.set_color(self.color.value)

    # --- placing

    @safe_slot
    def _on_number(self, *_: object) -> None:
        if self._placement is not None:
            self._moves.start()
        else:
            self._show_state()

    @safe_slot
    def _move(self) -> None:
        if self._placement is not None:
            self._place()

    @safe_slot
    def _place(self, *_: object) -> None:
        """Place the probe as the form says, or say why that cannot be."""
        layer = self.image.value
        if layer is None or self.session is None:
            return
        try:
            self.session.placements.place(layer.name, self._made())
        except NapariPhyError as error:
            self._say(str(error), is_error=True)
            return
        self._on_color()

    def _made(self) -> ProbePlacement:
        layer, points, probe = self.image.value, self.points.value, self.required_session.model.probe
        n_axes, pixel_um, mirrored = self._n_axes, self._pixel_um, self.mirrored.value
        if self.method.value == AFFINE:
            return place_by_affine(parse_rows(self.affine.value, (3,), "Affine"), pixel_um)
        if points is not None:
            pixels = landmarks_in(layer, points, n_axes)
        else:
            field = self.tip if self.method.value == TIP else self.in_image
            pixels = np.array(parse_rows(field.value, (n_axes,), field.label)).reshape(-1, n_axes)
        if self.method.value == LANDMARKS:
            return place_by_landmarks(places_on_probe(self.on_probe.value, probe), pixels, pixel_um, mirrored=mirrored)
        tilt_deg = self.tilt_deg.value if n_axes > 2 else 0.0
        tip, at = tip_of(probe, self.below_um.value), pixels[0] if len(pixels) else []
        return place_by_tip(tip, at, self.angle_deg.value, pixel_um, tilt_deg=tilt_deg, mirrored=mirrored)

    @safe_slot
    def _remove(self, *_: object) -> None:
        self._moves.stop()
        self.required_session.placements.remove()

    def _show_state(self) -> None:
        placement = self._placement
        now = None if self.session is None else self.session.placements.now
        self.remove_button.enabled = now is not None
        if placement is not None and self._space is not None:
            self._say(" ".join([placement_words(placement), IN_GRID * self._space.is_grid]).strip())
        elif now is not None:
            self._say(f"The probe is in {on_one_line(now.image)}.")
        else:
            asked = "" if self.image.value is None or self.pixel_um.value else f" {imaging_messages.PIXEL_NOT_KNOWN}"
            self._say(f"The probe is in no image.{asked}")

    def _say(self, words: str, *, is_error: bool = False) -> None:
        self.words.setText(words)
        self.words.setProperty("wrong", is_error)
        self.words.style().polish(self.words)


def placement_words(placement: ProbePlacement) -> str:
    """Return how well a placement fits: `… 1.02 times its true size; landmarks are 3.5 µm off (root mean square)`."""
    least, most = placement.stretch
    if abs(most - least) < 5e-3 * most:
        words = (
            "The probe has its true size"
            if abs(most - 1) < 5e-3
            else f"The probe is {format_number(most, 2)} times its true size"
        )
    else:
        words = f"The probe is {format_number(least, 2)} to {format_number(most, 2)} times its true size"
    if placement.error_um > 0:
        words += f"; landmarks are {format_number(placement.error_um, 1)} µm off (root mean square)"
    return f"{words}."


def _typed(rows: Float64, decimals: int = 2) -> str:
    """Return numbers as they are typed: `120 300; 480 310`."""
    return "; ".join(" ".join(f"{round(float(one), decimals) + 0.0:g}" for one in row) for row in rows)
