"""The kit that comes with the exercise: checks, and working classes for the notebooks that build on
earlier ones."""
