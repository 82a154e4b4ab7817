"""Builders: a package each for Python, Rust and a command, which know one way to make a package.

The package itself is of plan time, and so of the standard library alone: what decides the bytes
beside the files, and, but for Python, which files these are (`consulted`). Its modules are of build
time, but for those that read locks and manifests. They install or make what is packed beside the
sources, or in place of them (`making`), and may run programs.
"""
