"""What a class gets, whoever judges: whose each file is, what it got, and its pages, copies and tables."""
