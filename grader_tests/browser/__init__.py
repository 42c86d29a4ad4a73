"""Tests in Chromium, without a network."""
