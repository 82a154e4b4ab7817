"""Run hashzip straight from a checkout: `python3 build ARGUMENTS`, with nothing installed.

Any Python reads this file, so it is written in what Python 2 and Python 3 have in common.
"""

import gc
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.dont_write_bytecode = True  # Python 2 would write it here
        import newer_python

        newer_python.restart()

    # A run is short and makes many objects but few cycles: collecting them takes a tenth of it.
    gc.disable()

    def install(package):
        # type: (str) -> None
        """Run hashzip again where a missing package is installed, if possible."""
        import private_environment  # noqa: PLC0415 - only where a package is missing

        private_environment.restart(package)

    if sys.argv[1:2] == ["invoke"]:  # a plan need not load it
        from hashzip import start

        start.run(install)

    from hashzip import cli

    cli.run(install)
