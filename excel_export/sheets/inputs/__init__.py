"""What a learner types into a yellow cell: what is allowed, and what is used instead of what is not."""
