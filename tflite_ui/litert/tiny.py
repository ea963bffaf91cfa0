"""The smallest .tflite there is, to find out what a runtime does with any file at all."""

from __future__ import annotations


def tiny(kind: str = "RELU") -> bytes:
    """One operator of ``kind`` on float32 [1, 4], its ports called ``x`` and ``y``."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str) -> schema.TensorT:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), [1, 4], schema.TensorType.FLOAT32, 0
        return made

    operator, code = schema.OperatorT(), schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, kind)
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    graph, model = schema.SubGraphT(), schema.ModelT()
    graph.tensors, graph.operators = [tensor("x"), tensor("y")], [operator]
    graph.inputs, graph.outputs = [0], [1]
    model.version, model.operatorCodes = 3, [code]
    model.subgraphs, model.buffers = [graph], [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
