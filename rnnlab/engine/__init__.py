"""The engine: trains in the background on Dask workers, watches them, stops them, and recovers by itself.

By default a cluster of local processes that lives and dies with this one; with ``RNNLAB_SCHEDULER`` set to the
address of a Dask scheduler, that cluster. Nothing here imports Keras: only the workers do.
"""

from rnnlab.engine.engine import Engine, EngineState
from rnnlab.engine.runs import Run, RunLane, TextLane, TextRun

__all__ = ["Engine", "EngineState", "Run", "RunLane", "TextLane", "TextRun"]
