"""The parts of the request form, from top to bottom. Each shows what was seen, and tells edits."""
