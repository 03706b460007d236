"""Rules build the same URLs as Werkzeug's, and prepare that only when one is built."""

from typing import Any
from unittest.mock import patch

from flask import Flask
from werkzeug.routing import Map, Rule

from comment_service.web.http.routes import LazyRule


def sample(rule: Rule) -> dict[str, Any]:
    """Return arguments for a rule: numbers fit every converter, as text where it is a path."""
    return dict.fromkeys(rule.arguments, 7) | {"more": "a b&c"}


def test_urls_are_those_of_werkzeug(lite: Flask) -> None:
    plain = Map(
        [
            Rule(one.rule, endpoint=one.endpoint, methods=one.methods, defaults=one.defaults)
            for one in lite.url_map.iter_rules()
        ],
        converters=lite.url_map.converters,
    ).bind("blog.example", "/below")
    ours = lite.url_map.bind("blog.example", "/below")
    rules = list(lite.url_map.iter_rules())
    assert sum(type(rule) is LazyRule for rule in rules) > 200
    for rule in rules:
        for unknown in (True, False):
            values = sample(rule)
            built = ours.build(rule.endpoint, values, append_unknown=unknown)
            assert built == plain.build(rule.endpoint, values, append_unknown=unknown)


def test_a_rule_compiles_nothing_before_its_first_url() -> None:
    with patch.object(Rule, "_compile_builder", autospec=True) as compiled:
        routes = Map([LazyRule("/a/<x>", endpoint="a"), LazyRule("/b", endpoint="b")])
        assert routes.bind("x").match("/b") == ("b", {})
        assert compiled.call_count == 0
        compiled.return_value = lambda _rule, **_values: ("", "/a/1")
        assert [routes.bind("x").build("a", {"x": 1}) for _ in range(3)] == ["/a/1"] * 3
        assert compiled.call_count == 1
