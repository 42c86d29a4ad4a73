"""Tests of what people read and get: the notebooks, the release, the kit, the pages."""
