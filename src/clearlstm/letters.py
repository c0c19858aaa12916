"""Text as letters for a net that guesses the next one: its alphabet, its score, its writing, and what its units follow.

After Karpathy, Johnson & Li (2015), "Visualizing and understanding recurrent networks". The net itself is
:func:`clearlstm.examples.letters_net`; :data:`ALPHABET` is its own.
"""

from collections.abc import Callable
from itertools import accumulate, pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray

ALPHABET: Final = "\n !\"',-.:;?[]" + ascii_uppercase + ascii_lowercase
"""The letters that the net reads and writes, A = 65; spaces, line ends and signs are letters too."""

_CODES: Final = {letter: code for code, letter in enumerate(ALPHABET)}
_READ_AS: Final = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "--", "\t": " ", "\r": None})
_IN_A_NAME: Final = frozenset(ascii_uppercase + " '-")


def known(text: str) -> str:
    """The text in letters of the alphabet: curly quotes and dashes become plain ones, what is left is left out.

    >>> known("“No”, 3 — or so?")
    '"No",  -- or so?'
    """
    return "".join(letter for letter in text.translate(_READ_AS) if letter in _CODES)


def codes(text: str) -> npt.NDArray[np.int64]:
    """The number of each letter in the alphabet, (T,). Raises InputError for one that isn't in it."""
    foreign = sorted(set(text) - set(ALPHABET))
    if foreign:
        raise InputError(
            f"text holds {', '.join(map(repr, foreign[:5]))}, which the net's alphabet of {len(ALPHABET)} letters "
            "doesn't: pass it through letters.known first"
        )
    return np.array([_CODES[letter] for letter in text], dtype=np.int64)


def one_hot(text: str) -> npt.NDArray[np.float64]:
    """The text as the net reads it, (1, T, A): 1 at the letter of each step, 0 elsewhere."""
    return np.eye(len(ALPHABET))[codes(text)][None]


def chances(model: Network, text: str) -> FloatArray:
    """After each letter, what the net thinks comes next, (T, A): the softmax of its answers; each row sums to 1."""
    y = model(one_hot(text))[0].astype(np.float64)
    return softmax(y)


def softmax(y: FloatArray, temperature: float = 1.0) -> FloatArray:
    """exp(y / temperature) over the last axis, scaled to the sum 1."""
    shifted = (y - y.max(axis=-1, keepdims=True)) / temperature
    e = np.exp(shifted)
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def bits(model: Network, text: str) -> float:
    """Bits a letter: the mean of −log2 of the chance that the net gave to the letter that came; less is better.

    The first letter isn't guessed. A guess among 65 equal chances has 6.02 bits.
    """
    came = codes(text)[1:]
    if not len(came):
        raise InputError(f"text has {len(text)} letters; at least 2 are needed, one to read and one to guess")
    given = chances(model, text)[np.arange(len(came)), came]
    return float(-np.log2(given).mean())


def write(model: Network, text: str, count: int, *, temperature: float = 1.0, seed: int = 0) -> str:
    """What the net writes after ``text``: ``count`` letters, each drawn from the chances after all before it.

    ``temperature`` below 1 makes likely letters likelier, above 1 all more equal.
    """
    if not text:
        raise InputError("text is empty; the net needs at least one letter to go on from")
    if not temperature > 0:
        raise InputError(f"temperature is {temperature!r}; it must be above 0, and 1 leaves the chances as they are")
    rng = np.random.default_rng(seed)
    trace = model.trace(one_hot(text))
    y, state = trace.y[:, -1], trace.state
    written = ""
    for _ in range(count):
        written += ALPHABET[_drawn(softmax(y[0].astype(np.float64), temperature), rng.random())]
        y, state = model.step(one_hot(written[-1])[0], state)
    return written


def _drawn(chance: FloatArray, u: float) -> int:
    """The first letter at which the summed chances exceed u in 0 … 1."""
    first = int(np.searchsorted(np.cumsum(chance), u, side="right"))
    return min(first, len(chance) - 1)


def _since(ends: str) -> Callable[[str], list[int]]:
    """Count the letters since one of ``ends``, which itself counts 0; at the start, since the text began."""
    return lambda text: list(accumulate(text, lambda count, x: 0 if x in ends else count + 1, initial=0))[1:]


def _place_in_word(text: str) -> list[int]:
    """1 at a word's first letter, 2 at its second; 0 between words. An apostrophe belongs to the word."""
    return list(accumulate(text, lambda count, x: count + 1 if x.isalpha() or x == "'" else 0, initial=0))[1:]


def _in_name(text: str) -> list[int]:
    """1 in the capitals that begin a speech, which is what follows an empty line, up to the first other letter."""
    inside = []
    still = True
    for before, letter in pairwise("\n" + text):
        still = before == "\n" if letter == "\n" else still and letter in _IN_A_NAME
        inside.append(int(still and letter != "\n"))
    return inside


def _in_brackets(text: str) -> list[int]:
    """1 from a [ on, 0 from the next ] on."""
    return list(accumulate(text, lambda inside, x: int(x == "[" or (inside and x != "]")), initial=0))[1:]


FEATURES: Final[dict[str, Callable[[str], list[int]]]] = {
    "place in the line": _since("\n"),
    "place in the word": _place_in_word,
    "letters since , . ; : ! or ?": _since(",.;:!?"),
    "letters since . ! or ?": _since(".!?"),
    "in a speaker's name": _in_name,
    "in a stage direction": _in_brackets,
    "capital letter": lambda text: [int(letter.isupper()) for letter in text],
    "vowel": lambda text: [int(letter in "aeiouAEIOU") for letter in text],
}
"""What a unit may follow: of a text, a number for each of its letters. None looks ahead."""


def following(model: Network, text: str, part: Literal["c", "h"] = "c") -> dict[str, FloatArray]:
    """How well each unit follows each of :data:`FEATURES` over a text: Pearson's correlation, −1 … 1, by name (H,).

    ``part`` is the memory that is compared: the long-term one c or the short-term one h. What doesn't vary follows
    nothing: 0. With many units, a few hundred letters show chance as well as a job: take thousands.
    """
    values = getattr(model.trace(one_hot(text)).layer(0), part)[0].astype(np.float64)
    return {name: _correlation(values, np.array(of(text), dtype=np.float64)) for name, of in FEATURES.items()}


def _correlation(values: FloatArray, feature: FloatArray) -> FloatArray:
    """Of each column of values (T, H) with feature (T,)."""
    a, b = values - values.mean(axis=0), feature - feature.mean()
    size = np.sqrt((a * a).sum(axis=0) * (b * b).sum())
    return np.asarray(np.divide(b @ a, size, out=np.zeros_like(size), where=size > 0))
