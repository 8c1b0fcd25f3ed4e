"""The staff reader's weights as one ONNX file: written from torch, and read back to train on from there.

The graph is written by hand, node for node of `StaffNet`, because the initialisers then carry torch's own names and no
checkpoint beside the file is needed. Matrices are kept in half precision (half the repository's weight; the logits
hardly move) and cast when the session is made, once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from media_pipeline.nets.staff_reader import HEIGHT
from media_pipeline.training.omr.net import CHANNELS, DILATIONS, FEATURES, KERNELS, REACH, STRIDES, StaffNet

OPSET = 20  # the first with Gelu
NEW_TOKEN_BIAS = -9.0  # a token the weights have not learned is never the likeliest
_PROTOTYPE = {"conv": "eye", "proj": "column", "blk": "blocks", "out.0": "norm", "out.1": "head"}
_PROTOTYPE_BLOCK = {"dw": "near", "n": "norm", "a": "wide", "b": "back"}


def save(net: StaffNet, vocabulary: Sequence[str], version: str, path: Path) -> None:
    """Write the net as nets/staff_reader.py runs it. Evaluation mode: batch norm by its running means."""
    graph = _Graph({name: value.detach().float().cpu().numpy() for name, value in net.state_dict().items()})
    flow = "staff"
    for layer, (stride, kernel) in enumerate(zip(STRIDES, KERNELS, strict=True)):
        inputs = [flow, graph.matrix(f"eye.{3 * layer}.weight")]
        flow = graph.add("Conv", inputs, strides=list(stride), pads=[kernel // 2] * 4)
        norm = f"eye.{3 * layer + 1}"
        means = [graph.vector(f"{norm}.{name}") for name in ("weight", "bias", "running_mean", "running_var")]
        flow = graph.add("BatchNormalization", [flow, *means], epsilon=1e-5)
        flow = graph.add("Relu", [flow])
    flow = graph.add("Transpose", [flow], perm=[0, 3, 1, 2])
    flow = graph.add("Reshape", [flow, graph.constant("column_shape", np.array([0, 0, CHANNELS[-1] * (HEIGHT // 16)]))])
    flow = graph.add("Relu", [graph.linear(flow, "column")])
    for block, dilation in enumerate(DILATIONS):
        name = f"blocks.{block}"
        turned = graph.add("Transpose", [flow], perm=[0, 2, 1])
        inputs = [turned, graph.matrix(f"{name}.near.weight"), graph.vector(f"{name}.near.bias")]
        reach = dilation * (REACH // 2)
        near = graph.add("Conv", inputs, dilations=[dilation], pads=[reach, reach], group=FEATURES)
        seen = graph.norm(graph.add("Transpose", [near], perm=[0, 2, 1]), f"{name}.norm")
        wide = graph.add("Gelu", [graph.linear(seen, f"{name}.wide")])
        flow = graph.add("Add", [flow, graph.linear(wide, f"{name}.back")])
    opened = [graph.linear(flow, "open"), graph.constant("frame_shape", np.array([0, -1, FEATURES]))]
    graph.linear(graph.norm(graph.add("Reshape", opened), "norm"), "head", out="tokens")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "staff_reader",
            [helper.make_tensor_value_info("staff", TensorProto.FLOAT, [1, 1, HEIGHT, "width"])],
            [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, "frames", len(vocabulary)])],
            graph.initialisers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=9,
        producer_name="copyist",
    )
    helper.set_model_props(model, {"vocabulary": json.dumps(list(vocabulary)), "version": version})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def load(path: Path, vocabulary: Sequence[str]) -> StaffNet:
    """A net with the weights of an ONNX file of ours; tokens the file does not know start unlearned."""
    model = onnx.load(str(path))
    facts = {fact.key: fact.value for fact in model.metadata_props}
    values = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)).float() for tensor in model.graph.initializer}
    return _fill(values, json.loads(facts["vocabulary"]), vocabulary)


def mean(files: Sequence[Path], shares: Sequence[float], vocabulary: Sequence[str]) -> StaffNet:
    """The mean of trainings that one came from another: it often knows what either does ("Model soups", Wortsman et al.
    2022). shares: of each file, summing to 1."""
    nets = [load(path, vocabulary) for path in files]
    states = [net.state_dict() for net in nets]
    for name, values in states[0].items():
        if values.dtype.is_floating_point:
            parts = (share * state[name] for share, state in zip(shares, states, strict=True))
            states[0][name] = torch.stack(list(parts)).sum(dim=0)
    nets[0].load_state_dict(states[0])
    return nets[0]


def from_prototype(path: Path, vocabulary: Sequence[str]) -> StaffNet:
    """A net with the weights of the prototype's checkpoint (lab/omr/v2.pt), its tokens called by our names."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    values = {_our_name(name): value for name, value in kept["m"].items()}
    return _fill(values, [_our_token(token) for token in kept["vocab"]], vocabulary)


