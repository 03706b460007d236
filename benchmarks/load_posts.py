"""A load generator for posts beside reads: one thread, some connections, no HTTP library.

A writer asks for a form token and posts a comment, again and again; readers together send as many
requests per second as asked. An HTTP library takes more time than the server for each of these.
"""

import json
import selectors
import socket
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from urllib.parse import urlencode

ORIGIN = "https://blog.example"
_TEXT = """
a about after again all also always an and anchor another any around as asked at back be
because been before best better between boat both boots bread broke built but by came can
car change children city climbed coffee cold could crew day days deck did different do
does done door down each early easy eight even evening ever every far father few find
first five flat for found four friends from garden gave get give glad go good great grew
had half harbour hard has have he heard held help her here high hill his home hope hour
house how I if in into it its just keep kept kind kitchen knot knew know lake large last
late least left less let light like line little long look lost made make many map market
may me mean might mine month more morning most mother much must my near need never new
next night no north not nothing notes now of off often old on once one only open or other
our out over own page pair part past path people place plan put question rain read reason
right road rope rudder run sail same saw say second see seen set she should show side
since slow small snow so some soon stayed steep still stone stood stop storm street such
summer sun sure table take tent than thank that the their them then there these they thing
think third this those though thought three time tip to today together told too took town
train tried true try turn two under until up us use used very walk want was water way we
week well went were what when where which while white who whole why will wind window
winter wish with without wood word work worked worth would write year years yes you young
"""
WORDS = _TEXT.split()


@dataclass
class Posting:
    """Comments posted beside reads; waits in seconds."""

    seconds: float = 0.0
    refused: int = 0
    reads: int = 0
    why: str = ""  # the last refusal
    waits: list[float] = field(default_factory=list)

    @property
    def posted(self) -> int:
        """How many comments were acknowledged."""
        return len(self.waits)

    def wait(self, share: float) -> float:
        """Return the wait in milliseconds that this share of the posts does not exceed."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Connection:
    """A keep-alive connection that receives one response at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """Return status and body once the response is complete."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return None
        self._received = b""
        return int(head.split(b" ", 2)[1]), body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ConnectionError("a response without a length")


class _Writer:
    """A reader with a page and a network of their own: asks for a token, posts, starts again."""

    def __init__(self, port: int, number: int) -> None:
        self.connection = _Connection(port)
        self._draw, self._sent, self._number = Random(), 0, number  # noqa: S311 - no secret
        self._page = {"site": "default", "url": f"{ORIGIN}/{number}"}
        self._begun = 0.0  # of the post that is on its way, 0 while a token is

    def start(self) -> None:
        self._begun = 0.0
        path = f"/form-token?{urlencode(self._page)}"
        self.connection.send(_request("GET", path, network=self._number))

    def go_on(self, result: Posting) -> bool:
        """Receive; return True if a comment was answered."""
        answer = self.connection.receive()
        if answer is None:
            return False
        status, body = answer
        if not self._begun:
            if status != 200:
                raise ConnectionError(f"no token: {status} {body[:200]!r}")
            self._post(json.loads(body)["token"])
            return False
        if status == 201:
            result.waits.append(perf_counter() - self._begun)
        else:
            result.refused += 1
            result.why = body[:300].decode()
        return True

    def _post(self, token: str) -> None:
        self._sent += 1
        self._send("/comments", {
            **self._page, "token": token, "name": f"Writer {self._number}", "text": self._said(),
            "key": f"post-{self._number}-{self._sent}-{self._draw.getrandbits(80):020x}",
        })  # fmt: skip

    def _said(self) -> str:
        return " ".join(self._draw.choices(WORDS, k=self._draw.randint(20, 60))) + "."

    def _send(self, path: str, body: dict[str, str]) -> None:
        request = _request("POST", path, json.dumps(body).encode(), network=self._number)
        self._begun = perf_counter()
        self.connection.send(request)


class _IssoWriter(_Writer):
    """Posts to Isso, which needs no token."""

    def start(self) -> None:
        body = {"author": f"Writer {self._number}", "text": self._said()}
        self._send(f"/new?{urlencode({'uri': f'/{self._number}'})}", body)


def _request(method: str, path: str, body: bytes = b"", *, network: int = 0) -> bytes:
    """Return a request as a proxy passes it on, of a reader in a network."""
    lines = [
        f"{method} {path} HTTP/1.1", "Host: localhost", f"Origin: {ORIGIN}", "Accept: */*",
        "Accept-Encoding: br", "User-Agent: benchmark", f"X-Forwarded-For: 198.18.{network}.7",
    ]  # fmt: skip
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def post_beside_reads(
    port: int,
    page: str,
    *,
    seconds: float,
    writers: int = 8,
    readers: int = 8,
    rate: float = 550,
    isso: bool = False,
) -> Posting:
    """Post for some seconds, and read a page ``rate`` times a second; every post is answered.

    With ``isso`` the server is Isso.

    Raises:
        ConnectionError: the server closed a connection, or gave no token.
    """
    selector = selectors.DefaultSelector()
    # in turn: the server closes a connection that nobody uses
    result, idle = Posting(), deque(_readers(port, readers, selector))
    kind = _IssoWriter if isso else _Writer
    busy = [kind(port, number) for number in range(writers)]
    for writer in busy:
        selector.register(writer.connection.socket, selectors.EVENT_READ, writer)
        writer.start()
    thread = f"/thread?{urlencode({'site': 'default', 'url': page})}"
    if isso:
        thread = f"/?{urlencode({'uri': page.removeprefix(ORIGIN)})}"
    read = _request("GET", thread)
    begun, due, waiting = perf_counter(), 0, writers
    while waiting:
        now = perf_counter() - begun
        while idle and due < now * rate and now < seconds:
            idle.popleft().send(read)
            due, waiting = due + 1, waiting + 1
        for key, _events in selector.select(0.5 / rate):
            if isinstance(key.data, _Writer):
                if key.data.go_on(result):
                    if perf_counter() - begun < seconds:
                        key.data.start()
                    else:
                        waiting -= 1
            elif key.data.receive() is not None:
                result.reads += 1
                waiting -= 1
                idle.append(key.data)
    result.seconds = perf_counter() - begun
    for one in list(selector.get_map().values()):
        one.fileobj.close()  # type: ignore[union-attr]
    selector.close()
    return result


def _readers(port: int, number: int, selector: selectors.BaseSelector) -> Iterator[_Connection]:
    for _ in range(number):
        one = _Connection(port)
        selector.register(one.socket, selectors.EVENT_READ, one)
        yield one
