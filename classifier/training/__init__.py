"""Rows -> a model version. Start at `produce.py`; `loop.py` is the training itself."""
