"""Handwritten digits: downloading, augmenting and batching."""
