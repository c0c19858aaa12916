"""Make the bundled net of letters, the text it is tried on, and what was measured of it.

Run from the root of a clone: ``pip install --no-deps --group letters`` and then ``python -m scripts.letters_net``. The
training takes some 10 minutes on two cores and gives the same net to the bit; counting takes two more.
"""

import gzip
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from clearlstm import letters
from clearlstm.network import storage
from clearlstm.network.model import Network
from scripts.letters_net.counts import bits_by_counts, counted
from scripts.letters_net.plays import EXCERPT, Plays, plays
from scripts.letters_net.training import STEPS, trained

FOLDER: Final = Path(__file__).parents[2] / "src" / "clearlstm" / "data" / "bundled"
LOOKING_BACK: Final = 6
EVERY: Final = 1000


def measured(model: Network, texts: Plays) -> dict[str, Any]:
    """Bits a letter of the net and of counting, on the held-out play and on its bundled part; what its units follow."""
    tables = counted(texts.train, LOOKING_BACK)
    return {
        "plays": texts.n_plays,
        "letters": len(texts.train),
        "held_out_letters": len(texts.held_out),
        "bits": {
            name: {
                "net": round(letters.bits(model, text), 3),
                "by_counts": [round(bits, 3) for bits in bits_by_counts(tables, text)],
            }
            for name, text in (("held_out", texts.held_out), ("excerpt", texts.held_out[EXCERPT]))
        },
        "following": {
            part: {
                name: values.round(2).tolist()
                for name, values in letters.following(model, texts.held_out, part).items()
            }
            for part in ("c", "h")
        },
    }


def write(model: Network, texts: Plays) -> None:
    """The three files, the same to the byte for the same net and texts."""
    halves = {name: values.astype(np.float16) for name, values in model.parameters.items()}
    storage.write_tensors(FOLDER / "letters_net.safetensors", halves, storage.description_of(model))
    text = gzip.compress(texts.held_out[EXCERPT].encode(), compresslevel=9, mtime=0)
    (FOLDER / "letters.txt.gz").write_bytes(text)
    (FOLDER / "letters.json").write_text(json.dumps(measured(model, texts)) + "\n", "utf-8", newline="\n")


def tell(step: int, loss: float) -> None:
    """One line now and then."""
    if step % EVERY == 0:
        print(f"step {step} of {STEPS}: {loss / np.log(2):.2f} bits a letter", flush=True)


if __name__ == "__main__":
    texts = plays()
    print(f"{texts.n_plays} plays, {len(texts.train)} letters", flush=True)
    write(trained(texts.train, on_step=tell), texts)
    for name in ("letters_net.safetensors", "letters.txt.gz", "letters.json"):
        print(f"{name}: {(FOLDER / name).stat().st_size} bytes")
