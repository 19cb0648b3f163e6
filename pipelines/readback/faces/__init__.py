"""Faces: how figures, charts, listings and reports look. They render what was decided and decide nothing."""
