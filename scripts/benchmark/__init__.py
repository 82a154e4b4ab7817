"""Measure hashzip against programs that do the same work: `python -m scripts.benchmark`.

Figures from two machines, or from two days, are hard to compare, but ratios are not: in each run,
both programs work on the same input in turn, as whole processes.
"""
