"""What was answered: raw Answers as files, and what they cover. No socket, no pandas."""
