"""The emulator's own page: static files, and what serves them."""
