"""Weight clustering: each layer's weights take a few values only."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.model import Fitness
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Family, ModelStep, Need
from tflite_ui.core.training import TrainingContext, epochs, learning_rate
from tflite_ui.keras_graph.fold import fold_batch_norm
from tflite_ui.techniques._layers import SomeLayersParams, chosen, judged
from tflite_ui.training.batch_norm import reestimate
from tflite_ui.training.fit import Task, fit
from tflite_ui.training.objective import objective

CENTROIDS = {
    "linear": "LINEAR",
    "random": "RANDOM",
    "density": "DENSITY_BASED",
    "kmeans": "KMEANS_PLUS_PLUS",
}


class ClusteringParams(SomeLayersParams):
    """Settings of clustering."""

    epochs: int = epochs(2)
    learning_rate: float = learning_rate(3e-4)
    clusters: int = Field(
        16,
        ge=2,
        le=256,
        title="Clusters",
        description="How many different values each layer's weights may take.",
        json_schema_extra={"search": [64, 48, 32, 24, 16, 12, 8, 6]},
    )
    init: Literal["linear", "random", "density", "kmeans"] = Field(
        "kmeans",
        title="First centres",
        description="How the values are chosen before training moves them; kmeans begins as k-means++ does.",
        json_schema_extra={"advanced": True},
    )


class Clustering(ModelStep):
    """Shares weights within each layer (Han et al., 2016, https://arxiv.org/abs/1510.00149)."""

    key: ClassVar[str] = "clustering"
    title: ClassVar[str] = "Weight clustering"
    summary: ClassVar[str] = "Each layer keeps a few different values: the file compresses far better."
    price: ClassVar[str] = "Trains a little; the file shrinks only under gzip, and gets no faster."
    family: ClassVar[Family] = "clustering"
    order: ClassVar[int] = 40
    needs: ClassVar[frozenset[Need]] = frozenset({"keras_graph"})
    Params: ClassVar[type[Settings]] = ClusteringParams

    @override
    def fitness(self, model: Any) -> Fitness:
        """In part when some layers with weights can't be clustered."""
        cannot = "no layer has weights that can be clustered."
        return judged(model, _can_cluster, cannot, "keep all their values")

    @override
    def apply(self, model: Any, params: Settings, context: TrainingContext) -> Any:
        """Cluster, train the centres, take the wrappers off; raises ConversionFailed or DataMismatch.

        Batch normalisations are folded first, or the converter would fold them afterwards and give each
        channel values of its own.
        """
        from tensorflow_model_optimization.clustering import keras as clustering

        assert isinstance(params, ClusteringParams)
        data = context.training_set()
        wrapped = _wrapped(fold_batch_norm(model), params, sparse="pruning" in context.before)
        fit(Task(self.key, wrapped, objective(model, data, params), data, params), context)
        bare = clustering.strip_clustering(wrapped)
        reestimate(bare, data.inputs)
        return bare

    @override
    def claims(self, params: Settings, before: FileFacts, after: FileFacts) -> tuple[Check, ...]:
        """The different values in the file's largest weight tensor."""
        assert isinstance(params, ClusteringParams)
        found = after.unique_weights
        if found is None or params.layers:
            return ()
        detail = f"{found:,} different values in the largest tensor, at most {params.clusters} asked"
        return (Check(name="Clusters", passed=found <= params.clusters, detail=detail),)


def _wrapped(model: Any, params: ClusteringParams, sparse: bool) -> Any:
    """``model`` with the toolkit's wrapper around each layer that it clusters; zeros stay when ``sparse``."""
    import tf_keras
    from tensorflow_model_optimization.clustering.keras import CentroidInitialization
    from tensorflow_model_optimization.python.core.clustering.keras.experimental import cluster

    settings: dict[str, Any] = {
        "number_of_clusters": params.clusters,
        "cluster_centroids_init": getattr(CentroidInitialization, CENTROIDS[params.init]),
        "preserve_sparsity": sparse,
    }

    names = chosen(model, params.layers, _can_cluster)

    def wrap(layer: Any) -> Any:
        return cluster.cluster_weights(layer, **settings) if layer.name in names else layer

    return tf_keras.models.clone_model(model, clone_function=wrap)


def _can_cluster(layer: Any) -> bool:
    """Whether the toolkit clusters a layer: a kind it knows, with a kernel."""
    from tensorflow_model_optimization.python.core.clustering.keras import clustering_registry

    known = clustering_registry.ClusteringRegistry._LAYERS_WEIGHTS_MAP
    return bool(known.get(type(layer)) and layer.trainable_weights)
