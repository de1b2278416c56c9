"""The command napari-phy."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from napari_phy.cli.answers import NOT_UNDERSTOOD, Answer, give, give_error
from napari_phy.core.errors import CommandError, NapariPhyError, SettingsError
from napari_phy.core.sentences import visible

STATUS = (
    "exit status: 0 all is well, 1 a problem was found, 2 the command was not understood or a value is out of bounds"
)


class _PlainFormatter(logging.Formatter):
    """Writes messages in which nothing acts on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(visible, super().format(record).split("\n")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status, 141 where nobody reads the answer any more, as after `head`."""
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # Python writes the rest when it ends
        os.close(nowhere)
        return 128 + 13  # as of a program that SIGPIPE ends


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if options.verbose else logging.ERROR)
    as_json = getattr(options, "json", False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that cannot show µ or a narrow space shows the rest
    try:
        return give(options.run(options), as_json=as_json)
    except BrokenPipeError:
        raise
    except (CommandError, SettingsError) as error:
        return give_error(str(error), as_json=as_json, status=NOT_UNDERSTOOD)
    except NapariPhyError as error:
        return give_error(str(error), as_json=as_json)
    except OSError as error:
        return give_error(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.", as_json=as_json)
    except KeyboardInterrupt:
        return give_error("Stopped.", as_json=as_json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="napari-phy",
        description="Look at and hand-sort large extracellular recordings in napari.",
        epilog="example:\n  napari-phy open recording.kwik\n\nnapari-phy COMMAND --help says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"napari-phy {_version()}")
    parser.set_defaults(verbose=False)
    commands = parser.add_subparsers(required=True, metavar="command", title="commands")
    opening = _add(
        commands,
        "open",
        "open a data set in napari",
        _open,
        [
            "napari-phy open recording.kwik",
            "napari-phy open experiment1_100.raw.kwd",
            "napari-phy open recording.kwik movie.tif behaviour.mp4",
        ],
    )
    _add_file(opening)
    opening.add_argument("images", type=Path, nargs="*", help="image stacks and films to open beside it")
    demo = _add(
        commands,
        "demo",
        "open a fresh copy of a sample in napari",
        _demo,
        ["napari-phy demo", "napari-phy demo --sample imaging"],
    )
    demo.add_argument("--sample", choices=("ephys", "imaging"), default="ephys", help="which; ephys if none is given")
    describing = _add(
        commands,
        "describe",
        "say what a data set holds and what is missing",
        _describe,
        ["napari-phy describe recording.kwik", "napari-phy describe recording.kwik --json | jq .channel_groups"],
    )
    _add_file(describing)
    checking = _add(
        commands,
        "check",
        "find what contradicts itself between .kwik, .kwx, raw data and .prm, and say what to do",
        _check,
        ["napari-phy check recording.kwik", "napari-phy check recording.kwik --json || echo not in order"],
    )
    _add_file(checking)
    converting = _add(
        commands,
        "convert",
        "write any variant of Kwik, a recording of Open Ephys or a folder of phy anew as klusta 3 does, or as a folder "
        "of phy; old files stay",
        _convert,
        [
            "napari-phy convert old/recording.kwik new/recording.kwik",
            "napari-phy convert recording.kwik folder-for-phy",
            "napari-phy convert kilosort/ recording.kwik",
        ],
    )
    _add_file(converting)
    converting.add_argument("target", type=Path, help="what to make: a .kwik file, else a folder that phy opens")
    converting.add_argument("--group", type=int, help="the channel group of a folder; the first if none is given")
    detecting = _add(
        commands,
        "detect",
        "detect the spikes of raw data and write a Kwik data set beside them",
        _detect,
        ["napari-phy detect recording.prm", "napari-phy detect --dat recording.dat --prb probe.prb --rate 20000"],
    )
    sorting = _add(
        commands,
        "sort",
        "detect the spikes of raw data, cluster them, refine that by templates, and write a Kwik data set beside them",
        _sort,
        [
            "napari-phy sort recording.prm",
            "napari-phy sort recording.prm --as-klusta",
            "napari-phy sort --dat recording.dat --prb probe.prb --rate 20000 --cluster-set seed=1",
        ],
    )
    for parser_of, clusters in ((detecting, False), (sorting, True)):
        _add_raw(parser_of, clusters=clusters)
    comparing = _add(
        commands,
        "compare",
        "say how far two curations of the same spikes agree, and what differs; both stay as they are",
        _compare,
        [
            "napari-phy compare mine.kwik theirs.kwik",
            "napari-phy compare recording.kwik --with original",
            "napari-phy compare recording.kwik journal-0-main.sqlite",
            "napari-phy compare recording.kwik spike_clusters.npy",
        ],
    )
    _add_file(comparing)
    comparing.add_argument(
        "other",
        type=Path,
        nargs="?",
        help="another file of the same spikes, a journal, a folder of phy, or a list of clusters (.npy, .csv, .tsv)",
    )
    comparing.add_argument("--clustering", help="the clustering of the first file; main if none is given")
    comparing.add_argument("--with", dest="other_clustering", help="the clustering of the other file; main")
    comparing.add_argument("--group", type=int, help="the channel group; the first if none is given")
    clustering = _add(
        commands,
        "cluster",
        "cluster spikes anew by masked EM, all or those of some clusters, and save that; napari can undo it",
        _cluster,
        [
            "napari-phy cluster recording.kwik",
            "napari-phy cluster recording.kwik --clusters 3 5 --set n_clusters_min=2",
            "napari-phy cluster recording.prm --set seed=1",
        ],
    )
    _add_file(clustering)
    clustering.add_argument(
        "--clusters", type=int, nargs="+", help="those whose spikes are meant; all if none is given"
    )
    clustering.add_argument("--clustering", help="which clustering of the file; main if none is given")
    clustering.add_argument("--group", type=int, help="the channel group; the first if none is given")
    clustering.add_argument(
        "--set", dest="settings", nargs="+", default=[], metavar="NAME=VALUE", help="parameters of the algorithm"
    )
    proposing = _add(
        commands,
        "propose",
        "say which clusters may be merged, split or noise, and why; the data set stays as it is",
        _propose,
        [
            "napari-phy propose recording.kwik",
            "napari-phy propose recording.kwik --least-score 0.9 --groups merges.json",
            "napari-phy propose recording.kwik --curation curation.json",
        ],
    )
    _add_file(proposing)
    proposing.add_argument("--clustering", help="the clustering; main if none is given")
    proposing.add_argument("--group", type=int, help="the channel group; the first if none is given")
    proposing.add_argument(
        "--least-score", type=float, default=0.5, help="least score of what is proposed, 0 to 1; 0.5"
    )
    proposing.add_argument("--groups", type=Path, help="write the merge groups to this JSON file: [[1, 2], [3, 4, 5]]")
    proposing.add_argument(
        "--curation", type=Path, help="write all of it to this JSON file, as SpikeInterface's curation"
    )
    serving = _add(
        commands,
        "serve",
        "show and sort a data set in a browser, from the computer that has the data; needs napari-phy[serve]",
        _serve,
        [
            "napari-phy serve recording.kwik",
            "napari-phy serve folder --read-only --port 8700",
        ],
    )
    _add_file(serving)
    serving.add_argument("--host", default="127.0.0.1", help="the address to serve on; this computer alone: 127.0.0.1")
    serving.add_argument("--port", type=int, default=0, help="a free one if none is given")
    serving.add_argument(
        "--token", help="what the address has to have, 16 characters or more; a new one if none is given"
    )
    serving.add_argument("--read-only", action="store_true", help="nothing can be changed")
    serving.add_argument("--clustering", help="the clustering; main if none is given")
    serving.add_argument("--group", type=int, help="the channel group; the first if none is given")
    configuring = _add(
        commands,
        "config",
        "print the settings that hold, and where they came from",
        _config,
        ["napari-phy config", "napari-phy config recording.kwik --json", "napari-phy config --folders napari-phy"],
    )
    configuring.add_argument("kwik", type=Path, nargs="?", help="the .kwik file; none: the settings of the user alone")
    configuring.add_argument(
        "--folders",
        choices=("napari-phy", "ask"),
        help="let napari open folders and params.py with napari-phy, or ask; other folders stay napari's",
    )
    return parser


def _open(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.opening import open_in_napari

    return open_in_napari(options.file, options.images)


def _demo(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.opening import open_demo

    return open_demo(options.sample)


def _describe(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.describing import describe

    return describe(options.file)


def _check(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.checking import check

    return check(options.file)


def _convert(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.converting import convert

    return convert(options.file, options.target, options.group, quiet=options.json)


def _detect(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.sorting import detect

    return detect(options)


def _sort(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.sorting import detect_and_cluster

    return detect_and_cluster(options)


def _compare(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.comparing import compare_files

    return compare_files(options.file, options.other, options.group, options.clustering, options.other_clustering)


def _cluster(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.clustering import cluster

    group, clustering = options.group, options.clustering
    return cluster(options.file, options.clusters, group, clustering, options.settings, quiet=options.json)


def _propose(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.proposing import propose

    place = options.file, options.group, options.clustering
    return propose(*place, options.least_score, options.groups, options.curation)


def _serve(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.serving import serve

    return serve(options)


def _config(options: argparse.Namespace) -> Answer:
    from napari_phy.cli.configuring import choose_reader, show_config

    return show_config(options.kwik) if options.folders is None else choose_reader(options.folders)


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], Answer],
    examples: Sequence[str],
) -> argparse.ArgumentParser:
    lines = ["examples:" if len(examples) > 1 else "example:", *(f"  {example}" for example in examples), "", STATUS]
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog="\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")
    parser.add_argument("--verbose", action="store_true", help="say what the program decides on the way")
    parser.set_defaults(run=run)
    return parser


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        help="the .kwik file; a .kwx, .kwe or .kwd that belongs to one or is of Open Ephys; a folder of phy",
    )


def _add_raw(parser: argparse.ArgumentParser, *, clusters: bool) -> None:
    parser.add_argument("prm", type=Path, nargs="?", help="the parameter file; its Kwik files are written beside it")
    parser.add_argument("--dat", type=Path, nargs="+", help="without one: raw files, one for each recording")
    parser.add_argument("--prb", type=Path, help="their probe file")
    parser.add_argument("--rate", type=float, help="their sample rate in Hz")
    parser.add_argument("--channels", type=int, help="their number of channels; that of the probe if none is given")
    parser.add_argument("--dtype", default="int16", help="type of their samples; int16 if none is given")
    parser.add_argument("--gain", type=float, help="µV of one unit of them")
    parser.add_argument(
        "--to",
        type=Path,
        help="the .kwik file to make, as in elsewhere/recording.kwik; beside the .prm or the raw file if none is given",
    )
    parser.add_argument(
        "--set", dest="settings", nargs="+", default=[], metavar="NAME=VALUE", help="parameters of detection"
    )
    if clusters:
        parser.add_argument(
            "--cluster-set",
            dest="cluster_settings",
            nargs="+",
            default=[],
            metavar="NAME=VALUE",
            help="parameters of clustering",
        )
        parser.add_argument(
            "--as-klusta",
            action="store_true",
            help="detect and cluster as klusta does, without templates",
        )
    parser.add_argument("--workers", type=int, help="threads that work on it; as many as processors if none is given")


def _version() -> str:
    try:
        return version("napari-phy")
    except PackageNotFoundError:
        return "of unknown version"
