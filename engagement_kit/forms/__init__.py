"""What a person clicks. Core ipywidgets, over a model that knows none; no rule of the API."""
