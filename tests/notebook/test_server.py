"""The server answers only those who have its address, and takes only messages that make sense."""

import asyncio
import json
import struct
import urllib.error
import urllib.request
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from napari_phy import open_session
from napari_phy.cli import main
from napari_phy.core.errors import NapariPhyError
from napari_phy.notebook.server import LONGEST_MESSAGE, SessionServer


def unpacked(frame):
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length])


@asynccontextmanager
async def served(session, **options):
    server = SessionServer(session, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def socket_of(server, token=None, **options):
    address = f"ws://127.0.0.1:{server.port}/socket?token={server.token if token is None else token}"
    return connect(address, max_size=None, **options)


async def until_closed(socket):
    while True:
        await socket.recv()


async def get(address, **headers):
    """Return status, text and headers of a page."""

    def read():
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), dict(error.headers)

    return await asyncio.to_thread(read)


def test_the_page_needs_the_token_and_the_name(session):
    async def check():
        async with served(session) as server:
            assert urlsplit(server.address).hostname == "127.0.0.1"
            status, text, headers = await get(server.address)
            assert (status, headers["Referrer-Policy"], headers["Cache-Control"]) == (200, "no-referrer", "no-store")
            assert f"connect-src ws://127.0.0.1:{server.port}" in text
            assert server.token not in text
            base = server.address.partition("?")[0]
            assert (await get(base))[0] == 403
            assert (await get(f"{base}?token="))[0] == 403
            assert (await get(f"{base}?token={server.token[:-1]}"))[0] == 403
            assert (await get(server.address, Host=f"evil.example:{server.port}"))[0] == 421
            assert (await get(f"{base}other?token={server.token}"))[0] == 404

    asyncio.run(check())


def test_the_socket_needs_the_token_and_our_own_page(session):
    async def check():
        async with served(session) as server:
            for token, options in (("wrong", {}), ("", {}), (None, {"origin": "http://evil.example"})):
                with pytest.raises(InvalidStatus, match="403"):
                    async with socket_of(server, token, **options):
                        pass
            async with socket_of(server, origin=f"http://127.0.0.1:{server.port}") as socket:
                assert len(unpacked(await socket.recv())["views"]) == 9

    asyncio.run(check())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("x" * (LONGEST_MESSAGE + 1), 1009),
        ("no json", 1008),
        ("[1]", 1008),
        ('{"view": "none"}', 1008),
        (b"\xff\xfe", 1008),
        ("[" * 50_000, 1008),
    ],
)
def test_messages_that_make_no_sense_end_the_connection_and_the_server_goes_on(session, message, code):
    async def check():
        async with served(session) as server:
            async with socket_of(server) as socket:
                await socket.recv()
                await socket.send(message)
                with pytest.raises(ConnectionClosed):
                    await until_closed(socket)
                assert socket.close_code == code
            async with socket_of(server) as socket:
                assert unpacked(await socket.recv())["views"]

    asyncio.run(check())


def test_windows_follow_each_other_and_edits_are_in_the_journal(session, path):
    first, second = session.manager.cluster_ids[:2].tolist()

    async def check():
        async with served(session) as server, socket_of(server) as one, socket_of(server) as other:
            mine, theirs = unpacked(await one.recv()), unpacked(await other.recv())
            (view,) = [view["id"] for view in mine["views"] if view["kind"] == "cluster_view"]
            (there,) = [view["id"] for view in theirs["views"] if view["kind"] == "cluster_view"]
            await one.send(json.dumps({"view": view, "content": {"kind": "select", "clusters": [first, second]}}))
            await one.send(json.dumps({"view": view, "content": {"kind": "key", "key": "G"}}))
            while True:
                news = unpacked(await asyncio.wait_for(other.recv(), 60))
                if news["view"] == there and news["state"].get("clusters", [first])[0] not in (first, second):
                    break
            await one.send(json.dumps({"view": view, "state": {"clusters": "abc"}}))
            with pytest.raises(ConnectionClosed):
                await until_closed(one)

    asyncio.run(check())
    assert first not in session.manager
    session.close()
    with open_session(path) as again:
        assert first not in again.manager


def test_a_taken_port_and_a_short_token_are_told(session):
    async def check():
        async with served(session) as server:
            with pytest.raises(NapariPhyError, match=f"Port {server.port} of 127.0.0.1 cannot be used"):
                await SessionServer(session, port=server.port).start()

    asyncio.run(check())
    with pytest.raises(NapariPhyError, match="at least 16 characters"):
        SessionServer(session, token="short")


def test_the_command_says_the_address_and_what_is_not_saved(path, capsys, monkeypatch):
    from napari_phy.notebook import server

    async def stopped(made, tell):
        await made.start()
        tell(made.address)
        made.session.move([int(made.session.manager.cluster_ids[0])], "good")
        await made.stop()
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "serve_forever", stopped)
    assert main(["serve", str(path)]) == 0
    out = capsys.readouterr().out
    assert "Open http://127.0.0.1:" in out
    assert "Stopped. 1 edit not saved: kept in the journal." in out
    assert main(["serve", str(path), "--token", "short"]) == 1
    assert "at least 16 characters" in capsys.readouterr().err
