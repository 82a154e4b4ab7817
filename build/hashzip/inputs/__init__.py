"""Find, read and hash the files that decide a package. Standard library only."""
