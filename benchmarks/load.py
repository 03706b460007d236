"""A small HTTP load generator: one process, keep-alive connections, responses of constant length.

The first response tells how long all of them are, so that a response is received by counting bytes;
parsing would make the generator slower than the servers that it measures.
"""

import selectors
import socket
from time import perf_counter


def response_length(port: int, request: bytes) -> tuple[int, bytes]:
    """Return the length of a response with its headers, and its headers."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
        one.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += _some(one)
        head, _blank, rest = received.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _colon, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if head.split(b" ")[1] == b"304":
            length = 0
        while len(rest) < length:
            rest += _some(one)
    return len(head) + 4 + length, head


def _some(one: socket.socket) -> bytes:
    data = one.recv(262_144)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def measure(port: int, request: bytes, seconds: float, connections: int = 16) -> float:
    """Return the requests per second of some connections that each wait for their response."""
    length, _head = response_length(port, request)
    selector = selectors.DefaultSelector()
    missing: dict[socket.socket, int] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port), timeout=30)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
        selector.register(one, selectors.EVENT_READ)
        missing[one] = length
    done, begun = 0, perf_counter()
    for one in missing:
        one.send(request)
    while (now := perf_counter()) - begun < seconds:
        for key, _events in selector.select(1):
            one = key.fileobj  # type: ignore[assignment]
            left = missing[one] - len(_some(one))
            if left < 0:
                raise ConnectionError("a response is longer than the first one")
            if left == 0:
                done += 1
                left = length
                one.send(request)
            missing[one] = left
    for one in missing:
        one.close()
    selector.close()
    return done / (now - begun)
