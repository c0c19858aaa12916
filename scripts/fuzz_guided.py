"""Damage led by coverage: Atheris keeps what reaches new code and goes on from there. For a developer, by hand.

    pip install atheris
    python -m scripts.fuzz_guided table -max_total_time=600

The first argument is a kind of tests/fuzz/kinds.py; the others are libFuzzer's. It stops at the first raw error, with
the case in a file. Where HDF5 is in play it may hang, for which reason such files are read apart.
"""

import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

from tests.fuzz.kinds import KINDS, open_content


def main(kind: str) -> None:
    """Fuzz one kind until libFuzzer's limit, or the first raw error."""
    how = KINDS[kind]
    with tempfile.TemporaryDirectory() as name:
        folder, corpus = Path(name), Path(name, "corpus")
        corpus.mkdir()
        with atheris.instrument_imports(include=["clearlstm"]):  # most is imported where it is first used
            for number, whole in enumerate(how.whole()):
                (corpus / str(number)).write_bytes(whole)
                how.damage(np.random.default_rng(0), whole)
                open_content(kind, whole, folder)

        def mutated(content: bytes, _most: int, seed: int) -> bytes:
            try:
                return how.damage(np.random.default_rng(seed), content)
            except Exception:  # a structure that is broken already can't be damaged by its structure
                return bytes(atheris.Mutate(content, len(content) + 64))

        arguments = [sys.argv[0], str(corpus), *sys.argv[2:], "-max_len=1000000"]
        atheris.Setup(arguments, lambda content: open_content(kind, content, folder) and None, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1])
