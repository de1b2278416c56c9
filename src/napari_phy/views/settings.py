"""Settings of views: frozen values that know their bounds, and controllers that tell when they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Generic, Self, TypeVar

from napari_phy.core.errors import SettingsError
from napari_phy.core.settings import Choice, Choices, Names, Number, Setting, Settings, Switch
from napari_phy.core.signals import signal

__all__ = ["Choice", "Choices", "Names", "Number", "Setting", "SettingsController", "Switch", "ViewSettings"]


@dataclass(frozen=True, slots=True)
class ViewSettings(Settings):
    """Base of the settings of a view; fields are `Annotated` with a `Setting`.

    Raises
    ------
    SettingsError
        A value is out of bounds; the sentence says which and what is allowed.
    """

    view: ClassVar[str] = ""

    @classmethod
    def owner(cls) -> str:
        """Return the name of the view."""
        return cls.view

    def computed(self) -> Self:
        """Return what a computation depends on: the same, with everything that is only look as it is by default."""
        defaults = {one.name: one.default for one in fields(self)}
        looks = {name: defaults[name] for name, setting in self.described().items() if setting.is_look}
        return replace(self, **looks) if looks else self

    def resolved(self, preference: Callable[[str], Any]) -> Self:
        """Return the same with the values of Preferences in place of None.

        Parameters
        ----------
        preference : callable
            Returns the value of a setting of the data set, by its name.
        """
        unset = {
            name: preference(setting.preference)
            for name, setting in self.described().items()
            if isinstance(setting, Number) and setting.preference and getattr(self, name) is None
        }
        return replace(self, **unset) if unset else self

    def persistent(self) -> dict[str, Any]:
        """Return {name: value} of what holds for the next data set and the next window."""
        return {name: getattr(self, name) for name, setting in self.described().items() if setting.is_persistent}


S = TypeVar("S", bound=ViewSettings)


class SettingsController(Generic[S]):
    """The settings of one view: read and set as attributes, whether the view is open or not.

    `controller.bin_ms = 0.5` checks the value, replaces the frozen `value`, and tells listeners once.

    Attributes
    ----------
    value : ViewSettings
        The settings now, frozen.
    changed : psygnal.Signal
        Emits the new value after it was replaced by another one.
    """

    changed = signal(object)

    value: S

    def __init__(self, value: S) -> None:
        self.value = value
        self._chosen: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "value":
            raise AttributeError(name)
        try:
            self.value.check_name(name)
        except SettingsError as error:
            raise AttributeError(str(error)) from None
        return getattr(self.value, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or name in ("value", "changed"):
            object.__setattr__(self, name, value)
        else:
            self.update(**{name: value})

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.value.described()]

    def __repr__(self) -> str:
        return repr(self.value)

    @property
    def is_chosen(self) -> bool:
        """Whether anybody set anything."""
        return bool(self._chosen)

    def update(self, **changes: Any) -> None:
        """Set several at once.

        Raises
        ------
        SettingsError
            There is no such setting or value; nothing was changed.
        """
        self._take(self.value.changed(**changes), changes)

    def reset(self) -> None:
        """Set all as they are by default."""
        self._take(type(self.value)(), self.value.described())

    def begin_with(self, options: Mapping[str, Any]) -> None:
        """Set what was not set before; names and values that cannot be are left out, as kept files may have them."""
        known = self.value.described()
        fit = {name: options[name] for name in known if name in options and options[name] in known[name]}
        value = self.value.changed(**{name: fit[name] for name in fit if name not in self._chosen})
        for name in known:  # what was chosen does not follow what is only begun with
            if name in self._chosen and getattr(value, name) != getattr(self.value, name):
                value = value.adapted(name, getattr(self.value, name))
        self._take(value, fit)

    def _take(self, value: S, names: Mapping[str, Any]) -> None:
        self._chosen.update(names)
        if value != self.value:
            self.value = value
            self.changed.emit(value)
