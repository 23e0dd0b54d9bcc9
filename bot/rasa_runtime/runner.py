"""Running the prediction graph node after node."""

from __future__ import annotations

from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class InOrderRunner:
    """Runs the nodes of a loaded graph in the order in which they need each other.

    Rasa hands every run to dask, which works the order out anew: a fifth of the time of a parse here, measured.
    The nodes are Rasa's own; only who calls them is changed.
    """

    def __init__(self, runner: DaskGraphRunner) -> None:
        """Take over the nodes of a runner."""
        self._nodes = runner._instantiated_nodes
        self._schema = runner._graph_schema
        self._orders: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Run what the targets need.

        Args:
            inputs: values by the names that nodes refer to.
            targets: names of nodes; default the graph's own targets.

        Returns:
            Results by target.
        """
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        done: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._orders[wanted]:
            # A node that misses an input says which: it gets the name alone, as from dask.
            done[name] = self._nodes[name](*(done.get(need, need) for need in needs))
        return {name: done[name][1] for name in wanted}

    def _order(self, wanted: tuple[str, ...]) -> list[tuple[str, list[str]]]:
        nodes = self._schema.minimal_graph_schema(list(wanted)).nodes
        order: list[tuple[str, list[str]]] = []
        placed: set[str] = set()

        def place(name: str) -> None:
            if name in placed or name not in nodes:
                return
            placed.add(name)
            needs = list(nodes[name].needs.values())
            for need in needs:
                place(need)
            order.append((name, needs))

        for name in nodes:
            place(name)
        return order
