"""The rules: who may ask what, and how it is answered. Pure; knows no socket and no fault."""
