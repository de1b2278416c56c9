"""The commands of the command line: what each is called, how it is written, what it does; and completion."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari_phy.core.errors import CommandError
from napari_phy.views.command_line import echo


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes
    ----------
    name : str
        What is typed; those of phy's snippets where phy has it.
    word : str
        Long name of the command.
    example : str
        How it is written.
    doc : str
        What it does, without a full stop.
    takes : tuple of str, default ()
        Kinds of its first arguments, for completion: "group", "column" …
    sets : tuple of str, optional
        (view, option) that it sets to a value of its drop-down or menu; None for the others.
    """

    name: str
    word: str
    example: str
    doc: str
    takes: tuple[str, ...] = ()
    sets: tuple[str, str] | None = None


def _setting(name: str, word: str, value: str, doc: str, view: str, option: str) -> Command:
    return Command(name, word, f"{name} {value}", doc, (f"{view}.{option}",), (view, option))


COMMANDS: tuple[Command, ...] = (
    Command("c", "select", "c 3-6 8", "Select clusters; the first is the best one"),
    Command("g", "merge", "g  ·  g 3 5", "Merge the selected clusters, or these"),
    Command("k", "split", "k  ·  k 100-160", "Split off what is inside the lasso, or these spikes"),
    Command("m", "move", "m good  ·  m noise 3-6", "Move the selected clusters, or these, to a group", ("group",)),
    Command("l", "label", "l note put-int axon", "Label the selected clusters; without a value, no more", ("field",)),
    Command(
        "f", "filter", 'f rate > -1 and group == "good"  ·  f', "List the clusters for which this holds; alone: all"
    ),
    Command("s", "sort", "s amp  ·  s depth asc", "Sort Clusters, the largest first", ("column", "direction")),
    Command("why", "explain", "why  ·  why 3-6", "Tell which threshold decides the class of clusters"),
    Command("n", "similar", "n 5  ·  n", "Select the clusters most like the best one beside it"),
    Command("nn", "next-similar", "nn 5  ·  nn", "Select those that follow in similarity"),
    Command("tg", "go", "tg 12.5  ·  tg 1:02.5  ·  tg #4113", "Go to a time or to a spike"),
    Command("ts", "shift", "ts -2", "Move on in time, or back, by seconds"),
    Command("tr", "times", "tr 10-20  ·  tr", "Use only the spikes of a time range, or of epochs by name; alone: all"),
    Command("v", "view", "v raster", "Open a view", ("view",)),
    Command("cf", "color", "cf depth", "Colour clusters in Raster, Templates and Scatter", ("color",)),
    _setting("cb", "correlogram-bin", "0.5", "Bin of Correlograms, in ms", "Correlograms", "bin_ms"),
    _setting("cw", "correlogram-window", "100", "Full width of Correlograms, in ms", "Correlograms", "window_ms"),
    _setting(
        "cr", "correlogram-refractory", "2", "Refractory time of Correlograms, in ms", "Correlograms", "refractory_ms"
    ),
    _setting("wn", "waveform-number", "200", "Spikes of each cluster in Waveforms", "Waveforms", "n_spikes"),
    _setting("isib", "interval-bin", "0.5", "Width of the bins of Intervals, in ms", "Intervals", "bin_ms"),
    _setting("isin", "interval-bins", "100", "Number of bins of Intervals", "Intervals", "n_bins"),
    _setting("isimin", "interval-shortest", "1", "Shortest interval of Intervals, in ms", "Intervals", "shortest_ms"),
    _setting("isimax", "interval-window", "50", "Longest interval of Intervals, in ms", "Intervals", "longest_ms"),
    _setting("frb", "rate-bin", "10", "Width of the bins of Firing rate, in s", "Firing rate", "bin_s"),
    _setting("frn", "rate-bins", "200", "Number of bins of Firing rate", "Firing rate", "n_bins"),
    _setting("frmin", "rate-from", "10", "Time at which Firing rate begins, in s", "Firing rate", "start_s"),
    _setting("frmax", "rate-to", "60", "Time at which Firing rate ends, in s", "Firing rate", "stop_s"),
    _setting("tp", "traces-part", "residual", "What Traces shows of the traces", "Traces", "part"),
    _setting(
        "sim", "similarity", "masked gaussian", "How alike clusters are, in Similar, too", "Similarity", "measure"
    ),
    _setting("wo", "wizard-order", "gain", "Order of clusters in the wizard", "Wizard", "order"),
    _setting("wa", "wizard-ascending", "true", "Whether the wizard goes from the smallest on", "Wizard", "ascending"),
    _setting("csx", "scatter-x", "rate", "Horizontal axis of Scatter", "Scatter", "x_by"),
    _setting("csy", "scatter-y", "depth", "Vertical axis of Scatter", "Scatter", "y_by"),
    _setting("css", "scatter-size", "spikes", "What the size of discs in Scatter stands for", "Scatter", "size_by"),
)  # fmt: skip