def _fill(values: dict[str, torch.Tensor], known: Sequence[str], vocabulary: Sequence[str]) -> StaffNet:
    net = StaffNet(len(vocabulary))
    state = net.state_dict()
    place = {token: row for row, token in enumerate(known)}
    for name, value in state.items():
        if name.startswith("head."):
            value.fill_(0.0 if name.endswith("weight") else NEW_TOKEN_BIAS)
            for row, token in enumerate(vocabulary):
                if token in place:
                    value[row] = values[name][place[token]]
        elif name in values:  # num_batches_tracked is not in the file and not needed
            value.copy_(values[name])
        elif not name.endswith("num_batches_tracked") and not name.startswith("open."):  # version 1 had none
            raise ValueError(f"the weights lack {name}")
    net.load_state_dict(state)
    return net.eval()


def _our_name(name: str) -> str:
    for theirs, ours in _PROTOTYPE.items():
        if name.startswith(theirs + "."):
            rest = name[len(theirs) :].split(".")
            if ours == "eye" and len(rest) > 3:  # all but the first convolution are nested: 3.0 is our 3, 4.1 our 7
                rest[1:3] = [str(3 * (int(rest[1]) - 2) + int(rest[2]))]
            if ours == "blocks":
                rest[2] = _PROTOTYPE_BLOCK[rest[2]]
            return ours + ".".join(rest)
    raise ValueError(f"no place for {name}")


def _our_token(token: str) -> str:
    if token == "key.nat":
        return "key.0"
    if token.startswith("time.") and token[5:].isdigit():
        figures = token[5:]
        unit = "16" if figures.endswith("16") and len(figures) > 2 else figures[-1]
        return f"time.{figures[: -len(unit)]}/{unit}"
    return token


class _Graph:
    """Nodes and initialisers in the order they are added."""

    def __init__(self, values: dict[str, NDArray[Any]]) -> None:
        self._values = values
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], out: str = "", **attributes: Any) -> str:
        out = out or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self._values[name].astype(np.float32))

    def matrix(self, name: str) -> str:
        return self.add("Cast", [self.constant(name, self._values[name].astype(np.float16))], to=TensorProto.FLOAT)

    def linear(self, flow: str, name: str, out: str = "") -> str:
        turned = self.add("Transpose", [self.matrix(f"{name}.weight")], perm=[1, 0])
        product = self.add("MatMul", [flow, turned])
        return self.add("Add", [product, self.vector(f"{name}.bias")], out)

    def norm(self, flow: str, name: str) -> str:
        inputs = [flow, self.vector(f"{name}.weight"), self.vector(f"{name}.bias")]
        return self.add("LayerNormalization", inputs, axis=-1, epsilon=1e-5)


def main() -> None:
    import argparse

    from media_pipeline.omr.tokens import vocabulary

    arguments = argparse.ArgumentParser(description="The mean of networks' weights.")
    arguments.add_argument("files", type=Path, nargs="+")
    arguments.add_argument("--shares", type=float, nargs="+", required=True)
    arguments.add_argument("--version", required=True)
    arguments.add_argument("--out", type=Path, required=True)
    asked = arguments.parse_args()
    if len(asked.shares) != len(asked.files) or abs(sum(asked.shares) - 1) > 1e-6:
        arguments.error("there must be a share for each file, and all of them must sum to 1")
    save(mean(asked.files, asked.shares, vocabulary()), vocabulary(), asked.version, asked.out)


if __name__ == "__main__":
    main()
