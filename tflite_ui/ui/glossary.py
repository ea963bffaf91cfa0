"""What the words mean: every help text of the pages, said once."""

from __future__ import annotations

from typing import Final

HELP: Final[dict[str, str]] = {
    "model": (
        "The trained model that every variant is made from. It is stored on this machine and goes "
        "nowhere else."
    ),
    "data": (
        "Samples of what the model sees in use. They calibrate integer quantisation; with labels they "
        "also measure accuracy."
    ),
    "calibration": (
        "A few hundred samples that show which values occur inside the model, so that integers can be "
        "scaled to them."
    ),
    "parameters": "The numbers learnt in training (weights and biases), counted in the uploaded file.",
    "macs": "Multiply-accumulate operations for one sample: how much arithmetic one answer costs.",
    "technique": "One way to make the model smaller or faster.",
    "training": (
        "These steps change the weights by training a while. What they are converted to afterwards decides "
        "the numbers in the file."
    ),
    "endings": "Each step chosen above is tried once with each of these.",
    "combine": (
        "Steps can follow each other: distil, remove channels, prune, cluster, train for quantisation, "
        "convert. Each takes the settings of its card."
    ),
    "recipe": "As on the command line: steps joined by +, each a technique with its settings.",
    "curve": (
        "Loss and quality after each epoch, on the samples trained on and on those kept for validation. The "
        "feature distance, where features are taught, is 0 when samples are as alike in the student as in "
        "the teacher."
    ),
    "truth": (
        "Bold: how many times faster than the float file on the same target, or what there is instead. "
        "Below: how many operators were taken by what was asked for, as the runtime tells."
    ),
    "report": "Memory, cycles, a compiled file: what targets tell. An estimate is no measurement.",
    "fusion": (
        "Read from the file: the converter names each operator after the layers whose work it does. A "
        "batch-norm is folded when no operator is its own; an activation is fused when an operator applies "
        "it itself. Inputs aren't counted as layers."
    ),
    "prediction": (
        "Foretold from runs on this machine with the versions installed now: a target that took every "
        "operator of a file takes those, one that left or refused an operator by name doesn't. A run can "
        "still differ."
    ),
    "energy": (
        "A model after Horowitz (ISSCC 2014, 45 nm): energy of the multiply-accumulates by their numbers' "
        "width, and of one read of every weight. It ranks variants; it doesn't foretell a battery."
    ),
    "target": "A place where the file can run. Each chosen target times every variant.",
    "variant": "One technique with one setting, applied to your model: one .tflite file.",
    "baseline": "Your model as a plain float32 .tflite. Everything is compared with it.",
    "size": "The .tflite file's size. 1 KB is 1,000 bytes.",
    "gzip": "The size after gzip, as in an app package. Pruning and clustering show here.",
    "latency": "The time of one run with one sample: half of the timed runs took less than the median (p50).",
    "spread": "The middle 80 % of the timed runs: from the 10th to the 90th percentile.",
    "first": (
        "The very first run, with whatever the runtime sets up on the way. It is kept apart from the others."
    ),
    "accuracy": (
        "The share of labelled samples answered right (top-1). The range is the 95 % Wilson interval: "
        "what this many samples can tell."
    ),
    "agreement": "The share of samples where the variant's first choice is the original's.",
    "sqnr_db": (
        "Signal-to-quantisation-noise ratio of the outputs in decibels: higher is closer to the original."
    ),
    "drop": (
        "How far the quality may fall below the baseline's, by what can't be ruled out. Classes: percentage "
        "points of accuracy. Values: per cent by which the mean absolute error rises over the baseline's. "
        "Reconstructions: likewise of their error, or points of AUC. Masks: points of overlap (IoU). Without "
        "labels: answers, or outputs, that differ from the original's."
    ),
    "change": "The variant's less the baseline's on the same samples, in the unit of the quality.",
    "iou": (
        "Intersection over union of the masks, the mean over the samples: with the labels, or without them "
        "with the original's masks. The range is the 95 % interval of a paired bootstrap."
    ),
    "reconstruction": (
        "The mean squared error between what went in and what came out. The range is the 95 % interval of a "
        "paired bootstrap of the change to the baseline."
    ),
    "pareto": "A variant is on the Pareto front when no other is better in both measures at once.",
    "goals": "What you can bear at most. The recommendation keeps to it and says so when nothing does.",
    "try": (
        "One of the evaluation samples, or a row, a picture or a drawing of yours; pictures are brought to "
        "the model's size and the data's range of values."
    ),
    "paired": (
        "Both answer the same samples, so only those that one of them alone gets right tell them apart "
        "(McNemar's test, mid-p). Under p = 0.05 a difference is called real. Values, masks and "
        "reconstructions have a score for each sample: a paired bootstrap of 2,000 resamples gives the "
        "change's 95 % interval."
    ),
    "own_metric": (
        "Your Python file's score, run on each variant's outputs and on the original's. Where it gives one "
        "number a sample, this is their mean; a paired bootstrap of 2,000 resamples gives the 95 % intervals "
        "of the mean and of its change."
    ),
    "top5": "The share of labelled samples whose label is among the five first answers.",
    "macro_f1": "F1 of each class, averaged: every class counts alike, however few samples it has.",
    "mae": (
        "The mean absolute error against the labels, in their unit. The range is the 95 % interval of a "
        "paired bootstrap of the change to the baseline."
    ),
    "rmse": "The root of the mean squared error against the labels, in their unit.",
    "r2": "The share of the labels' variance that the answers explain; 1 is all of it.",
    "auc": (
        "How often a sample labelled 1 is reconstructed worse than one labelled 0: 0.5 is chance, 1 always."
    ),
    "arena": "The memory for activations, where a target tells of it (TFLite Micro, Ethos-U).",
    "minutes": "Advice that would take longer on this machine goes to the end.",
    "hardware": "Where the model is to run in the end. It decides what is advised, not where it is measured.",
    "search": (
        "When what is chosen below has been made, more recipes are tried for so long: conversions, then "
        "what promises most by all that was tried. The best of them are timed. From 400 evaluation samples "
        "on a third of them choose; the others, which the search never sees, have a say in what is "
        "recommended and give the quality shown."
    ),
    "tested": (
        "Whoever tries many recipes finds one that is good by luck. So each has to keep to the limit twice: "
        "on the samples that the search saw, by a margin that grows with the number of recipes, and on the "
        "others. The chance that any of them does so by luck alone is then 5 % at most."
    ),
    "next": "From the rules in docs/strategy.md, for the goals that are still missed. Nothing is promised.",
    "decide": "Moves the goals and asks again, among what has been measured; nothing runs.",
    "checks": (
        "What was verified about the file itself after it was written; nothing here is taken from its name."
    ),
    "delegated": "Nodes of the graph that the delegate took over, of all nodes, as the runtime reports it.",
    "noisy": (
        "The machine was busy with something else, or grew hot: the rounds of this benchmark differ by more "
        "than they should."
    ),
    "what_if": (
        "Changes one setting and adds the outcome to this study. What is already known is not computed again."
    ),
    "presets": "A preset sets the cards below; you can change them afterwards.",
    "bundle": "All files, study.json, the measurements as CSV, the charts and a report, as one zip.",
    "study": "One model, one data file and all variants made from them.",
    "peak_memory": "The most memory the runtime held beyond what was there before it opened the file.",
}
"""Help texts by term."""

FIX_LABELS: Final[dict[str, str]] = {
    "cast": "Convert the type",
    "scale": "Scale the values",
    "add_channel_axis": "Add a channel axis",
    "drop_channel_axis": "Drop the channel axis",
    "drop_bad": "Drop the bad samples",
    "drop_duplicates": "Drop the duplicates",
}
"""What the button of each data fix says."""

STATUS_WORDS: Final[dict[str, str]] = {
    "queued": "waiting",
    "running": "running",
    "finished": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
    "timed_out": "timed out",
    "lost": "worker lost",
}
"""Statuses in words."""

STATUS_ICONS: Final[dict[str, str]] = {
    "queued": ":material/schedule:",
    "running": ":material/progress_activity:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/cancel:",
    "timed_out": ":material/timer_off:",
    "lost": ":material/link_off:",
}
"""Statuses as icons; always beside the word."""
