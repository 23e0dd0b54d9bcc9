"""Building the int8 ONNX model from the 4-bit weights, once per machine.

The graph begins behind the word embeddings, which stay in the 4-bit file and
are looked up row by row: a model of 21 MB instead of 120.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bot.understanding.encoder.weights import Weights

logger = logging.getLogger(__name__)

VERSION = 1
"""Raise it when the graph changes: what was built before is then built anew."""

_MODEL = f"e5-small-int8-v{VERSION}.onnx"


def model_path(directory: Path) -> Path:
    """Return where the built model of this version lies."""
    return directory / _MODEL


def verify(directory: Path) -> str | None:
    """Check what was built before.

    Returns:
        The model's SHA-256, or None when it is missing, damaged or of another version.
    """
    model = model_path(directory)
    manifest = model.with_suffix(".json")
    try:
        expected = json.loads(manifest.read_text())["sha256"]
        actual = hashlib.sha256(model.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError):
        return None
    return actual if actual == expected else None


def build(weights: Weights, directory: Path) -> str:
    """Write the quantised model and its checksum; several processes may try at once.

    Args:
        weights: the opened weights file.
        directory: where to put the model; made when missing.

    Returns:
        The SHA-256 of the model file.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logger.info("Building the sentence encoder (once) ...")
    directory.mkdir(parents=True, exist_ok=True)
    target = model_path(directory)
    with tempfile.TemporaryDirectory(dir=directory) as work:
        plain, packed = Path(work) / "plain.onnx", Path(work) / "int8.onnx"
        onnx.save(_graph(weights), plain)
        # The quantiser advises a pre-processing step that serves models with shape problems; ours has none.
        level = logging.root.level
        logging.root.setLevel(logging.ERROR)
        try:
            quantize_dynamic(
                plain,
                packed,
                per_channel=True,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul"],
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "MatMulConstBOnly": True},
            )
        finally:
            logging.root.setLevel(level)
        digest = hashlib.sha256(packed.read_bytes()).hexdigest()
        os.replace(packed, target)
        manifest = Path(work) / "manifest.json"
        manifest.write_text(json.dumps({"sha256": digest, "version": VERSION}))
        os.replace(manifest, target.with_suffix(".json"))
    return digest


def _graph(weights: Weights) -> Any:
    """Twelve post-LN BERT layers, mean pooling and L2 normalisation over one text.

    Input `embedded`: float32 (tokens, hidden), the sum of word, position and type embeddings before the first
    layer norm. Output `vector`: float32 (hidden,).
    """
    from onnx import TensorProto, helper, numpy_helper

    hidden, heads, feed_forward = weights.hidden, weights.heads, weights.feed_forward
    size = hidden // heads
    nodes, constants = [], []

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def node(operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def norm(value: str, prefix: str, output: str) -> str:
        inputs = [
            value,
            constant(f"{prefix}.w", weights.vector(f"{prefix}.w")),
            constant(f"{prefix}.b", weights.vector(f"{prefix}.b")),
        ]
        return node("LayerNormalization", inputs, output, axis=-1, epsilon=weights.epsilon)

    def linear(value: str, name: str, matrix: Any, bias: Any) -> str:
        product = node("MatMul", [value, constant(f"{name}.w", matrix.T)], f"{name}.product")
        return node("Add", [product, constant(f"{name}.b", bias)], f"{name}.out")

    split_shape = constant("split_shape", np.array([0, 3, heads, size], np.int64))
    merge_shape = constant("merge_shape", np.array([0, hidden], np.int64))
    first, second, third = (constant(f"index{i}", np.array(i, np.int64)) for i in range(3))
    state = norm("embedded", "emb.ln", "layer0")
    for layer in range(weights.layers):
        p = f"l{layer}"
        # The scale of the dot products is folded into the query weights.
        scale = np.float32(1 / np.sqrt(size))
        qkv = np.concatenate(
            [weights.matrix(f"{p}.q.w", hidden) * scale, *(weights.matrix(f"{p}.{n}.w", hidden) for n in "kv")]
        )
        bias = np.concatenate([weights.vector(f"{p}.q.b") * scale, *(weights.vector(f"{p}.{n}.b") for n in "kv")])
        joined = node("Reshape", [linear(state, f"{p}.qkv", qkv, bias), split_shape], f"{p}.split")
        by_head = node("Transpose", [joined], f"{p}.by_head", perm=[1, 2, 0, 3])
        query = node("Gather", [by_head, first], f"{p}.query", axis=0)
        key = node("Transpose", [node("Gather", [by_head, second], f"{p}.key", axis=0)], f"{p}.key_t", perm=[0, 2, 1])
        value = node("Gather", [by_head, third], f"{p}.value", axis=0)
        attention = node("Softmax", [node("MatMul", [query, key], f"{p}.scores")], f"{p}.attention", axis=-1)
        context = node(
            "Transpose", [node("MatMul", [attention, value], f"{p}.context")], f"{p}.context_t", perm=[1, 0, 2]
        )
        merged = node("Reshape", [context, merge_shape], f"{p}.merged")
        attended = linear(merged, f"{p}.ao", weights.matrix(f"{p}.ao.w", hidden), weights.vector(f"{p}.ao.b"))
        state = norm(node("Add", [state, attended], f"{p}.sum1"), f"{p}.aln", f"{p}.state1")
        inner = linear(state, f"{p}.fi", weights.matrix(f"{p}.fi.w", hidden), weights.vector(f"{p}.fi.b"))
        active = node("Gelu", [inner], f"{p}.gelu")
        outer = linear(active, f"{p}.fo", weights.matrix(f"{p}.fo.w", feed_forward), weights.vector(f"{p}.fo.b"))
        state = norm(node("Add", [state, outer], f"{p}.sum2"), f"{p}.oln", f"layer{layer + 1}")
    mean = node("ReduceMean", [state, constant("axis0", np.array([0], np.int64))], "mean", keepdims=0)
    node("LpNormalization", [mean], "vector", axis=0, p=2)
    graph = helper.make_graph(
        nodes,
        "e5-small",
        [helper.make_tensor_value_info("embedded", TensorProto.FLOAT, ["tokens", hidden])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [hidden])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 10
    return model
