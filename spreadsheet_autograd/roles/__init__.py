"""What cells are, told by derivatives: gradients of which cell, or of which loss where none has a cell."""
