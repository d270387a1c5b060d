"""Data sets of made characters: planned, made in parallel, resumed, described."""
