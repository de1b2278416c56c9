"""Serves the views of a session to browsers: one page, and a socket on which views and page talk."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import struct
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import traitlets
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from napari_phy.core.errors import NapariPhyError, SaveError
from napari_phy.core.sentences import cause_of
from napari_phy.notebook.base import SessionWidget
from napari_phy.notebook.page import all_widgets, extract_buffers, html, synced_names, view_of
from napari_phy.notebook.workspace import Workspace
from napari_phy.session import Session

logger = logging.getLogger(__name__)

NAMES = ("workspace", "cluster_view", "painted_view")
HOST = "127.0.0.1"
LONGEST_MESSAGE = 64 * 1024  # bytes, of what a browser sends: the corners of a lasso are the most
_SET_BY_BROWSER = frozenset({"size", "clusters", "cluster_order", "arrangement"})
_WRONG_TOKEN = "This address needs the token that was printed when the server was started.\n"
_WRONG_HOST = "This server answers only under the address that it was started with.\n"
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


class Views:
    """The views of one browser window, and what of them has changed since they were last sent.

    Parameters
    ----------
    session : Session
        What they show.
    on_change : callable
        Called when there is something to send.
    """

    def __init__(self, session: Session, on_change: Callable[[], None]) -> None:
        self.root = Workspace(session)
        self.widgets: list[SessionWidget] = all_widgets([self.root])
        self._changed: dict[int, dict[str, None]] = {}
        self._on_change = on_change
        self._messages: list[bytes] = []
        for place, widget in enumerate(self.widgets):
            widget.listener = partial(self._send, widget.model_id)
            widget.observe(lambda change, place=place: self._note(place, change["name"]), synced_names(widget))

    def opening(self) -> bytes:
        """Return the message with all views."""
        self._changed.clear()
        return pack_message({"roots": [self.root.model_id], "views": [view_of(one) for one in self.widgets]})

    def pending_messages(self) -> list[bytes]:
        """Return a message for each view that has changed, and what else views have to say."""
        changed, self._changed = self._changed, {}
        said, self._messages = self._messages, []
        return [
            pack_message({"view": self.widgets[place].model_id, "state": self.widgets[place].get_state(list(names))})
            for place, names in changed.items()
        ] + said

    def handle_message(self, text: str | bytes) -> None:
        """Take a message of the browser.

        Raises
        ------
        ValueError
            It makes no sense.
        """
        try:
            message = json.loads(text)
        except RecursionError:
            raise ValueError("The message is nested too deeply.") from None
        asked = message.get("view") if isinstance(message, dict) else None
        widget = next((one for one in self.widgets if one.model_id == asked), None)
        if widget is None:
            raise ValueError("The message is for no view.")
        state, content = message.get("state"), message.get("content")
        if isinstance(state, dict):
            for name in _SET_BY_BROWSER.intersection(state, widget.keys):
                try:
                    setattr(widget, name, state[name])
                except traitlets.TraitError as error:
                    raise ValueError(str(error)) from error
        if isinstance(content, dict):
            widget.receive(content)

    def close(self) -> None:
        """Follow the session no longer."""
        self.root.close()

    def _send(self, view: str, content: dict[str, Any], buffers: list[bytes]) -> None:
        self._messages.append(pack_message({"view": view, "content": {**content, "buffers": buffers}}))
        self._on_change()

    def _note(self, place: int, name: str) -> None:
        self._changed.setdefault(place, {})[name] = None
        self._on_change()


def pack_message(message: dict[str, Any]) -> bytes:
    """Return a message as one frame: the length of its JSON, the JSON, and the bytes that it refers to."""
    buffers: list[bytes] = []
    content = extract_buffers(message, buffers)
    text = json.dumps({**content, "lengths": [len(one) for one in buffers]}).encode()
    return b"".join([struct.pack("<I", len(text)), text, *buffers])


class SessionServer:
    """Serves one session; every window has views of its own, which follow each other.

    Parameters
    ----------
    session : Session
        What is served. It is used in the thread of the server.
    host : str, default "127.0.0.1"
        Which of the addresses of this computer; the default can be reached from this computer alone.
    port : int, default 0
        0 takes a free one.
    token : str, optional
        What the address must have; None makes one that cannot be guessed.
    """

    def __init__(self, session: Session, host: str = HOST, port: int = 0, token: str | None = None) -> None:
        self.session = session
        self.host, self.port = host, port
        self.token = secrets.token_urlsafe(24) if token is None else token
        if len(self.token) < 16:
            raise NapariPhyError("A token has at least 16 characters, else it can be guessed.")
        self._server: Server | None = None

    @property
    def address(self) -> str:
        """The address with the token."""
        return f"http://{_named(self.host)}:{self.port}/?token={self.token}"

    async def start(self) -> None:
        """Begin to serve.

        Raises
        ------
        NapariPhyError
            The port is taken, or the address is not of this computer.
        """
        try:
            self._server = await serve(
                self._talk, self.host, self.port, process_request=self._answer, max_size=LONGEST_MESSAGE,
                server_header=None, compression="deflate",
            )  # fmt: skip
        except OSError as error:
            raise SaveError(f"Port {self.port} of {self.host} cannot be used: {cause_of(error)}.") from None
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Close all windows' connections."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    # --- what is asked for ---

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the page or a refusal; None lets the socket be opened."""
        asked = urlsplit(request.path)
        if not self._is_host(request.headers.get("Host", "")):
            return _response(HTTPStatus.MISDIRECTED_REQUEST, _WRONG_HOST)
        given = parse_qs(asked.query).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return _response(HTTPStatus.FORBIDDEN, _WRONG_TOKEN)
        if asked.path == "/socket":
            origin = request.headers.get("Origin")
            if origin is not None and origin != f"http://{request.headers.get('Host', '')}":
                return _response(HTTPStatus.FORBIDDEN, "Pages of other addresses cannot use this server.\n")
            return None
        if asked.path != "/":
            return _response(HTTPStatus.NOT_FOUND, "There is only one page here.\n")
        page = _page(self.session.name, request.headers.get("Host", ""))
        return _response(HTTPStatus.OK, page, "text/html; charset=utf-8")

    def _is_host(self, host: str) -> bool:
        """Return whether a page was asked for by our name: a foreign name may have been pointed at this computer."""
        names = {_named(self.host)}
        if self.host in (HOST, "::1", "localhost"):
            names.update(_LOCAL)
        if self.host in ("0.0.0.0", "::", ""):
            return True  # by whatever name this computer has; the token remains
        return host in {f"{name}:{self.port}" for name in names}

    async def _talk(self, connection: ServerConnection) -> None:
        """Tell a window of all changes, and take what it says, until it goes."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def note_change() -> None:
            loop.call_soon_threadsafe(changed.set)

        views = Views(self.session, note_change)
        telling = None
        try:
            await connection.send(views.opening())
            telling = asyncio.create_task(_tell(connection, views, changed))
            async for message in connection:
                try:
                    views.handle_message(message)
                except ValueError as error:
                    logger.warning("A message of the browser was refused: %s", error)
                    await connection.close(1008, "The message makes no sense.")
        except ConnectionClosed:
            pass
        finally:
            if telling is not None:
                telling.cancel()
            views.close()


async def _tell(connection: ServerConnection, views: Views, changed: asyncio.Event) -> None:
    while True:
        await changed.wait()
        changed.clear()
        for message in views.pending_messages():
            await connection.send(message)


def _page(title: str, host: str) -> str:
    return html(title, NAMES, {"roots": [], "views": [], "buffers": []}, f"ws://{host}")


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _response(status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8") -> Response:
    body = text.encode()
    headers = Headers({
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Connection": "close",
    })  # fmt: skip
    return Response(status.value, status.phrase, headers, body)


async def serve_forever(server: SessionServer, tell: Callable[[str], None]) -> None:
    """Serve until the program is stopped; `tell` hears the address."""
    await server.start()
    tell(server.address)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()
