"""`napari-phy check`: what contradicts itself in a data set, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from napari_phy.cli.answers import OK, PROBLEM, Answer, count
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.opening import find_kwik


def check(path: Path) -> Answer:
    """Return all findings; the status says whether there is a problem among them."""
    findings = check_data_set(path)
    path = find_kwik(path) or path
    problems = [finding for finding in findings if finding.level == "problem"]
    facts = {
        "path": str(path),
        "n_problems": len(problems),
        "findings": [
            {"level": item.level, "place": item.place.rstrip(":"), "what": item.what, "advice": item.advice}
            for item in findings
        ],
    }
    lines = [f"{finding.level:<8} {finding.sentence}" for finding in findings]
    notes = len(findings) - len(problems)
    notes_found = count(notes, "note")
    if problems:
        end = f"{path.name}: {count(len(problems), 'problem')}, {notes_found}."
    else:
        end = f"{path.name} is in order{f'; {notes_found}' if notes else ''}."
    return Answer(facts, [*lines, end], PROBLEM if problems else OK)
