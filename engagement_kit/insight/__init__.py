"""Rows to understanding: frame in, frame or Axes out."""
