"""Finds workbooks of different people that share unusual content."""
