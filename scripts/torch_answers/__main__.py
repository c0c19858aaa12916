"""Write tests/golden/torch_*.json: what torch answers to fixed questions, so that most tests need no torch.

::

    python -m scripts.torch_answers

All weights are random, so that no permutation of gates hides. tests/test_torch_answers.py asks the torch that is
installed the same questions again, so that the files can't go stale.
"""

from scripts.torch_answers.files import FILES, as_text

if __name__ == "__main__":
    for path, answers in FILES.items():
        path.write_text(as_text(answers()), encoding="utf-8", newline="\n")
