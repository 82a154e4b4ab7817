"""What people who work on this repository run: `python -m scripts.NAME`, from its root."""