def find_command(name: str, others: Mapping[str, str]) -> Command | str:
    """Return the command of a name, or the action of that id where `others` has it.

    Parameters
    ----------
    name : str
        Short or long name of a command.
    others : mapping of str to str
        {action id: title}, which may be written with hyphens.

    Raises
    ------
    CommandError
        If there is none; the sentence names the nearest.
    """
    command = _command(name)
    if command is not None:
        return command
    if name.replace("-", "_") in others:
        return name.replace("-", "_")
    words = [*(command.word for command in COMMANDS), *(action.replace("_", "-") for action in others)]
    near = difflib.get_close_matches(name, words)
    raise CommandError(
        f"There is no command {echo(name)}." + (f" Did you mean {near[0]}?" if near else " F1 lists them.")
    )


@dataclass(frozen=True, slots=True)
class Completion:
    """What a line could become: the whole line, and in two columns what is offered."""

    line: str
    shown: str
    doc: str


def complete(text: str, words: Mapping[str, Sequence[str]], actions: Mapping[str, str]) -> tuple[Completion, ...]:
    """Return what the last word of a line could become, the nearest first.

    Parameters
    ----------
    text : str
        What is typed so far.
    words : mapping of str to sequence of str
        {kind: the words an argument of that kind may be}.
    actions : mapping of str to str
        {action id: title}, offered after two letters.
    """
    name, space, rest = _parts(text)
    if not space:
        return _names(name.lower(), actions)
    command = _command(name)
    if command is None:
        return ()
    done, _, begun = rest.lstrip().rpartition(" ")
    place = len(done.split())
    if place >= len(command.takes):
        return ()
    head = f"{name} {done} " if done else f"{name} "
    offered = words.get(command.takes[place], ())
    return tuple(
        Completion(head + quoted(word), word, "") for word in offered if word.lower().startswith(begun.lower())
    )


def usage(text: str) -> str:
    """Return how the command is written that a line begins with, and what it does; "" while none is known."""
    name, space, _ = _parts(text)
    command = _command(name) if space else None
    return "" if command is None else f"{command.example}     {command.doc}."


def quoted(word: str) -> str:
    """Return a word as it is written in a line: with quotes where it has blanks."""
    return f'"{word}"' if " " in word else word


def _parts(text: str) -> tuple[str, str, str]:
    return text.lstrip().removeprefix(":").lstrip().partition(" ")


def _command(name: str) -> Command | None:
    return next((command for command in COMMANDS if name.lower() in (command.name, command.word)), None)


def _names(begun: str, actions: Mapping[str, str]) -> tuple[Completion, ...]:
    fitting = [c for c in COMMANDS if c.name.startswith(begun) or c.word.startswith(begun)]
    fitting.sort(key=lambda c: c.name != begun)
    found = [Completion(f"{c.name} ", c.example, c.doc) for c in fitting]
    if len(begun) > 1:
        taken = {command.word for command in COMMANDS}
        names = ((action.replace("_", "-"), title) for action, title in actions.items())
        found += [Completion(n, n, title) for n, title in names if n.startswith(begun) and n not in taken]
    return tuple(found)
