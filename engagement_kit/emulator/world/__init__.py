"""The truth: accounts, tweets and counts from a seed. Knows no rule of the API and no request."""
