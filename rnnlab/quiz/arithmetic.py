"""Numbers as people type them: "529,441", "5000*100 + 128·(100 + 128 + 1)". Read by a small parser, never evaluated."""

from __future__ import annotations

import re

from rnnlab.texts import _, ngettext

LONGEST = 200
LARGEST = 10**15

_TOKEN = re.compile(r"\s*(?:(\d{1,3}(?:,\d{3})+(?!\d)|\d+)|([-+*/()^]))")
_SAME = str.maketrans(
    {"×": "*", "·": "*", "∙": "*", "⋅": "*", "−": "-", "–": "-", "÷": "/", "（": "(", "）": ")", "，": ","}
)
_ALLOWED = _("a whole number such as 529,441, or arithmetic with + - * / and brackets")


def number(text: str) -> int:
    """The whole number that a text stands for.

    Args:
        text: digits, with or without thousands separators, or plain arithmetic of such numbers.

    Raises:
        ValueError: it is something else; the sentence says what was given and what is allowed.
    """
    if len(text) > LONGEST:
        raise ValueError(
            ngettext(
                "{n:,} character is too many: at most {most} for {allowed}",
                "{n:,} characters are too many: at most {most} for {allowed}",
                len(text),
            ).format(n=len(text), most=LONGEST, allowed=_ALLOWED)
        )
    reader = _Reader(_tokens(text), text)
    value = reader.sum()
    if reader.rest:
        raise ValueError(
            _("“{text}” cannot be read from “{token}” on: {allowed}").format(
                text=text.strip(), token=reader.rest[0], allowed=_ALLOWED
            )
        )
    return value


def _tokens(text: str) -> list[str]:
    plain, found, place = text.translate(_SAME).rstrip().removesuffix("=").rstrip(), list[str](), 0
    while place < len(plain):
        token = _TOKEN.match(plain, place)
        if token is None:
            raise ValueError(_("“{text}” is not {allowed}").format(text=text.strip(), allowed=_ALLOWED))
        found.append(token[1].replace(",", "") if token[1] else token[2])
        place = token.end()
    if not found:
        raise ValueError(_("nothing was typed: {allowed}").format(allowed=_ALLOWED))
    return found


class _Reader:
    """Recursive descent: a sum of products of factors. The length of the text bounds its depth."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.rest, self.text = tokens, text.strip()

    def sum(self) -> int:
        value = self.product()
        while self.rest and self.rest[0] in "+-":
            sign = 1 if self.rest.pop(0) == "+" else -1
            value = self._bounded(value + sign * self.product())
        return value

    def product(self) -> int:
        value = self.power()
        while self.rest and self.rest[0] in "*/(":
            if self.rest[0] == "(" or self.rest.pop(0) == "*":  # as on paper: 4(3 + 2)
                value = self._bounded(value * self.power())
            else:
                value = self._divided(value, self.power())
        return value

    def power(self) -> int:
        value = self.factor()
        if self.rest and self.rest[0] == "^":
            self.rest.pop(0)
            exponent = self.factor()
            if not 0 <= exponent <= 3:
                raise ValueError(
                    _("“{text}”: a power may be 0 to 3, not {exponent}").format(text=self.text, exponent=exponent)
                )
            value = self._bounded(value**exponent)
        return value

    def factor(self) -> int:
        token = self.rest.pop(0) if self.rest else ""
        if token.isdigit():
            return self._bounded(int(token))
        if token == "-":
            return -self.factor()
        if token == "(":
            value = self.sum()
            if not self.rest or self.rest.pop(0) != ")":
                raise ValueError(_("“{text}” opens a bracket that is not closed").format(text=self.text))
            return value
        raise ValueError(
            _("“{text}” ends, or has “{token}”, where a number should be: {allowed}").format(
                text=self.text, token=token, allowed=_ALLOWED
            )
        )

    def _divided(self, value: int, by: int) -> int:
        if by == 0 or value % by:
            raise ValueError(
                _("“{text}” divides {value:,} by {by:,}, which is not a whole number").format(
                    text=self.text, value=value, by=by
                )
            )
        return value // by

    def _bounded(self, value: int) -> int:
        if abs(value) > LARGEST:
            raise ValueError(_("“{text}” gets larger than {most:,}").format(text=self.text, most=LARGEST))
        return value
