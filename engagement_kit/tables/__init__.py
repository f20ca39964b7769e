"""Answers to rows: the tidy table, its sums and its files. Never asks for anything."""
