"""`napari-phy serve`: the views of a data set in a browser, from the computer that has the data."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from contextlib import suppress

from napari_phy.cli.answers import Answer, check_there, count
from napari_phy.core.errors import MissingDataError
from napari_phy.session.session import open_session


def serve(options: argparse.Namespace) -> Answer:
    """Serve until the program is stopped; edits that are not saved stay in the journal.

    Raises
    ------
    MissingDataError
        The extra `serve` is not installed.
    NapariPhyError
        The data set cannot be opened, or the port cannot be used.
    """
    try:
        from napari_phy.notebook.server import SessionServer, serve_forever
    except ImportError:
        raise MissingDataError('Serving needs more packages: pip install "napari-phy[serve]".') from None
    check_there(options.file)
    with open_session(options.file, options.group, options.clustering, options.read_only) as session:
        server = SessionServer(session, options.host, options.port, options.token)

        def tell(address: str) -> None:
            print(json.dumps({"address": address}) if options.json else f"Open {address}", flush=True)
            if not options.json:
                print("\n".join(session.messages) or "Ctrl+C stops.", flush=True)

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            asyncio.run(serve_forever(server, tell))
        n_unsaved = session.n_unsaved
    kept = f" {count(n_unsaved, 'edit')} not saved: kept in the journal." if n_unsaved else ""
    return Answer({"unsaved_edits": n_unsaved}, [f"Stopped.{kept}"])
