"""Is a JSON file a quiz or a key, and if not, where and why not? The schema is in ``quiz.schema.json``."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema

from rnnlab.texts import _, ngettext

#: A ``jsonschema`` error; what it holds depends on the rule that was broken.
Broken = Any
LARGEST = 5_000_000
_WHAT = {"quiz": _("a quiz"), "key": _("a key")}
_SCHEMA = Path(__file__).with_name("quiz.schema.json")


def bounded(text: str) -> str:
    """The text, if a file may be as long.

    Raises:
        ValueError: it is longer.
    """
    size = len(text.encode())
    if size > LARGEST:
        raise ValueError(
            ngettext(
                "{size:,} byte is too many for a quiz or a key: at most {most:,}",
                "{size:,} bytes are too many for a quiz or a key: at most {most:,}",
                size,
            ).format(size=size, most=LARGEST)
        )
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
            raise ValueError(
                _("{place} must be text without control characters, not {value!a}").format(
                    place=place, value=value[:40]
                )
            )
    return data


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(
            _("line {line}, column {column}: not JSON, {reason}").format(
                line=error.lineno, column=error.colno, reason=error.msg.lower()
            )
        ) from None
    except RecursionError:
        raise ValueError(_("not {what}: brackets in brackets without end").format(what=_WHAT[name])) from None
    if not isinstance(data, dict) or data.get("format") != f"rnnlab {name}":
        raise ValueError(
            _("not {what}: it should begin with {start}").format(
                what=_WHAT[name], start=f'{{"format": "rnnlab {name}", "version": 1, …'
            )
        )
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(
            _("{name!r} is there twice in one object").format(
                name=next(name for name in names if names.count(name) > 1)[:40]
            )
        )
    return found


def _no_constant(word: str) -> None:
    raise ValueError(_("{word} is not a number that a quiz may have").format(word=word))


def _place(path: Iterable[str | int]) -> str:
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" if re.fullmatch(r"\w+", step) else f"[{step[:40]!r}]"
        for step in path
    )
    return text.removeprefix(".")


def _strings(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every text in it with its place, the names of fields too."""
    if isinstance(value, str):
        yield place or _("it"), value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield _("a name in {place}").format(place=place or _("it")), name
            yield from _strings(inner, f"{place}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings(inner, f"{place}[{index}]")


_TYPES = {
    "object": _("an object {…}"),
    "array": _("a list […]"),
    "string": _("text in quotation marks"),
    "integer": _("a whole number"),
    "boolean": _("true or false"),
    "null": "null",
}


def _range(_error: Broken, schema: dict[str, Any]) -> str:
    return _("a whole number from {low:,} to {high:,}").format(low=schema["minimum"], high=schema["maximum"])


def _length(_error: Broken, schema: dict[str, Any]) -> str:
    return _("text of {low:,} to {high:,} characters").format(low=schema.get("minLength", 0), high=schema["maxLength"])


def _items(_error: Broken, schema: dict[str, Any]) -> str:
    return _("a list of {low} to {high} questions").format(low=schema.get("minItems", 0), high=schema["maxItems"])


def _type(error: Broken, schema: dict[str, Any]) -> str:
    types = [error.validator_value] if isinstance(error.validator_value, str) else list(error.validator_value)
    first = _range(error, schema) if "integer" in types and "minimum" in schema else _TYPES[types[0]]
    return _(" or ").join([first, *(_TYPES[name] for name in types[1:])])


#: What would have been allowed, by the rule of the schema that was broken.
_ALLOWED: dict[str, Callable[[Broken, dict[str, Any]], str]] = {
    "type": _type,
    "enum": lambda error, _schema: _("one of {choices}").format(choices=", ".join(error.validator_value)),
    "const": lambda error, _schema: json.dumps(error.validator_value),
    "minimum": _range,
    "maximum": _range,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _items,
    "maxItems": _items,
    "pattern": lambda _error, _schema: _("1 to 40 letters a to z, digits, dots, dashes or underscores"),
}


def _sentence(error: Broken) -> str:
    place = _place(error.absolute_path)
    schema: Any = error.schema
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return _("{place} must have {missing!r}").format(place=place or _("it"), missing=missing)
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in schema["properties"])
        return _("{place} must not have {name!r}; known are {known}").format(
            place=place or _("it"), name=unknown[:40], known=", ".join(schema["properties"])
        )
    allowed = _ALLOWED[str(error.validator)](error, schema)
    shown = json.dumps(error.instance, ensure_ascii=True)
    return _("{place} must be {allowed}, not {shown}").format(
        place=place or _("it"), allowed=allowed, shown=shown if len(shown) <= 40 else shown[:40] + "…"
    )
