"""The desk: joins asking and tables for a person. It alone starts the emulator."""
