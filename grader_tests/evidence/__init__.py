"""Commands that measure what is claimed, and the pages that they write."""
