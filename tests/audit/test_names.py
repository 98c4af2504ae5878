"""Every action that the product writes has a name on the page of the log, and a group of its filter."""

import ast
from dataclasses import dataclass, field
from pathlib import Path

from checkin.audit.forms import GROUPS
from checkin.audit.names import ACTION_NAMES, FINDING_NAMES, HOW_NAMES
from checkin.audit.unusual import ACTIONS, KINDS, ROWS, TAKEN, WANTED, WORKED
from checkin.rights.models import IDENTITY_WAYS

PRODUCT = Path(__file__).resolve().parents[2] / "checkin"


@dataclass
class Source:
    """The functions of the product, and where each is called, by name."""

    functions: dict[str, list[ast.FunctionDef]] = field(default_factory=dict)
    calls: dict[str, list[tuple[ast.Call, ast.FunctionDef | None]]] = field(default_factory=dict)

    @classmethod
    def read(cls, texts):
        found = cls()
        for module, text in enumerate(texts):
            tree = ast.parse(text)
            # What begins with an underscore is of its own module alone.
            for node in ast.walk(tree):
                for attribute in ("name", "id", "attr"):
                    name = getattr(node, attribute, None)
                    if isinstance(name, str) and name.startswith("_"):
                        setattr(node, attribute, f"{name}@{module}")
            found._walk(tree, None)
        return found

    def _walk(self, node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                self.functions.setdefault(child.name, []).append(child)
            if isinstance(child, ast.Call):
                called = child.func.attr if isinstance(child.func, ast.Attribute) else getattr(child.func, "id", "")
                self.calls.setdefault(called, []).append((child, inside))
                # A function that is handed on with what it is to be called with.
                for one in child.args:
                    handed = getattr(one, "attr", getattr(one, "id", ""))
                    if handed:
                        self.calls.setdefault(handed, []).append((ast.Call(one, [], child.keywords), inside))
            self._walk(child, child if isinstance(child, ast.FunctionDef) else inside)

    def written(self):
        """Actions as they are written; one whose end is known only when it runs ends in '*'."""
        found = set()
        for name, functions in self.functions.items():
            for function in functions:
                if any(one.arg == "action" for one in _parameters(function)):
                    for call, inside in self.calls.get(name, []):
                        found |= self._argument(call, function, "action", inside, ())
        return {action for action in found if action != "*"}

    def _argument(self, call, function, name, inside, seen):
        parameters = [one.arg for one in _parameters(function)]
        given = next((word.value for word in call.keywords if word.arg == name), None)
        position = parameters.index(name)
        if given is None and position < len(call.args) and not any(a.arg == name for a in function.args.kwonlyargs):
            given = call.args[position]
        if given is None:
            defaults = dict(zip(parameters[::-1], function.args.defaults[::-1], strict=False))
            given = defaults.get(name) if not any(a.arg == name for a in function.args.kwonlyargs) else None
        return {"*"} if given is None else self._values(given, inside, seen)

    def _values(self, node, inside, seen):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return {node.value}
        if isinstance(node, ast.IfExp):
            return self._values(node.body, inside, seen) | self._values(node.orelse, inside, seen)
        if isinstance(node, ast.JoinedStr):
            found = {""}
            for part in node.values:
                value = part.value if isinstance(part, ast.FormattedValue) else part
                found = {
                    before if before.endswith("*") else before + after
                    for before in found
                    for after in self._values(value, inside, seen)
                }
            return found
        if inside is not None and isinstance(node, ast.Name):
            for one in ast.walk(inside):
                if isinstance(one, ast.Assign) and any(getattr(t, "id", "") == node.id for t in one.targets):
                    return self._values(one.value, inside, seen)
        here = inside is not None and isinstance(node, ast.Name) and (inside.name, node.id)
        if here and here not in seen and any(one.arg == node.id for one in _parameters(inside)):
            found = set()
            for call, outside in self.calls.get(inside.name, []):
                found |= self._argument(call, inside, node.id, outside, (*seen, here))
            return found or {"*"}
        return {"*"}


def _parameters(function):
    return [*function.args.args, *function.args.kwonlyargs]


def product():
    return Source.read(path.read_text(encoding="utf-8") for path in sorted(PRODUCT.rglob("*.py")))


WRITTEN = product().written()


def named(action):
    return any(one.startswith(action[:-1]) for one in ACTION_NAMES) if action.endswith("*") else action in ACTION_NAMES


def in_group(action):
    words = [word for _, group in GROUPS.values() for word in group]
    return any(action.rstrip("*").rstrip(".") == word or action.startswith(f"{word}.") for word in words)


def test_the_reading_of_the_source_finds_what_is_said_in_each_way():
    found = Source.read(
        [
            'def _record(session, what, **more):\n    audit.record(session, action=f"request.{what}", **more)\n'
            'def opened(session, *, what: str = "read"):\n    _record(session, what)\n'
            'def close(ground):\n    _record(session, "refuse" if ground else "answer")\n'
            'def ask(kind):\n    audit.record(s, action=f"lookup.{kind.name}")\n    step(log, action="keys.retire")\n',
            "def record(session, *, action):\n    pass\ndef log(session, *, action):\n    pass\n"
            'service.opened(s, what="copy")\nopened(s, what="read")\n',
        ]
    ).written()
    assert found == {
        "request.read", "request.copy", "request.refuse", "request.answer", "lookup.*", "keys.retire",
    }  # fmt: skip


def test_most_actions_are_known_before_anything_runs():
    assert len(WRITTEN) > 50
    assert {"case.open", "request.delete", "approval.refuse", "sign_out", "station.read", "refused"} <= WRITTEN


def test_every_action_that_is_written_has_a_name_on_the_page():
    assert {action for action in WRITTEN if not named(action)} == set()


def test_every_action_that_is_written_is_in_a_group_of_the_filter():
    assert {action for action in WRITTEN if not in_group(action)} == set()


def test_every_name_is_of_an_action_that_somebody_writes():
    def written(action):
        return any(action == one or one.endswith("*") and action.startswith(one[:-1]) for one in WRITTEN)

    assert {action for action in ACTION_NAMES if not written(action)} == set()


def test_the_rules_of_unusual_use_look_at_actions_that_there_are():
    for words in (ACTIONS, ROWS, TAKEN, WORKED, WANTED):
        for word in words:
            assert word in ACTION_NAMES or any(name.startswith(f"{word}.") for name in ACTION_NAMES), word


def test_every_kind_of_finding_and_every_way_of_identification_has_words():
    assert set(FINDING_NAMES) == set(KINDS)
    assert set(HOW_NAMES) == set(IDENTITY_WAYS)
