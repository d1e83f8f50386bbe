"""What a slot of the Lens shows, as it is told by the tables: numbers, each with its meaning."""

EMPTY, LIST, WINDOW, MADE, COMPANION, FIRST, BOX, PRODUCTS, BETWEEN, LOSSES, FOLLOWED = range(11)
"""What a slot shows in large numbers: nothing; the numbers that are read; those around the one number that is read,
around the one that is made, around the one whose gradient is made, or around the tensor's first one; one number in a
box, with its gradient below; the products of the open group; what stands between what is read and what comes out; the
losses before and after a step; the weight that the story follows."""
FRAME = ("anchor", "row", "column", "height", "width")
"""What is framed in the picture of a slot: a rectangle, from an element that is read: its line, or one of these."""
OF_MADE, OF_COMPANION, OF_ALONE, OF_FIRST, FACTOR = -1, -2, -3, -4, 100_000
"""The element that is made, the one whose gradient it is, the one that is added, the tensor's first; and what is added
to a line's number where its factor is meant."""
MOST_LOSSES = 3
"""The bars of losses: before a step, after it, and after one at ten times the rate."""
SHOWN_BARS = 13
"""Of more sums of groups, those around the one that is open are drawn."""
SLOPES = "slope here"
"""What stands above factors that are no tensor's."""
SLOPES_NUMBER = -1
"""What stands for them in the place of a tensor's number."""
