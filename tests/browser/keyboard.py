"""A person who has a keyboard only: what the focus stands on, and whether they see it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

FOCUSED = "document.activeElement"
MENU = "DisclosureTriangleGrouped"
"""The role that Chromium gives a menu of the header, one of which is open at a time."""
SEEN = """function () {
  const parts = [...this.getClientRects()].map((part) => ({
    left: Math.max(part.left, 0), right: Math.min(part.right, innerWidth),
    top: Math.max(part.top, 0), bottom: Math.min(part.bottom, innerHeight),
  })).filter((part) => part.right > part.left && part.bottom > part.top);
  if (!parts.length) return "outside the window";
  const { left, right, top, bottom } = parts[0];
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  if (!this.contains(hit)) return `covered by ${hit?.outerHTML.slice(0, 80)}`;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(this);
  const ring = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
  return ring || boxShadow !== "none" ? "" : "without a focus indicator";
}"""
"""Return why the focus on an element is not seen, "" if it is."""


@dataclass(frozen=True)
class Stop:
    """An element with the focus, by the role and the name that assistive technology gets."""

    role: str
    name: str

    def __str__(self) -> str:
        return f"{self.role} “{self.name}”"


@dataclass
class Keyboard:
    """Keys only; every stop of the Tab key must be seen."""

    page: Page
    presses: int = 0  # without typed texts
    passed: list[Stop] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tools = self.page.context.new_cdp_session(self.page)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.presses += 1
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab_to(self, name: str, *, role: str = "", back: bool = False, most: int = 40) -> None:
        """Press Tab (back: with Shift) until the focus stands on an element of that name."""
        self.passed = []
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            stop = self.look()
            if stop.name.startswith(name) and role in {"", stop.role}:
                return
            self.passed.append(stop)
        raise AssertionError(f"{most} Tabs did not reach {name!r}: {[*map(str, self.passed)]}")

    def look(self) -> Stop:
        """Return the element with the focus; it must be seen, unless it is the page itself."""
        found = self._ask("Runtime.evaluate", expression=FOCUSED)["result"]
        seen = self._ask(
            "Runtime.callFunctionOn",
            objectId=found["objectId"],
            functionDeclaration=SEEN,
            returnByValue=True,
        )
        tree = self._ask(
            "Accessibility.getPartialAXTree", objectId=found["objectId"], fetchRelatives=False
        )
        node = tree["nodes"][0]
        stop = Stop(*(str(node.get(part, {}).get("value", "")) for part in ("role", "name")))
        trouble = seen["result"]["value"]
        if found.get("className") != "HTMLBodyElement":
            assert not trouble, f"{stop} is {trouble}, after {[*map(str, self.passed)]}"
        return stop

    def enter(self, heading: str) -> None:
        """Press Enter and wait for the page with this main heading."""
        self.press("Enter")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    def open_page(self, menu: str, name: str, heading: str) -> None:
        """Go from the queue's list back to the menus and open one of their pages."""
        self.tab_to(menu, role=MENU, back=True)
        self.press("Enter")
        self.tab_to(name)
        self.enter(heading)

    def skip(self) -> None:
        """Skip the header of a page that was just opened."""
        self.tab_to("Skip to content", most=1)
        self.press("Enter")

    def choose(self, *keys: str) -> None:
        """Press keys in a list or a group and check that the focus is still seen."""
        self.press(*keys)
        self.look()

    def _ask(self, method: str, **about: Any) -> dict[str, Any]:
        return dict(self._tools.send(method, about))
