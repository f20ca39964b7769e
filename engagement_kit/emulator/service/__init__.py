"""The carrier: order of checks, faults, control, sockets or none."""
