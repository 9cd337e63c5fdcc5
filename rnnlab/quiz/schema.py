"""Is a JSON file a quiz or a key, and if not, where and why not? The schema is in ``quiz.schema.json``."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema

#: A ``jsonschema`` error; what it holds depends on the rule that was broken.
Broken = Any
LARGEST = 5_000_000
_SCHEMA = Path(__file__).with_name("quiz.schema.json")


def bounded(text: str) -> str:
    """The text, if a file may be as long.

    Raises:
        ValueError: it is longer.
    """
    size = len(text.encode())
    if size > LARGEST:
        raise ValueError(f"{size:,} bytes are too many for a quiz or a key: at most {LARGEST:,}")
    return text


@functools.cache
def _validator(name: str) -> Any:
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})


def read(text: str, name: str, unprintable: re.Pattern[str]) -> dict[str, Any]:
    """The JSON of a quiz or a key, as plain values.

    Args:
        text: the whole file.
        name: "quiz" or "key".
        unprintable: characters that no text in it may have.

    Raises:
        ValueError: it is something else; the sentence names the place.
    """
    data = _parsed(bounded(text), name)
    for error in _validator(name).iter_errors(data):
        raise ValueError(_sentence(error))
    for place, value in _strings(data, ""):
        if unprintable.search(value):
            raise ValueError(f"{place} must be text without control characters, not {value[:40]!a}")
    return data


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: not JSON, {error.msg.lower()}") from None
    except RecursionError:
        raise ValueError(f"not a {name}: brackets in brackets without end") from None
    if not isinstance(data, dict) or data.get("format") != f"rnnlab {name}":
        raise ValueError(f'not a {name}: it should begin with {{"format": "rnnlab {name}", "version": 1, …')
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)[:40]!r} is there twice in one object")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number that a quiz may have")


def _place(path: Iterable[str | int]) -> str:
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" if re.fullmatch(r"\w+", step) else f"[{step[:40]!r}]"
        for step in path
    )
    return text.removeprefix(".")


def _strings(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every text in it with its place, the names of fields too."""
    if isinstance(value, str):
        yield place or "it", value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"a name in {place or 'it'}", name
            yield from _strings(inner, f"{place}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings(inner, f"{place}[{index}]")


_TYPES = {
    "object": "an object {…}",
    "array": "a list […]",
    "string": "text in quotation marks",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def _range(_error: Broken, schema: dict[str, Any]) -> str:
    return f"a whole number from {schema['minimum']:,} to {schema['maximum']:,}"


def _length(_error: Broken, schema: dict[str, Any]) -> str:
    return f"text of {schema.get('minLength', 0):,} to {schema['maxLength']:,} characters"


def _items(_error: Broken, schema: dict[str, Any]) -> str:
    return f"a list of {schema.get('minItems', 0)} to {schema['maxItems']} questions"


def _type(error: Broken, schema: dict[str, Any]) -> str:
    types = [error.validator_value] if isinstance(error.validator_value, str) else list(error.validator_value)
    first = _range(error, schema) if "integer" in types and "minimum" in schema else _TYPES[types[0]]
    return " or ".join([first, *(_TYPES[name] for name in types[1:])])


#: What would have been allowed, by the rule of the schema that was broken.
_ALLOWED: dict[str, Callable[[Broken, dict[str, Any]], str]] = {
    "type": _type,
    "enum": lambda error, _schema: "one of " + ", ".join(error.validator_value),
    "const": lambda error, _schema: json.dumps(error.validator_value),
    "minimum": _range,
    "maximum": _range,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _items,
    "maxItems": _items,
    "pattern": lambda _error, _schema: "1 to 40 letters a to z, digits, dots, dashes or underscores",
}


def _sentence(error: Broken) -> str:
    place = _place(error.absolute_path)
    schema: Any = error.schema
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{place or 'it'} must have {missing!r}"
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in schema["properties"])
        return f"{place or 'it'} must not have {unknown[:40]!r}; known are {', '.join(schema['properties'])}"
    allowed = _ALLOWED[str(error.validator)](error, schema)
    shown = json.dumps(error.instance, ensure_ascii=True)
    return f"{place or 'it'} must be {allowed}, not {shown if len(shown) <= 40 else shown[:40] + '…'}"
