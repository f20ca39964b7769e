"""Keys: a type that never shows them, where they are found and kept, and what signs with them."""
