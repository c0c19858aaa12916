"""What ``clearlstm gradients`` shows: its numbers, its pages, its picture."""
