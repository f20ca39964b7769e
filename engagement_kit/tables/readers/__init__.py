"""Bytes of an answer to columns of codes: a reader for anything, and two for what is regular."""
