"""`napari-phy compare`: how far two curations of the same spikes agree, and what differs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from napari_phy.cli.answers import Answer, count
from napari_phy.formats.opening import open_model
from napari_phy.session.comparison import compare
from napari_phy.session.second_curation import read_second_curation, replayed
from napari_phy.storage.kept_edits import read_kept_edits
from napari_phy.views.comparison import agreement_words, base_words, changer_word, difference_words


def compare_files(
    ours: Path, theirs: Path | None, channel_group: int | None, clustering: str | None, with_clustering: str | None
) -> Answer:
    """Return how far they agree, unsaved edits included; both files stay as they are."""
    with closing(open_model(ours, channel_group, clustering)) as model:
        edits = read_kept_edits(model)
        curation = read_second_curation(model, theirs, with_clustering, edits.base)
        name = f"{model.clustering} of {model.name}"
    found = compare(replayed(edits), curation)
    facts = {
        "ours": name,
        "theirs": curation.name,
        "base": curation.base_name or None,
        "doubt": curation.doubt or None,
        "agreement": asdict(found.agreement),
        "differences": [asdict(one) for one in found.differences],
    }
    rows = [(changer_word(one), difference_words(one), count(one.n_spikes, "spike")) for one in found.differences]
    wide = [max(map(len, column)) for column in zip(*(row[:2] for row in rows), strict=True)]
    spikes = count(found.agreement.n_spikes, "spike")
    clusters = f"{len(found.shared.ours)} and {count(len(found.shared.theirs), 'cluster')}"
    lines = [
        f"{name} and {curation.name}: {spikes}, {clusters}, {found.agreement.n_same} the same.",
        agreement_words(found.agreement),
        base_words(curation.base_name, curation.doubt),
        *(f"{by:<{wide[0]}}  {words:<{wide[1]}}  {spikes}" for by, words, spikes in rows),
        f"{count(len(rows), 'difference')}." if rows else "Nothing differs.",
    ]
    return Answer(facts, lines)
