"""Builders: each is a module that knows one kind of function, with three verbs.

`recipe` and `inputs` answer at plan time, from the standard library alone: what decides the bytes
beside the sources. `stage` runs at build time: it fills an empty folder with what is packed beside
the sources, and may run programs.
"""
