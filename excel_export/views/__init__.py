"""What is shown of a network, whatever draws it: steps, what each is made of, and how a tensor becomes a picture."""
