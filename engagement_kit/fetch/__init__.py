"""Getting answers: the only room with a socket."""
