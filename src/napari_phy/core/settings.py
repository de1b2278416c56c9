"""Settings as frozen values: each has a title, a unit and bounds, from which forms are made."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Self, get_type_hints

from napari_phy.core.errors import SettingsError
from napari_phy.core.sentences import visible

Choices = tuple[tuple[str, Any], ...]  # (text, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of one setting, beside its name, type and default.

    Attributes
    ----------
    title : str
        What it is called in menus and forms.
    is_look : bool
        Whether it changes only how data are drawn, so that nothing is computed anew.
    is_persistent : bool
        Whether the choice holds for the next data set and the next window.
    tip : str
        What the user should know beyond the title.
    """

    title: str
    is_look: bool = False
    is_persistent: bool = True
    tip: str = ""

    def __contains__(self, value: Any) -> bool:
        raise NotImplementedError

    @property
    def offered(self) -> tuple[Any, ...]:
        """The values of menus and of completion, None among them where menus have it."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """What a value may be: `a number from 0.1 to 20`."""
        raise NotImplementedError

    def text(self, value: Any) -> str:
        """Return a value as menus write it."""
        raise NotImplementedError

    def stored(self, value: Any) -> Any:
        """Return an allowed value as settings hold it."""
        return value

    @property
    def choices(self) -> Choices:
        """(text, value) of the values that are offered."""
        return tuple((self.text(value), value) for value in self.offered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Setting):
    """Every number from `low` to `high`, of which menus offer some.

    Attributes
    ----------
    low, high : float
        Bounds, both allowed.
    unit : str
        As it is written behind the number.
    offered : tuple
        What menus have.
    is_whole : bool
        Whether it has to be a whole number.
    pattern : str
        How menus write a value, with {} for it; "" for the number and its unit.
    none : str
        What None stands for, as menus write it; "" where there has to be a number.
    preference : str
        Which setting of the data set, or of Preferences, None stands for.
    """

    low: float
    high: float
    unit: str = ""
    offered: tuple[Any, ...] = ()
    is_whole: bool = False
    pattern: str = ""
    none: str = ""
    preference: str = ""

    def __contains__(self, value: Any) -> bool:
        if value is None:
            return bool(self.none)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high and (not self.is_whole or value == int(value))

    @property
    def words(self) -> str:
        """Its bounds: `a whole number from 1 to 10000`."""
        return f"a {'whole ' if self.is_whole else ''}number from {self.low:g} to {self.high:.10g}"

    def stored(self, value: Any) -> Any:
        """Return the number as an `int` or a `float`."""
        return None if value is None else int(value) if self.is_whole else float(value)

    def text(self, value: Any) -> str:
        """Return a number with its unit, or what None stands for."""
        return self.none if value is None else (self.pattern or f"{{:g}} {self.unit}".rstrip()).format(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Setting):
    """One of some values.

    Attributes
    ----------
    of : tuple or callable
        (text, value) of each, or what returns them.
    also : tuple
        Values that are allowed but not offered, as those of kept files.
    key_of : callable or None
        Returns the value that another name stands for, as `column_key` does for columns.
    """

    of: Choices | Callable[[], Choices]
    also: tuple[Any, ...] = ()
    key_of: Callable[[str], str] | None = None

    @property
    def choices(self) -> Choices:
        """(text, value) of each."""
        return self.of() if callable(self.of) else self.of

    def __contains__(self, value: Any) -> bool:
        return self._has(self.stored(value))

    def _has(self, value: Any) -> bool:
        same = (one for one in (*self.offered, *self.also) if isinstance(one, bool) == isinstance(value, bool))
        return any(value == one for one in same)

    def stored(self, value: Any) -> Any:
        """Return the value that a name stands for, where it is not one itself."""
        if self.key_of is None or not isinstance(value, str) or self._has(value):
            return value
        return self.key_of(value)

    @property
    def offered(self) -> tuple[Any, ...]:
        """All values but those that only kept files may have."""
        return tuple(value for _, value in self.choices)

    @property
    def words(self) -> str:
        """All values that are allowed."""
        return f"one of {', '.join(repr(value) for value in (*self.offered, *self.also))}"

    def text(self, value: Any) -> str:
        """Return how menus show a value."""
        return next((text for text, one in self.choices if one == value), str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Setting):
    """On or off."""

    @property
    def offered(self) -> tuple[Any, ...]:
        """Off and on."""
        return False, True

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, bool)

    @property
    def words(self) -> str:
        """The two values."""
        return "True or False"

    def text(self, value: Any) -> str:
        """Return On or Off."""
        return "On" if value else "Off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names(Setting):
    """Names of what a data set has, such as kinds of events; the panel offers them, since a setting cannot know them.

    Attributes
    ----------
    is_single : bool
        Whether it is one name, "" for none; else a tuple of them.
    is_persistent : bool
        They hold for one data set.
    """

    is_single: bool = False
    is_persistent: bool = False

    @property
    def offered(self) -> tuple[Any, ...]:
        """None chosen."""
        return ("" if self.is_single else (),)

    def __contains__(self, value: Any) -> bool:
        if self.is_single:
            return isinstance(value, str)
        return isinstance(value, (tuple, list)) and all(isinstance(name, str) for name in value)

    @property
    def words(self) -> str:
        """What it may be."""
        return "a name" if self.is_single else "names, in a tuple"

    def stored(self, value: Any) -> Any:
        """Return names as a tuple, each once."""
        return value if self.is_single else tuple(dict.fromkeys(value))

    def text(self, value: Any) -> str:
        """Return the names in a row, or that there is none."""
        return (value if self.is_single else ", ".join(value)) or "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """Base of settings; fields are `Annotated` with a `Setting`.

    Raises
    ------
    SettingsError
        A value is out of bounds; the sentence says which and what is allowed.
    """

    def __post_init__(self) -> None:
        for name, setting in self.described().items():
            value = getattr(self, name)
            self.check_value(name, value)
            object.__setattr__(self, name, setting.stored(value))

    @classmethod
    def owner(cls) -> str:
        """Return whose settings they are, for messages."""
        return cls.__name__

    @classmethod
    def described(cls) -> Mapping[str, Setting]:
        """Return {name: setting} in the order of the fields."""
        return _described(cls)

    def changed(self, **changes: Any) -> Self:
        """Return settings with some others, and what must follow them: a range that would be empty moves.

        Raises
        ------
        SettingsError
            There is no setting of that name, or a value is out of bounds.
        """
        for name, value in changes.items():
            self.check_name(name)
            self.check_value(name, value)
        settings = self
        for name in (name for name in self.described() if name in changes):
            settings = settings.adapted(name, self.described()[name].stored(changes[name]))
        return settings

    def adapted(self, name: str, value: Any) -> Self:
        """Return settings with another one; a subclass says here which ones must follow it."""
        return replace(self, **{name: value})

    @property
    def inactive(self) -> Mapping[str, str]:
        """{name: why} of the settings that change nothing as the others are now."""
        return {}

    def acting(self, name: str) -> str:
        """Return the setting that does what another one does, as the others are now: that of the axis shown."""
        return name

    @classmethod
    def check_name(cls, name: str) -> None:
        """Raise SettingsError where there is no setting of that name."""
        names = list(cls.described())
        if name not in names:
            near = difflib.get_close_matches(name, names, cutoff=0.5)
            now = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}." if names else ""
            raise SettingsError(f"{cls.owner()} has no setting {visible(name)}. {now}".rstrip())

    @classmethod
    def check_value(cls, name: str, value: Any) -> None:
        """Raise SettingsError where a setting cannot have a value."""
        setting = cls.described()[name]
        if value not in setting:
            raise SettingsError(f"{cls.owner()}: {name} cannot be {visible(repr(value))[:80]}. Choose {setting.words}.")


_known: dict[type[Settings], Mapping[str, Setting]] = {}  # looked up at every request


def _described(kind: type[Settings]) -> Mapping[str, Setting]:
    if kind not in _known:
        hints = get_type_hints(kind, include_extras=True)
        extras = {one.name: getattr(hints[one.name], "__metadata__", ()) for one in fields(kind)}
        _known[kind] = MappingProxyType(
            {name: next(extra for extra in of if isinstance(extra, Setting)) for name, of in extras.items()}
        )
    return _known[kind]
