"""One file per kind of sheet that a learner sees."""
