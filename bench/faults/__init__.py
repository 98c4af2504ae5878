"""Proof that nothing is lost: a client that remembers what was acknowledged, against things that go wrong.

`python -m bench.faults` runs many rounds; `tests/long/test_nothing_is_lost.py` runs the same in small.
"""
