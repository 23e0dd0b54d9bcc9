"""Rasa 3.6.21 on a current Python, without TensorFlow.

Import this package (or call `load_rasa()`) before importing anything from
`rasa`: it puts stand-ins in place while Rasa imports what is not installed and
takes them away again. Rasa's own files are never patched.
"""

from bot.rasa_runtime.stand_ins import MissingDependencyError
from bot.rasa_runtime.startup import load_rasa

__all__ = ["MissingDependencyError", "load_rasa"]
