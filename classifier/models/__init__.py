"""The classifier's rows, one module per part of it.

versions.py    which versions exist and which one serves; trainings; what candidates are judged on
examples.py    the dataset: masked texts, where each came from, and the labels they settled on
"""

from classifier.models.examples import Example, ExampleLabel, ExampleSource, RawLook
from classifier.models.versions import JudgedRow, ModelVersion, Serving, TrainingRun

__all__ = [
    "Example",
    "ExampleLabel",
    "ExampleSource",
    "JudgedRow",
    "ModelVersion",
    "RawLook",
    "Serving",
    "TrainingRun",
]
