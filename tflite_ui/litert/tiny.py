"""The smallest .tflite there is, to find out what a runtime does with any file at all."""

from __future__ import annotations


def tiny() -> bytes:
    """One RELU on float32 [1, 4], its ports called ``x`` and ``y``."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str) -> schema.TensorT:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), [1, 4], schema.TensorType.FLOAT32, 0
        return made

    relu, code = schema.OperatorT(), schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RELU
    relu.opcodeIndex, relu.inputs, relu.outputs = 0, [0], [1]
    graph, model = schema.SubGraphT(), schema.ModelT()
    graph.tensors, graph.operators = [tensor("x"), tensor("y")], [relu]
    graph.inputs, graph.outputs = [0], [1]
    model.version, model.operatorCodes = 3, [code]
    model.subgraphs, model.buffers = [graph], [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
