"""What an action is, and how it is done or refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError, NapariPhyError
from napari_phy.core.update_info import UpdateInfo
from napari_phy.session import Session

logger = logging.getLogger(__name__)

Outcome = UpdateInfo | str | None
Run = Callable[[Session], Outcome]


class ActionContext(Protocol):
    """What an action may ask of the window in which it is run, or of a stand-in in a test."""

    @property
    def session(self) -> Session | None:
        """The open data set."""
        ...

    def listed_clusters(self) -> Sequence[int]:
        """Cluster ids in the order of the Clusters list."""
        ...

    def say(self, sentence: str) -> None:
        """Put a sentence into the status bar."""
        ...

    def complain(self, sentence: str) -> None:
        """Show an error notification."""
        ...

    def save(self) -> None:
        """Save in the background, to a copy where the file is read-only."""
        ...

    def ask_label(self) -> None:
        """Ask for a label of the selected clusters."""
        ...

    def ask_color(self) -> None:
        """Ask for a colour of the selected clusters."""
        ...

    def go_to_shank(self, step: int) -> None:
        """Go to the next channel group of the file, the previous one for a step of −1."""
        ...

    def filter_list(self) -> None:
        """Go to the filter of the Clusters list."""
        ...

    def stretch(self, factor: float) -> None:
        """Show 1/factor of the time in napari's canvas, with channels as high as before."""
        ...

    def ask_time(self) -> None:
        """Ask for a moment, and go there."""
        ...

    def ask_range(self) -> None:
        """Ask for the time range whose spikes views use."""
        ...

    def show_keys(self) -> None:
        """Show the window with all actions."""
        ...

    def show_wizard(self) -> None:
        """Show the Wizard dock."""
        ...

    def show_proposals(self, *, find: bool) -> None:
        """Show the Proposals dock; `find` looks for proposals anew."""
        ...

    def once_cut_is_known(self, act: Run, *, is_due: bool) -> None:
        """Do something that depends on the cut of the best cluster, and say what it returns.

        Where it `is_due`, the cut is looked for in the background first.
        """
        ...

    def ask_classes(self) -> None:
        """Show the Classes dock, and ask what is to be moved by class."""
        ...

    def ask_recluster(self) -> None:
        """Ask how the selected clusters are to be clustered anew, and show what comes of it."""
        ...

    def ask_command(self) -> None:
        """Open the command line."""
        ...


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do, whatever starts it.

    Attributes
    ----------
    action_id : str
        Name of the action in code.
    title : str
        Words of the button, the menu entry and the list of keys.
    section : str
        Heading in menus and in the list of keys.
    run : callable or None
        Does it to a session, when `refusal` is None. Returns the edit that was made, or what to say about it, or None.
        None where it can only be done in a window.
    refusal : callable
        Why it cannot be done now, or None.
    sentence : callable
        What it would do now, for the tooltip, without a full stop.
    keys, canvas_keys : tuple of str, default ()
        Key sequences with the focus in our panels and in napari's canvas.
    icon : str, optional
        Name of an own icon, or None.
    hint : str, default ''
        Further words of the tooltip, after the keys.
    hint_of : str, default ''
        The action whose key they name.
    caption : callable, optional
        Words of the button where they change.
    is_edit : bool, default False
        Afterwards the focus returns to Clusters.
    needs_session : bool, default True
        Whether it can only be done with an open data set.
    words : str, default ''
        Other words by which it is found.
    in_window : callable, optional
        How it is done in a window, instead of `run`: by a dialog, in the background, with a dock.
    needs_cut : callable, optional
        Whether `run` would look for a cut of the best cluster, which a window then does in the background first.
    """

    action_id: str
    title: str
    section: str
    run: Run | None
    refusal: Callable[[Session], str | None]
    sentence: Callable[[Session], str]
    keys: tuple[str, ...] = ()
    canvas_keys: tuple[str, ...] = ()
    icon: str | None = None
    hint: str = ""
    hint_of: str = ""
    caption: Callable[[Session], str] | None = None
    is_edit: bool = False
    needs_session: bool = True
    words: str = ""
    in_window: Callable[[ActionContext], None] | None = None
    needs_cut: Callable[[Session], bool] | None = None

    def button_text(self, session: Session | None) -> str:
        """Return the words on the button: `Merge 3`."""
        return self.title if session is None or self.caption is None else self.caption(session)

    def tooltip(self, session: Session | None) -> str:
        """Return the sentence with its keys, or the reason why it cannot be done."""
        keys = f" ({self.keys[0]})" if self.keys else ""
        refusal = self.why_not(session)
        if refusal is not None:
            return f"{self.title}{keys}. {refusal}"
        return f"{self.title if session is None else self.sentence(session)}{keys}{self.hint}"

    def why_not(self, session: Session | None) -> str | None:
        """Return why it cannot be done now, or None."""
        if session is None:
            return messages.EMPTY_WORKSPACE if self.needs_session else None
        return self.refusal(session)


def say_if(context: ActionContext, outcome: Outcome) -> None:
    """Put what an action returned into the status bar if it is a sentence; edits are told by who follows them."""
    if isinstance(outcome, str) and outcome:
        context.say(outcome)


def always(sentence: str) -> Callable[[Session], str]:
    """Return the sentence of an action that always does the same."""
    return lambda session: sentence


def perform(action: Action, context: ActionContext) -> bool:
    """Run an action in a window if it can be done, else say why not; return whether it was done."""
    refusal = action.why_not(context.session)
    if refusal is not None:
        context.say(refusal)
        return False
    try:
        _run(action, context)
    except ClusteringError as error:
        context.say(str(error))
        return False
    except NapariPhyError as error:
        context.complain(str(error))
        return False
    except Exception as error:  # of a plugin or of ours: the program goes on
        cause = error.__cause__ or error
        logger.exception("%s failed.", action.title)
        context.complain(messages.action_failed(action.title, cause))
        return False
    return True


def _run(action: Action, context: ActionContext) -> None:
    session = context.session
    if action.in_window is not None:
        action.in_window(context)
    elif action.run is not None and session is not None:
        if action.needs_cut is not None:
            context.once_cut_is_known(action.run, is_due=action.needs_cut(session))
        else:
            say_if(context, action.run(session))
