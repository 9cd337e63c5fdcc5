"""The sample tasks: a registry from name to task.

A task says its story and the form of its model, makes its arrays, and reads predictions back.
"""

from __future__ import annotations

from rnnlab.tasks.text import OWN_TEXT, TEXT_LENGTH, TextTask, check_text
from rnnlab.texts import noted

_FIXED = (
    TextTask(
        "hihello",
        "hihello",
        noted("hihello"),
        noted(
            "Read “hihell” a letter at a time and say the next letter each time: “ihello”. After “h” comes once “i” and "
            "once “e”, after “l” once “l” and once “o”: without a memory nobody can be right everywhere."
        ),
        lecture_units=5,
    ),
    TextTask(
        "hello",
        "hello",
        noted("hello"),
        noted(
            "The smallest one: read “hell”, say “ello”. Only “l” needs a memory: it is followed once by “l”, once by “o”."
        ),
    ),
    TextTask(
        "long_sequence",
        " if you want you",
        noted("Long sequence"),
        noted(
            "“ if you want you”: sixteen characters, ten different ones. The lecture gives its LSTM one hidden unit for "
            "each of the ten."
        ),
        lecture_units=10,
    ),
)
_OWN_STORY = noted(
    "A text of your own: the model reads all characters but the last and says the next one each time. "
    "Try one in which the same letter is followed by different ones."
)

#: Tasks with a text of their own, by name, in the order in which they are offered.
FIXED_TASKS: dict[str, TextTask] = {task.name: task for task in _FIXED}
#: Every name that an experiment may have as its task.
TASK_NAMES: tuple[str, ...] = (*FIXED_TASKS, OWN_TEXT)


def task(name: str, text: str = "") -> TextTask:
    """The task of that name.

    Args:
        name: one of ``TASK_NAMES``.
        text: the person's text, for the task that has none of its own.

    Raises:
        ValueError: there is no such task, or the text is too short, too long or all one character.
    """
    if name == OWN_TEXT:
        return TextTask(OWN_TEXT, check_text(text), noted("Your own text"), _OWN_STORY)
    if name not in FIXED_TASKS:
        raise ValueError(f"task must be one of {', '.join(TASK_NAMES)}, not {name!r}")
    return FIXED_TASKS[name]


__all__ = ["FIXED_TASKS", "OWN_TEXT", "TASK_NAMES", "TEXT_LENGTH", "TextTask", "check_text", "task"]
