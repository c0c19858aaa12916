"""The lab's drawings in a notebook: what ``show()`` gives. It takes the extra ``notebook``."""
