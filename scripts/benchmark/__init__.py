"""Measures hashzip against programs that do the same work: `python -m scripts.benchmark`.

Figures of two machines, or of two days, say little. A ratio does: both programs work on the same
input in the same run, in turn, as whole processes.
"""
