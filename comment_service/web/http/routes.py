"""URL rules of the service."""

from collections.abc import Callable

from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """A URL rule that prepares the building of its URLs when the first one is built.

    Werkzeug compiles two functions for every rule at once, which is nearly all of the time that
    creating an app takes; most rules build no URL before a process ends.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Build:
        compiled: list[Build] = []

        def build(rule: "LazyRule", **values: object) -> tuple[str, str]:
            if not compiled:
                compiled.append(super(LazyRule, self)._compile_builder(append_unknown))
            return compiled[0](rule, **values)

        return build
