"""Keras's models in pickles (joblib's too): a call of Keras's with a ``.keras`` file as bytes, which are only read."""

import pickletools
from pathlib import Path
from typing import Final

from clearlstm.errors import ModelFileError

START: Final = b"\x80"
NAMES: Final = (b"deserialize_model_from_bytecode", b"_unpickle_model")
"""What of Keras's such a pickle would call first."""

LONGEST_START: Final = 512
MOST_STEPS: Final = 1000
ARCHIVE: Final = b"PK\x03\x04"
ADVICE: Final = "open it in Keras and save it by model.save('model.keras'), which opens here"


def is_pickled_keras(path: Path) -> bool:
    """Whether a file is a pickle that would begin by making a Keras model."""
    with open(path, "rb") as file:
        start = file.read(LONGEST_START)
    return start.startswith(START) and b"keras" in start and any(name in start for name in NAMES)


def keras_archive(path: Path) -> bytes:
    """The ``.keras`` file in such a pickle; of models that are kept otherwise, a :class:`ModelFileError`."""
    with open(path, "rb") as file:
        for count, (_, argument, _) in enumerate(pickletools.genops(file)):
            if isinstance(argument, bytes) and argument.startswith(ARCHIVE):
                return argument
            if count > MOST_STEPS:
                break
    raise ModelFileError(f"a Keras model, pickled, and not as a .keras file: {ADVICE}")
