"""Lessons: small networks, each with questions about what its workbook shows."""
