"""The Softmax sheet: from logits to their loss on one screen."""
