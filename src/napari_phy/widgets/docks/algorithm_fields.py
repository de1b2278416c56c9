"""The parameters of algorithms as fields of a form: the few that matter, and the others under More."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit
from magicgui.widgets.bases import ValueWidget, Widget

from napari_phy.core.errors import SettingsError
from napari_phy.core.settings import Number, Setting, Settings
from napari_phy.sorting.algorithms import Estimator
from napari_phy.views.typed_values import typed_number
from napari_phy.widgets.docks.link_time_form import shorten
from napari_phy.widgets.panels.settings_form import setting_field

FEW = (
    "filter_low", "threshold_weak_std_factor", "threshold_strong_std_factor", "detect_spikes",
    "n_clusters_min", "n_clusters_max", "seed",
)  # fmt: skip


class AlgorithmFields:
    """A drop-down of algorithms, and fields for the parameters of each.

    Parameters
    ----------
    label : str
        What the algorithm does.
    kinds : mapping of str to type of Estimator
        {key: algorithm}.
    default : str
        The one that is chosen at first.
    none : str
        What no algorithm is called; "" where there has to be one.
    n_first : int
        How many parameters are shown of an algorithm that has none of those that matter.
    changed : callable
        Called after something else was chosen.
    """

    def __init__(
        self,
        label: str,
        kinds: Mapping[str, type[Estimator]],
        default: str,
        changed: Callable[[], None],
        none: str = "",
        n_first: int = 3,
    ) -> None:
        self._kinds, self._n_first = kinds, n_first
        choices = [(kind.title, key) for key, kind in kinds.items()]
        self.algorithm = ComboBox(
            label=label, choices=[*choices, *([(none, "")] if none else [])], value=default, tooltip=label
        )
        self.fields = {key: _fields(kind.parameters_type) for key, kind in kinds.items()}
        self._begun: dict[str, Settings] = {key: kind.parameters_type() for key, kind in kinds.items()}
        self.algorithm.changed.connect(lambda *_: changed())
        for key, fields in self.fields.items():
            self.show(self._begun[key], key)
            for field in fields.values():
                if isinstance(field, LineEdit):
                    field.native.editingFinished.connect(changed)
                else:
                    field.changed.connect(lambda *_: changed())

    @property
    def key(self) -> str:
        """The algorithm that is chosen; "" for none."""
        return self.algorithm.value or ""

    @property
    def few(self) -> tuple[Widget, ...]:
        """Fields that are always shown, of all algorithms."""
        return tuple(
            field for key, fields in self.fields.items() for name, field in fields.items() if self._is_few(key, name)
        )

    @property
    def others(self) -> tuple[Widget, ...]:
        """Fields under More, of all algorithms."""
        few = self.few
        return tuple(field for fields in self.fields.values() for field in fields.values() if field not in few)

    def is_shown(self, field: Widget, *, more: bool) -> bool:
        """Return whether a field belongs to the algorithm that is chosen, and is in sight."""
        return field in self.fields.get(self.key, {}).values() and (more or field in self.few)

    @property
    def parameters(self) -> Settings | None:
        """What is chosen for the algorithm; None without one.

        Raises
        ------
        SettingsError
            A value cannot be, or contradicts another one.
        """
        if not self.key:
            return None
        kind = self._kinds[self.key].parameters_type
        described = kind.described()
        return kind(**{name: _value(described[name], field) for name, field in self.fields[self.key].items()})

    def show(self, parameters: Settings, key: str = "", names: Iterable[str] | None = None) -> None:
        """Show parameters of an algorithm, that which is chosen by default; all of them, or some."""
        fields = self.fields[key or self.key]
        for name in fields if names is None else names:
            field = fields[name]
            value = getattr(parameters, name)
            if isinstance(field, LineEdit):
                value = "" if value is None else f"{value:g}"
            with field.changed.blocked():
                field.value = value

    def _is_few(self, key: str, name: str) -> bool:
        names = list(self.fields[key])
        few = [one for one in names if one in FEW] or names[: self._n_first]
        return name in few


def _fields(kind: type[Settings]) -> dict[str, ValueWidget[Any]]:
    made = {}
    for name, setting in kind.described().items():
        field = made[name] = setting_field(setting)
        field.name = name
    return made


def _value(setting: Setting, field: ValueWidget[Any]) -> Any:
    if not (isinstance(field, LineEdit) and isinstance(setting, Number)):
        return field.value
    text = field.value.strip()
    value = typed_number(text.replace(",", ".")) if text else None
    if text and (value is None or value not in setting):
        raise SettingsError(f"{setting.title} cannot be {text[:20]}: choose {setting.words}.")
    return value


def more_box() -> CheckBox:
    """Return the switch that shows the other parameters."""
    return CheckBox(text="More settings", value=False, tooltip="Show all parameters of the algorithms")


def spin(label: str, tip: str, high: float, *, none: str = "", decimals: int = 0, unit_step: float = 1) -> FloatSpinBox:
    """Return a number from 0 to `high`; 0 is shown as `none`."""
    field = FloatSpinBox(label=label, value=0.0, min=0.0, max=high, step=unit_step, tooltip=tip)
    field.native.setDecimals(decimals)
    field.native.setKeyboardTracking(False)
    if none:
        field.native.setSpecialValueText(none)
    for signal in (field.native.valueChanged, field.native.editingFinished):
        signal.connect(partial(shorten, field.native))
    shorten(field.native)
    return field
