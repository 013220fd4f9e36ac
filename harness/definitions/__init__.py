"""What a definition may say beyond NumPy: sums of products as their terms, and the gradient of what it computed."""
