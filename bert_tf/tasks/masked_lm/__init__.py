"""What a pre-trained model says of a text: masked words, likely pairs."""
