"""Rasa's import leaves nothing behind: no stand-in, no telemetry, no name in another library."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import threadpoolctl
from conftest import CACHE, ROOT, environment

from bot.rasa_runtime import MissingDependencyError
from bot.rasa_runtime.stand_ins import ABSENT, stand_ins

ONCE = """
import importlib.util, json, os, pathlib, sys, threading
import packaging.version
from bot.rasa_runtime import MissingDependencyError, load_rasa
from bot.rasa_runtime import stand_ins

failures = []

def load():
    try:
        load_rasa()
        import rasa.core.agent
    except BaseException as error:
        failures.append(repr(error))

threads = [threading.Thread(target=load) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
before = sys.modules["rasa.core.agent"]
load_rasa()

facts = {"failures": failures, "same": before is sys.modules["rasa.core.agent"]}
facts["left"] = sorted(n for n, m in sys.modules.items() if type(m).__module__ == stand_ins.__name__)
facts["finders"] = [repr(f) for f in sys.meta_path if type(f).__module__ == stand_ins.__name__]
facts["specs"] = sorted(n for n in ("tensorflow", "keras", "transformers", "slack_sdk") if importlib.util.find_spec(n))
try:
    import tensorflow
    facts["tensorflow"] = "imported"
except ModuleNotFoundError as error:
    facts["tensorflow"] = error.name
facts["legacy_version"] = hasattr(packaging.version, "LegacyVersion")

from rasa.core.channels.slack import SlackBot
try:
    SlackBot("token")
    facts["slack"] = "made"
except MissingDependencyError as error:
    facts["slack"] = str(error)

import colorhash
facts["colorhash"] = colorhash.MARK

import rasa.telemetry
facts["telemetry"] = [os.environ["RASA_TELEMETRY_ENABLED"], rasa.telemetry.is_telemetry_enabled()]

import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
pyplot.plot([1, 2, 3])
picture = pathlib.Path.home() / "drawn.png"
pyplot.savefig(picture)
facts["drawn"] = picture.stat().st_size
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def facts(home: Path) -> dict[str, Any]:
    """What a fresh process sees after six threads loaded Rasa at once, with a real package of a name in ABSENT."""
    packages = home / "packages"
    (packages / "colorhash").mkdir(parents=True)
    (packages / "colorhash" / "__init__.py").write_text("MARK = 'real'\nclass ColorHash: pass\n")
    where = {"HOME": str(home), "PYTHONPATH": str(packages), "MPLCONFIGDIR": str(CACHE / "matplotlib")}
    variables = environment(home, **where)
    variables["RASA_TELEMETRY_ENABLED"] = "true"
    done = subprocess.run(
        [sys.executable, "-c", ONCE], capture_output=True, text=True, cwd=ROOT, env=variables, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_several_threads_may_load_at_once_and_again(facts: dict[str, Any]) -> None:
    assert facts["failures"] == []
    assert facts["same"]


def test_no_stand_in_is_left_where_other_libraries_look(facts: dict[str, Any]) -> None:
    assert facts["left"] == []
    assert facts["finders"] == []
    assert facts["specs"] == []


def test_tensorflow_is_missing_like_any_package_that_is_not_installed(facts: dict[str, Any]) -> None:
    assert facts["tensorflow"] == "tensorflow"


def test_the_name_lent_to_packaging_is_taken_back(facts: dict[str, Any]) -> None:
    """Other libraries probe for `LegacyVersion` to tell an old packaging from a new one."""
    assert not facts["legacy_version"]


def test_using_what_is_not_installed_says_so(facts: dict[str, Any]) -> None:
    """Rasa's Slack channel imports, and making one names the package that is missing."""
    assert facts["slack"].startswith("This part of Rasa needs the package 'slack_sdk' (slack_sdk.")
    assert facts["slack"].endswith("Use the components named in the project's config.yml instead.")


def test_an_installed_package_wins(facts: dict[str, Any]) -> None:
    assert facts["colorhash"] == "real"


def test_matplotlib_draws(facts: dict[str, Any]) -> None:
    """It recursed without end over a stand-in for TensorFlow; `rasa test nlu` draws."""
    assert facts["drawn"] > 1000


def test_no_telemetry_whatever_the_environment_says(facts: dict[str, Any], home: Path) -> None:
    assert facts["telemetry"] == ["false", False]
    assert [path for path in home.rglob("*") if "rasa" in path.name] == []


# --- the stand-ins themselves, in this process; nothing they leave would survive a test --------------------------------


@pytest.fixture(autouse=True)
def nothing_left() -> Any:
    modules, finders = set(sys.modules), list(sys.meta_path)
    yield
    assert finders == sys.meta_path
    assert not {name.partition(".")[0] for name in set(sys.modules) - modules} & ABSENT


def test_module_level_uses_that_rasa_makes_of_a_name() -> None:
    with stand_ins():
        import tensorflow as tf
        from tensorflow.keras.callbacks import Callback

        class Derived(Callback):
            """Base class."""

        @tf.function
        def decorated(value: tf.Tensor | None, other: list[tf.Tensor[int]]) -> int:
            return 7

        assert tf.function(autograph=True) is not None
        assert list(tf.errors) == []
    assert decorated(None, []) == 7
    with pytest.raises(MissingDependencyError, match="'tensorflow'"):
        tf.constant([1.0])
    with pytest.raises(ImportError) as caught:
        tf.keras.layers.Dense(3)
    assert caught.value.name == "tensorflow"


def test_it_can_stand_in_an_except_clause() -> None:
    with stand_ins():
        from redis.exceptions import ConnectionError as RedisError
    caught = None
    try:
        raise KeyError("other")
    except RedisError:
        caught = "stand-in"
    except KeyError:
        caught = "its own"
    assert caught == "its own"


def test_only_the_outermost_exit_cleans_up() -> None:
    with stand_ins():
        with stand_ins():
            import keras
        assert sys.modules["keras"] is keras
        assert importlib.util.find_spec("tensorflow_text") is not None
    assert importlib.util.find_spec("keras") is None


def test_an_error_inside_leaves_nothing() -> None:
    def fails() -> None:
        with stand_ins():
            importlib.import_module("pymongo.errors")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert importlib.util.find_spec("pymongo") is None


def test_other_missing_packages_stay_missing() -> None:
    with stand_ins(), pytest.raises(ModuleNotFoundError):
        importlib.import_module("surely_not_installed")


def test_a_real_package_wins_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mitie.py").write_text("MARK = 'real'\n")
    monkeypatch.syspath_prepend(tmp_path)
    with stand_ins():
        found = importlib.import_module("mitie")
    assert ("real", found) == (found.MARK, sys.modules["mitie"])
    del sys.modules["mitie"]


def test_linear_algebra_uses_one_thread() -> None:
    """Two threads wait for each other on a busy machine: scoring a pack took 46 s of CPU where it takes 4."""
    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    assert {pool["num_threads"] for pool in pools} == {1}
