"""What a trained net remembers, who wrote it there, why it said so, and what would have been."""
