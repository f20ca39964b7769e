"""What may be asked. Pure: no socket, no file of answers, no clock, no pandas."""
