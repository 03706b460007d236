"""A proxy's headers count only from peers that the owner named, through the real server too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from flask import Flask, request

from comment_service.cli.serve import free_port, listen
from tests.conftest import MakeApp
from tests.people import Guest


@contextmanager
def serving(app: Flask) -> Iterator[HTTPConnection]:
    port = free_port("127.0.0.1")
    server = listen(app, "127.0.0.1", port)
    threading.Thread(target=server.run, daemon=True).start()
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()
    server.close()


@pytest.mark.parametrize(
    ("peers", "counts"), [("127.0.0.1", True), ("192.0.2.1", False), ("", False)]
)
def test_the_forwarded_address_counts_from_named_peers_alone(
    make_app: MakeApp, sqlite_url: str, peers: str, counts: bool
) -> None:
    app = make_app(sqlite_url, TRUSTED_PROXIES=peers)

    @app.get("/who")
    def who() -> str:
        return f"{request.remote_addr} {request.scheme}"

    with serving(app) as connection:
        headers = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
        connection.request("GET", "/who", headers=headers)
        told = connection.getresponse().read().decode()
    assert told == ("198.51.100.7 https" if counts else "127.0.0.1 http")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
    ],
)
def test_a_network_is_an_address_or_a_64(lite: Flask, one: str, other: str, same: bool) -> None:
    comment = Guest(lite, network="203.0.113.1").say("like me").get_json()["id"]
    assert Guest(lite, network=one).like(comment).status_code == 200
    assert Guest(lite, network=other).like(comment).status_code == (409 if same else 200)


def test_a_server_that_wakes_before_it_is_told_to_closes_as_well(
    make_app: MakeApp, sqlite_url: str
) -> None:
    server = listen(make_app(sqlite_url), "127.0.0.1", free_port("127.0.0.1"))
    serves = threading.Thread(target=server.run, daemon=True)
    serves.start()
    trigger = server._waitress.trigger
    pull = trigger._physical_pull

    def pull_late() -> None:
        pull()  # as a connection's end does, between the order and the pull for it
        serves.join(0.5)
        pull()

    trigger._physical_pull = pull_late
    server.close()
    serves.join(10)
    assert not serves.is_alive()
