"""The dialog that moves clusters to the groups of their classes, with how many would move."""

from typing import Annotated

from qtpy.QtWidgets import QWidget

from napari_phy.session.session import Session
from napari_phy.stats.automatic_classes import CLASSES
from napari_phy.views.classes import ClassesData, moves_by_class, moves_words
from napari_phy.widgets.base.form_dialog import FormDialog
from napari_phy.widgets.base.small_dialogs import Words
from napari_phy.widgets.base.theme import Tokens

TITLE = "Move to groups by class"


class MoveByClassDialog(FormDialog):
    """Which classes move clusters, and whether those that are in a group already move, too."""

    def __init__(self, session: Session, data: ClassesData, theme: Tokens, parent: QWidget | None = None) -> None:
        manager = session.manager
        groups = {cluster: manager.group(cluster) for cluster in data.classes if cluster in manager}

        def moves(good: bool, mua: bool, noise: bool, non_somatic: bool, decided: bool) -> dict[int, str]:
            chosen = {"good": good, "mua": mua, "noise": noise, "non-somatic": non_somatic}
            names = [name for name in CLASSES if chosen[name]]
            return moves_by_class(data, groups, names, with_decided=decided)

        def move(
            good: Annotated[bool, {"text": "good"}] = True,
            mua: Annotated[bool, {"text": "mua"}] = True,
            noise: Annotated[bool, {"text": "noise"}] = True,
            non_somatic: Annotated[bool, {"text": "non-somatic"}] = True,
            decided: Annotated[bool, {"text": "Also clusters that are in a group already"}] = False,
        ) -> None:
            session.move_each(moves(good, mua, noise, non_somatic, decided))

        def problem(good: bool, mua: bool, noise: bool, non_somatic: bool, decided: bool) -> str | None:
            found = moves(good, mua, noise, non_somatic, decided)
            self.explanation.setText(moves_words(found, groups))
            return "" if found else None

        words = Words(TITLE, TITLE, moves_words({}, groups), "Move")
        super().__init__(words, move, theme, parent, problem=problem)
