"""The web server's side loads neither TensorFlow nor Keras, so that pages appear at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKER_SIDE = {
    f"rnnlab.{name}"
    for name in ("backend", "compiled", "models", "recurrence", "stream_step", "stream_training", "training")
}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "rnnlab").rglob("*.py")
)
HEAVY = {"tensorflow", "keras", "streamlit", "distributed", "pandas", "altair", "sklearn"}
LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def packages_loaded_by(*modules):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *modules], capture_output=True, encoding="utf-8", check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_whole_server_side_loads_neither_tensorflow_nor_keras_nor_scikit_learn():
    server_side = [name for name in MODULES if name not in WORKER_SIDE]
    assert {"rnnlab.engine", "rnnlab.ui.live", "rnnlab.cli", "rnnlab.links", "rnnlab.tasks"} <= set(server_side)
    loaded = packages_loaded_by(*server_side)
    assert {"rnnlab", "streamlit", "distributed"} <= loaded
    assert not loaded & {"tensorflow", "keras", "sklearn"}


def test_the_library_below_the_pages_loads_no_streamlit():
    below = [name for name in MODULES if name not in WORKER_SIDE and not name.startswith("rnnlab.ui")]
    assert "streamlit" not in packages_loaded_by(*below)


@pytest.mark.parametrize(
    "module", ["rnnlab.plan", "rnnlab.counting", "rnnlab.drawing", "rnnlab.tasks", "rnnlab.links", "rnnlab.export"]
)
def test_what_only_counts_loads_nothing_heavy(module):
    assert not packages_loaded_by(module) & HEAVY
