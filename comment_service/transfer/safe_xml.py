"""Read XML piece by piece, with bounds on bytes, depth, attributes and the size of a value.

Expat's own protections (external entities, entity expansion) come from defusedxml; the bounds here
stop a small file from taking all memory.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.parsers.expat.errors import XML_ERROR_INVALID_TOKEN, codes

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from comment_service.transfer.archives import streams
from comment_service.transfer.records import BrokenFileError, Reading

MAX_DEPTH = 40
MAX_ATTRIBUTES = 200
MAX_VALUE = 5_000_000
"""Most characters in the text of one element."""
MAX_ELEMENT = 20_000
"""Most elements inside one record."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
"""Bytes that XML forbids, and that WordPress writes into its exports all the same."""
_INVALID_TOKEN = codes[XML_ERROR_INVALID_TOKEN]
_EMPTY = frozenset({"br", "hr", "img", "wbr"})
_NOT_ASCII = 0x80


@dataclass(frozen=True)
class Found:
    """A wanted element, its line, the element around it so far, and the namespaces by prefix."""

    element: Element
    line: int
    within: Element | None
    spaces: Mapping[str, str]


class _Bounded:
    """Expat's target: builds the wanted elements, drops the rest and enforces the bounds."""

    def __init__(
        self,
        wanted: frozenset[str],
        within: str,
        ignored: frozenset[str],
        texts: frozenset[str],
    ) -> None:
        self._wanted, self._within, self._ignored, self._texts = wanted, within, ignored, texts
        self.found: list[Found] = []
        self._stack: list[Element] = []  # the open elements of a record
        self._around: Element | None = None
        self._depth = self._around_depth = self._dropped_at = 0
        self._markup = 0  # open elements inside a text
        self._count = self._size = self._line = 0
        self._spaces: dict[str, str] = {}
        self.line: Callable[[], int] = lambda: 0

    def start_ns(self, prefix: str, uri: str) -> None:
        """Note a namespace."""
        if len(self._spaces) < MAX_ATTRIBUTES:
            self._spaces[prefix or ""] = uri or ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BrokenFileError(f"elements are nested deeper than {MAX_DEPTH}", self.line())
        if len(attributes) > MAX_ATTRIBUTES:
            raise BrokenFileError(f"more than {MAX_ATTRIBUTES} attributes", self.line())
        if self._dropped_at:
            return
        name = tag.rpartition("}")[2]
        if not self._stack:
            self._outermost(tag, name, attributes)
        elif local(self._stack[-1]) in self._texts:
            self._markup += 1
            written = "".join(f' {key}="{escape(text)}"' for key, text in attributes.items())
            self.data(f"<{name}{written}>")
        else:
            self._add(Element(tag, attributes))

    def _outermost(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        """Begin a record, the element around records, a child of that, or something unwanted."""
        if name in self._wanted:
            self._count, self._line = 0, self.line()
            self._stack.append(Element(tag, attributes))
            self._size = 0
        elif name == self._within and self._around is None:
            self._around, self._around_depth = Element(tag, attributes), self._depth
        elif self._around is not None:
            if name in self._ignored:
                self._dropped_at = self._depth
                return
            if len(self._around) > MAX_ELEMENT:
                raise BrokenFileError(f"<{self._within}> has too many elements", self.line())
            element = Element(tag, attributes)
            self._around.append(element)
            self._count = 0
            self._stack.append(element)
            self._size = 0

    def _add(self, element: Element) -> None:
        self._count += 1
        if self._count > MAX_ELEMENT:
            raise BrokenFileError(f"a record has more than {MAX_ELEMENT:,} elements", self.line())
        self._stack[-1].append(element)
        self._stack.append(element)
        self._size = 0

    def data(self, data: str) -> None:
        """Add text to the current element; text between its children does not matter."""
        if self._dropped_at or not self._stack or len(self._stack[-1]):
            return
        self._size += len(data)
        if self._size > MAX_VALUE:
            raise BrokenFileError(f"a value is longer than {MAX_VALUE:,} characters", self.line())
        self._stack[-1].text = (self._stack[-1].text or "") + data

    def end(self, tag: str) -> None:
        """End an element; a whole record is handed over and then forgotten."""
        self._depth -= 1
        if self._markup:
            self._markup -= 1
            name = tag.rpartition("}")[2]
            self.data("" if name in _EMPTY else f"</{name}>")
            return
        if self._dropped_at:
            if self._depth < self._dropped_at:
                self._dropped_at = 0
            return
        if self._stack:
            element = self._stack.pop()
            if not self._stack and local(element) in self._wanted:
                self.found.append(Found(element, self._line, self._around, self._spaces))
        elif self._around is not None and self._depth < self._around_depth:
            self.found.append(Found(self._around, self.line(), None, self._spaces))
            self._around = None

    def close(self) -> None:
        """End the document."""


def records(
    path: Path,
    reading: Reading,
    wanted: frozenset[str],
    *,
    within: str = "",
    ignored: frozenset[str] = frozenset(),
    texts: frozenset[str] = frozenset(),
) -> Iterator[Found]:
    """Yield the wanted elements, each whole, and then forget them.

    Args:
        path: an XML file, a gzip of one, or a zip of one or many.
        reading: gets the progress.
        wanted: local names of elements.
        within: local name of an element around them, whose other children matter too; it is
            yielded at its end.
        ignored: local names of its children that are dropped, because they can be large.
        texts: local names of elements that hold HTML; elements inside are part of their text.

    Raises:
        BrokenFileError: not well-formed, out of bounds, or with a forbidden declaration.
    """
    document = None
    for name, chunk in streams(path, reading, (".xml",)):
        if document is None:
            document = _Document(name, _Bounded(wanted, within, ignored, texts))
        yield from document.feed(chunk)
        if not chunk:
            document = None


class _Document:
    """Parse one XML file, fed in chunks."""

    def __init__(self, name: str, target: _Bounded) -> None:
        self._name, self._target = name, target
        self._parser = DefusedXMLParser(target=target, forbid_entities=True)
        self._started, self._is_utf_16, self._fed = False, False, 0
        target.line = lambda: int(self._parser.parser.CurrentLineNumber)

    def feed(self, chunk: bytes) -> Iterator[Found]:
        """Parse the next bytes, none at the end; yield the elements that were found.

        Raises:
            BrokenFileError: not well-formed, out of bounds, or with a forbidden declaration.
        """
        piece = chunk if self._started else _trimmed(chunk)
        if chunk and not piece:
            return
        within = f"{self._name}: " if self._name else ""
        if not self._started and not piece:
            raise BrokenFileError(f"{within}the file is empty")
        if not self._started:
            self._started, self._is_utf_16 = True, piece.startswith(_UTF_16)
        if not self._is_utf_16:
            piece = piece.translate(None, _CONTROLS)
        try:
            if chunk:
                self._parser.feed(piece)
            else:
                self._parser.close()
        except ParseError as error:
            line, column = error.position
            reason = f"{within}{self._reason(error, piece)} (column {column:,})"
            raise BrokenFileError(reason, line) from error
        except DefusedXmlException as error:
            raise BrokenFileError(f"{within}forbidden in XML: {type(error).__name__}") from error
        self._fed += len(piece)
        yield from self._target.found
        self._target.found.clear()

    def _reason(self, error: ParseError, piece: bytes) -> str:
        """Return what is wrong, for the owner of the file."""
        at = self._parser.parser.ErrorByteIndex - self._fed
        if not piece:
            return "the file is cut off: it ends too early"
        if not self._fed and not self._is_utf_16 and piece[:1].isascii() and piece[:1] != b"<":
            return f"not well-formed XML: it begins with “{piece[:1].decode()}”, not with “<”"
        if error.code == _INVALID_TOKEN and any(one >= _NOT_ASCII for one in piece[at : at + 1]):
            return (
                "not in the encoding that its first line names (UTF-8 if it names none); convert"
                " the file, or correct that line"
            )
        reason = str(error).partition(":")[0].removeprefix("not well-formed ").strip("()")
        return f"not well-formed XML: {reason}"


def _trimmed(chunk: bytes) -> bytes:
    """Return the beginning of a file without blanks, which XML forbids before its declaration."""
    return chunk.removeprefix(codecs.BOM_UTF8).lstrip()


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def value(element: Element, *path: str) -> str:
    """Return the text of a child, or of a child's child, by local names; "" if there is none."""
    current: Element | None = element
    for name in path:
        current = child(current, name) if current is not None else None
    return (current.text or "").strip() if current is not None else ""


def child(element: Element, name: str) -> Element | None:
    """Return the first child with a local name."""
    return next((one for one in element if local(one) == name), None)


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute by its local name, "" if it is missing."""
    if element is None:
        return ""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "").strip()
