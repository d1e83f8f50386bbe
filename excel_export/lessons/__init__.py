"""The lessons: small networks with questions about their workbooks."""
