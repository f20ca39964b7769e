"""Pictures, one file for each kind; the front door is `insight.plot`."""
