"""The classifier in the admin.

versions.py    how well each version reads, which one serves, trainings, what is judged on
examples.py    the dataset, and the words as they were sent for those who may see them
"""

from classifier.admin import examples, versions

__all__ = ["examples", "versions"]
