"""Import-time stand-ins for packages that Rasa imports eagerly and Guidepost does not install.

Rasa 3.6.21 imports TensorFlow, every channel's SDK and every broker's client at
module level, although the components that Guidepost uses never call them. While
`stand_ins()` is active, an import of one of `ABSENT` that no real package
satisfies yields an empty module whose attributes are inert classes: they can be
named in annotations, used as decorators and base classes, and nothing else.
Using one later raises `MissingDependencyError`.

On leaving the context the modules are taken out of `sys.modules`, because other
libraries probe for them: matplotlib looks for `tensorflow` in `sys.modules` and
recurses without end when it finds a stand-in (seen in `rasa test nlu`).
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

ABSENT = frozenset(
    {
        "tensorflow",
        "tensorflow_addons",
        "tensorflow_hub",
        "tensorflow_text",
        "keras",
        "socketio",
        "engineio",
        "pymongo",
        "aiogram",
        "slack_sdk",
        "twilio",
        "fbmessenger",
        "mattermostwrapper",
        "rocketchat_API",
        "webexteamssdk",
        "confluent_kafka",
        "kafka",
        "aio_pika",
        "aiormq",
        "redis",
        "sentry_sdk",
        "structlog_sentry",
        "google",
        "boto3",
        "botocore",
        "mitie",
        "transformers",
        "jieba",
        "pydot",
        "skops",
        "sklearn_crfsuite",
        "cachecontrol",
        "colorhash",
    }
)
"""Top-level packages that Rasa may find missing."""


class MissingDependencyError(ImportError):
    """A Rasa component used a package that Guidepost deliberately does not install."""

    def __init__(self, name: str) -> None:
        package = name.split(".")[0]
        super().__init__(
            f"This part of Rasa needs the package '{package}' ({name}), which Guidepost does not install: "
            "it runs Rasa without TensorFlow and without the SDKs of other channels. "
            "Use the components named in the project's config.yml instead.",
            name=package,
        )


class _Inert(type):
    """Metaclass of stand-in attributes: tolerates all that a module's top level does with a name."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _inert(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if not _state.importing:
            raise MissingDependencyError(cls.__qualname__)
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]  # used as a decorator: the decorated object stays as it is
        return cls

    def __getitem__(cls, item: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__

    def __iter__(cls) -> Iterator[Any]:
        return iter(())


def _inert(qualified_name: str) -> Any:
    # An exception class serves in `except` and `raise` clauses as well as in annotations.
    return _Inert(
        qualified_name.rsplit(".", 1)[-1], (Exception,), {"__qualname__": qualified_name, "__module__": __name__}
    )


class _SentryProcessor:
    """structlog processor that does nothing: Rasa puts it into every logging set-up."""

    def __init__(self, **_: Any) -> None:
        pass

    def __call__(self, _logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        return event


class _StandInModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if self.__name__ == "structlog_sentry":
            return _SentryProcessor
        value = _inert(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last in `sys.meta_path`: an installed package always wins."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in ABSENT:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class _State:
    importing = 0


_state = _State()
_finder = _Finder()


@contextmanager
def stand_ins() -> Iterator[None]:
    """Let imports of absent packages succeed with inert modules; leave no trace behind.

    May be nested. Only the outermost exit removes the stand-ins.
    """
    if _state.importing == 0:
        sys.meta_path.append(_finder)
    _state.importing += 1
    try:
        yield
    finally:
        _state.importing -= 1
        if _state.importing == 0:
            sys.meta_path.remove(_finder)
            for name in [name for name, module in sys.modules.items() if isinstance(module, _StandInModule)]:
                del sys.modules[name]
