"""Searches for the smallest edit that corrects a wrong formula."""
