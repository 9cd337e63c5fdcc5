"""The sample tasks: a registry from name to task.

Each module of this package that has ``TASKS`` adds its own; ``ORDER`` says where they stand. Adding a task is adding a file.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from typing import Any

from rnnlab.tasks.task import Task


def _collect() -> dict[str, Task]:
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    families = sorted((module for module in modules if hasattr(module, "TASKS")), key=lambda module: module.ORDER)
    return {task.name: task for module in families for task in module.TASKS}


#: Every task by its name, with its options as they are at first, in the order in which they are offered.
TASKS: dict[str, Task] = _collect()


def task(name: str, **options: Any) -> Task:
    """The task of that name, with these options instead of its first ones.

    Raises:
        ValueError: there is no such task, it has no such option, or a value is not allowed.
    """
    if name not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, not {name!r}")
    known = TASKS[name]
    if unknown := options.keys() - known.chosen().keys():
        raise ValueError(f"the task {name} has no option {min(unknown)}")
    return replace(known, **options)


__all__ = ["TASKS", "Task", "task"]
