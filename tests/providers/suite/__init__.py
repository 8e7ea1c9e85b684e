"""The provider conformance suite: what `tests/providers/run.py` runs. See the README beside it."""
