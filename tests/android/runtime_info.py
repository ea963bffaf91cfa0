"""A model_runtime_info file as LiteRT's own class writes it, made from JSON on stdin to stdout.

A process of its own: TensorFlow registers the same messages, and two of them in one process are refused.
"""

from __future__ import annotations

import json
import sys

from ai_edge_litert import model_runtime_info_pb2


def main() -> None:
    names, delegates = json.load(sys.stdin)
    details = model_runtime_info_pb2.ModelRuntimeDetails(model_name="m")
    graph = details.subgraphs.add(subgraph_id=0, name="main", execution_plan=[9, 300])
    graph.edges.add(id=0, name="x", shape=[1, 4])
    for id, (name, by) in enumerate(names):
        node = graph.nodes.add(id=id, name=name, type="3", inputs=[0], outputs=[1])
        if by is not None:
            node.delegated_to_node_id = by
    for id, name in delegates:
        node = graph.nodes.add(id=id, name=name)
        node.delegate_node_details.delegate_name = name
        node.delegate_node_details.tflite_node_ids_replaced.extend([0, 1])
    details.subgraphs.add(subgraph_id=1).nodes.add(id=0, name="WHILE")
    sys.stdout.buffer.write(details.SerializeToString())


if __name__ == "__main__":
    main()
