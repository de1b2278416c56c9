"""Does what the command line says."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qtpy.QtCore import Qt

from napari_phy.actions import messages
from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.actions.commands import COMMANDS, Command, Completion, complete, find_command
from napari_phy.actions.navigation import go_to, go_to_time, n_similar, select_similar
from napari_phy.actions.refusals import needs_best
from napari_phy.core.errors import CommandError, FilterError, NapariPhyError
from napari_phy.core.sentences import listed
from napari_phy.table.columns import column_key
from napari_phy.views.all_settings import SETTINGS
from napari_phy.views.classes import CLASS_UNKNOWN, known_reason
from napari_phy.views.command_line import (
    Line,
    echo,
    no_choice,
    read_ids,
    read_label,
    read_line,
    read_number,
    read_words,
)
from napari_phy.views.settings import Number, Setting
from napari_phy.views.time_words import read_range
from napari_phy.views.typed_values import typed_number
from napari_phy.widgets.lists.cluster_columns import ListColumn
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.kinds import KINDS

logger = logging.getLogger(__name__)

STANDARD_GROUPS = ("good", "mua", "noise", "unsorted")
DIRECTIONS = {"asc": Qt.SortOrder.AscendingOrder, "desc": Qt.SortOrder.DescendingOrder}
FILTER = frozenset({"f", "filter"})
COLORED = {"Raster": "scheme", "Templates": "scheme", "Scatter": "color"}  # views with a menu of colours
TITLES = {action.action_id: action.title for action in ACTIONS}


class CommandRunner:
    """Runs command lines on the session and the docks of a window; a line that cannot be run changes nothing."""

    def __init__(self, controller: ActionController, board: DockManager) -> None:
        self._controller = controller
        self._board = board
        self._actions_done: Mapping[str, Callable[[str], None]] = {
            "c": self._select, "g": self._merge, "k": self._split, "m": self._move, "l": self._label, "f": self._filter,
            "s": self._sort, "tg": self._go, "ts": self._shift, "tr": self._times, "v": self._view, "cf": self._color,
            "why": self._why, "n": self._similar, "nn": self._next_similar,
        }  # fmt: skip

    def run(self, text: str) -> None:
        """Do what a line says; raises NapariPhyError with the reason where that cannot be."""
        try:
            self._run(read_line(text))
        except NapariPhyError:
            raise
        except Exception as error:  # of somebody who listens: a plugin, a script in the console
            logger.exception("%s failed.", text)
            raise CommandError(messages.action_failed(text, error.__cause__ or error)) from error

    def _run(self, line: Line) -> None:
        name = "keys" if line.name == "?" else line.name
        found = find_command(name, TITLES)
        if self._session is None:
            raise CommandError(messages.EMPTY_WORKSPACE)
        if not isinstance(found, Command):
            if line.rest:
                raise CommandError(f"{name} takes no more words.")
            self._act(found)
        elif found.sets is not None:
            self._set(found, line.rest)
        else:
            self._actions_done[found.name](line.rest)

    def completions(self, text: str) -> tuple[Completion, ...]:
        """Return what a line could become."""
        head, is_filter, begun = text.partition(" ")
        if is_filter and head.lstrip(": ") in FILTER and self._board.of_kind("Clusters"):
            found = self._panel("Clusters").complete_filter(begun)
            return tuple(Completion(f"f {begun[: found.start]}{word}", word, "") for word in found.words)
        return complete(text, self._words(), TITLES)

    # --- commands ---

    @property
    def _session(self) -> Any:
        return self._controller.session

    def _act(self, action_id: str) -> None:
        """Do an action of the table."""
        refusal = BY_ID[action_id].refusal(self._session)
        if refusal is not None:
            raise CommandError(refusal)
        self._controller.run(action_id)

    def _clusters(self, text: str) -> list[int]:
        return read_ids(text, self._session.manager.cluster_ids.tolist())

    def _select(self, rest: str) -> None:
        clusters = self._clusters(rest)
        self._session.selection.select(clusters, n_best=len(clusters))

    def _merge(self, rest: str) -> None:
        if not rest:
            self._act("merge")
            return
        clusters = self._clusters(rest)
        if len(clusters) < 2:
            raise CommandError("Name two or more clusters to merge.")
        self._session.merge(clusters)
        self._controller.edited.emit()

    def _split(self, rest: str) -> None:
        if not rest:
            self._act("split")
            return
        spikes = read_ids(rest, range(self._session.model.n_spikes), "spike", whole=True)
        manager = self._session.manager
        others = set(manager.clusters_of(spikes).tolist()) - set(self._session.selection.clusters)
        if others:
            named = listed(sorted(others), 3)
            raise CommandError(f"Some of these spikes are in {named}: select those clusters first.")
        self._session.split(spikes)
        self._controller.edited.emit()

    def _move(self, rest: str) -> None:
        words = read_words(rest)
        group = _one_of(words[0] if words else "", self._groups(), "group")
        clusters = self._clusters(" ".join(words[1:])) if words[1:] else self._chosen()
        self._session.move(clusters, group)
        self._controller.edited.emit()

    def _label(self, rest: str) -> None:
        self._session.label(self._chosen(), *read_label(rest))
        self._controller.edited.emit()

    def _chosen(self) -> Sequence[int]:
        chosen = self._session.selection.clusters
        if not chosen:
            raise CommandError(messages.NEED_CLUSTER)
        return tuple(chosen)

    def _filter(self, rest: str) -> None:
        try:
            self._panel("Clusters").filter(rest)
        except FilterError as error:
            if error.column is None:
                raise
            raise CommandError(f"In the filter, c{str(error)[1:]}") from error  # the column is not that of the line
        n_listed, n_all = len(self._controller.listed_clusters()), len(self._session.manager.cluster_ids)
        self._controller.say(messages.filtered(n_listed, n_all))

    def _why(self, rest: str) -> None:
        clusters = self._clusters(rest) if rest else self._chosen()
        rules = self._session.views["classes"].rules
        reasons = {cluster: known_reason(self._session, cluster, rules) for cluster in clusters[:3]}
        self._controller.say(" ".join(f"{cluster} is {why or CLASS_UNKNOWN}." for cluster, why in reasons.items()))

    def _sort(self, rest: str) -> None:
        clusters = self._panel("Clusters").list
        model = clusters.cluster_model
        words = [*read_words(rest), "", ""]
        if len(words) > 4:
            raise CommandError("Name one column and one direction, as in s depth asc.")
        places = _places(model.columns)
        typed = words[0] if words[0] in places else words[0].removesuffix(".")
        known = (column for column in model.columns if column.source is not None)
        aliases = {name.lower(): column.word for column in known for name in column.source.names}
        usual = tuple(word for word, place in places.items() if model.columns[place].is_usual)
        name = typed if typed in places else aliases.get(typed.lower(), "")
        name = name or _one_of(typed, usual, "column")
        direction = DIRECTIONS[_one_of(words[1] or "desc", tuple(DIRECTIONS), "direction")]
        if not clusters.is_requested(model.columns[places[name]]):
            clusters.choose_columns({**clusters.chosen_columns, model.columns[places[name]].key: True})
        model.sort(places[name], direction)
        self._controller.say(f"Clusters are sorted by {name}.")

    def _similar(self, rest: str, *, goes_on: bool = False) -> None:
        refusal = needs_best(self._session)
        if refusal is not None:
            raise CommandError(refusal)
        if rest:
            self._session.views["wizard"].n_similar = _chosen(rest, _allowed("Wizard", "n_similar"), "similar clusters")
        select_similar(self._session, n_similar(self._session), goes_on=goes_on)

    def _next_similar(self, rest: str) -> None:
        self._similar(rest, goes_on=True)

    def _go(self, rest: str) -> None:
        if not rest:
            raise CommandError("Say where to go: tg 12.5, tg 1:02.5 or tg #4113.")
        problem = messages.place_problem(rest, self._session.time.duration_s, self._session.model.n_spikes)
        if problem:
            raise CommandError(problem)
        go_to(self._session, rest)

    def _shift(self, rest: str) -> None:
        go_to_time(self._session, self._session.time.time_s + read_number(rest, "ts 2 goes on by 2 s, ts -2 back"))

    def _times(self, rest: str) -> None:
        clock = self._session.time
        if not rest:
            clock.clear_range()
            return
        if rest in self._session.epochs or rest in self._session.usable_epochs:
            self._session.use_epochs(rest)
            return
        problem = messages.range_problem(rest, clock.duration_s)
        found = read_range(rest)
        if problem or found is None:
            raise CommandError(problem)
        clock.set_range(*found)

    def _view(self, rest: str) -> None:
        title = _one_of(" ".join(read_words(rest)), tuple(KINDS), "view")
        self._board.open(title).setFocus(Qt.FocusReason.OtherFocusReason)

    def _color(self, rest: str) -> None:
        if not self._colors():
            raise CommandError("Open Raster, Templates or Scatter first: v raster.")
        value = _one_of(column_key(rest), self._colors(), "colour")
        views = []
        for title, option in COLORED.items():
            for panel in self._board.of_kind(title):
                if value in panel.settings.described()[option]:
                    panel.set_options({option: value})
                    views.append(title)
        self._controller.say(f"Clusters are coloured by {value} in {listed(dict.fromkeys(views))}.")

    def _set(self, command: Command, rest: str) -> None:
        assert command.sets is not None
        view, option = command.sets
        controllers = self._session.views.of_kind(view)
        names = [controller.value.acting(option) for controller in controllers]
        values = {}
        for name in names:
            allowed = _allowed(view, name)
            values[name] = None if not rest and None in allowed else _chosen(rest, allowed, _spoken(command))
        for controller, name in zip(controllers, names, strict=True):
            controller.update(**{name: values[name]})
        self._board.bring_forward(view)
        value, why_not = values[names[0]], controllers[0].value.inactive.get(names[0])
        said = f"{command.doc}: {'default' if value is None else _word(value)}."
        self._controller.say(f"{said} This changes nothing now: {why_not}" if why_not else said)

    def _panel(self, view: str) -> Any:
        panels = self._board.of_kind(view)
        if not panels:
            raise CommandError(f"{view} is not open: v {view.lower()} opens it.")
        return panels[0]

    # --- what can be named ---

    def _groups(self) -> tuple[str, ...]:
        return (*STANDARD_GROUPS, *(group.name for group in self._session.groups))

    def _columns(self) -> tuple[str, ...]:
        panels = self._board.of_kind("Clusters")
        return tuple(_places(panels[0].list.cluster_model.columns)) if panels else ()

    def _colors(self) -> tuple[Any, ...]:
        views = [(title, option) for title, option in COLORED.items() if self._board.of_kind(title)]
        return tuple(dict.fromkeys(value for view in views for value in _choices(*view)))

    def _words(self) -> dict[str, tuple[str, ...]]:
        words = {"direction": tuple(DIRECTIONS), "view": tuple(KINDS), "column": self._columns()}
        for command in COMMANDS:
            if command.sets is not None:
                words[command.takes[0]] = tuple(_word(value) for value in _choices(*command.sets))
        if self._session is not None:
            words["group"] = self._groups()
            words["field"] = tuple(sorted(self._session.manager.cluster_labels))
            words["color"] = self._colors()
        return words


def _allowed(view: str, option: str) -> Setting:
    """Return what an option of a view may be, whether it is open or not."""
    return SETTINGS[view.lower()].described()[option]


def _choices(view: str, option: str) -> tuple[Any, ...]:
    """Return the same without that of the settings."""
    return tuple(value for value in _allowed(view, option).offered if value is not None)


def _places(columns: Sequence[ListColumn]) -> dict[str, int]:
    """Return the place of each column by the word of its header; a label named like a usual column has none."""
    places: dict[str, int] = {}
    for place, column in sorted(enumerate(columns), key=lambda one: not one[1].is_usual):
        places.setdefault(column.word, place)
    return places


def _spoken(command: Command) -> str:
    return command.word.replace("-", " ")


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _chosen(typed: str, allowed: Setting, what: str) -> Any:
    """Return what was chosen for an option of a view."""
    if not isinstance(allowed, Number):
        return _one_of(allowed.stored(typed), tuple(value for value in allowed.offered if value is not None), what)
    number = typed_number(typed.replace("−", "-").replace(",", "."))
    if not typed:
        raise CommandError(f"Say which {what}: {allowed.words}.")
    if number is None or number not in allowed:
        what = f"number of {what}" if what.endswith("s") else what
        raise CommandError(f"{echo(typed)} is not a valid {what}: choose {allowed.words}.")
    return int(number) if allowed.is_whole else float(number)


def _one_of(typed: str, choices: Sequence[Any], what: str) -> Any:
    """Return the choice that was typed, or the only one that begins so."""
    words = {_word(choice).lower(): choice for choice in choices}
    number = typed_number(typed.replace(",", "."))
    exact = [choice for word, choice in words.items() if typed.lower() == word or number == choice]
    begun = [choice for word, choice in words.items() if typed and word.startswith(typed.lower())]
    for found in (exact, begun):
        if len(found) == 1:
            return found[0]
    raise no_choice(what, typed, choices)
