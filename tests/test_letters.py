"""The net of letters: what it reads and writes, how good it is beside counting, and the script that made it."""

import json
import math
from collections import Counter

import numpy as np
import pytest
from safetensors.numpy import load_file

from clearlstm import examples, kernels, letters
from clearlstm.data.bundled import letters_measured
from clearlstm.errors import InputError
from clearlstm.network.model import Network
from scripts.letters_net.__main__ import FOLDER
from scripts.letters_net.counts import bits_by_counts, counted
from scripts.letters_net.plays import EXCERPT, text_of
from scripts.letters_net.training import STRETCH, STRIDE, UNITS, Stretches, trained

SPEECH = "LADY B.\nIt's [Aside.\nX] so? No,\nand\n\nB O. Go.\n"
MEASURED = letters_measured()


@pytest.fixture(scope="module")
def net() -> Network:
    return examples.letters_net()


@pytest.fixture(scope="module")
def text() -> str:
    return examples.letters_text()


def test_the_bundled_files_are_small_and_what_they_are_said_to_be(net: Network, text: str) -> None:
    path = FOLDER / "letters_net.safetensors"
    assert path.stat().st_size < 300_000
    halves = load_file(path)
    assert {values.dtype.name for values in halves.values()} == {"float16"}
    assert net.dtype == np.float64
    for name, values in net.parameters.items():
        np.testing.assert_array_equal(values, halves[name].astype(np.float64), name)
    assert (net.input_size, net.nets[0].hidden_size, net.output_size) == (len(letters.ALPHABET), UNITS, 65)
    assert len(text) == EXCERPT.stop
    assert set(text) <= set(letters.ALPHABET)


def test_on_a_play_that_it_has_not_seen_it_beats_counting(net: Network, text: str) -> None:
    bits = letters.bits(net, text)
    of_excerpt = MEASURED["bits"]["excerpt"]
    assert bits == pytest.approx(of_excerpt["net"], abs=1e-3)
    _, by_letter, by_two, *_ = of_excerpt["by_counts"]
    assert bits < by_two - 0.4 < by_letter - 0.8
    assert bits < min(of_excerpt["by_counts"])


def test_bits_are_what_the_chances_of_what_came_cost(net: Network) -> None:
    given = letters.chances(net, "To be")
    assert given.sum(axis=1) == pytest.approx(1)
    cost = [-math.log2(given[t, letters.ALPHABET.index(letter)]) for t, letter in enumerate("o be")]
    assert letters.bits(net, "To be") == pytest.approx(sum(cost) / 4, rel=1e-12)


def test_one_hot_has_a_one_at_each_letter() -> None:
    x = letters.one_hot("a\nZ")
    assert x.shape == (1, 3, 65)
    assert x.sum() == 3
    assert [letters.ALPHABET[k] for k in x[0].argmax(axis=1)] == ["a", "\n", "Z"]


def test_what_the_alphabet_lacks_is_named_or_left_out() -> None:
    with pytest.raises(InputError, match=r"text holds '3', 'é', which .* pass it through letters.known first"):
        letters.one_hot("né 3")
    assert letters.known("‘Né’\t3—…\r\n") == "'N' --\n"


def test_too_little_to_go_by_is_said(net: Network) -> None:
    with pytest.raises(InputError, match="text has 1 letters; at least 2 are needed"):
        letters.bits(net, "a")
    with pytest.raises(InputError, match="text is empty"):
        letters.write(net, "", 3)
    with pytest.raises(InputError, match="temperature is 0; it must be above 0"):
        letters.write(net, "a", 3, temperature=0)


def test_it_writes_the_same_for_the_same_seed_and_the_likeliest_when_cold(net: Network) -> None:
    once = letters.write(net, "KING.\n", 60, seed=4)
    assert once == letters.write(net, "KING.\n", 60, seed=4) != letters.write(net, "KING.\n", 60, seed=5)
    cold = letters.write(net, "KING.\n", 20, temperature=1e-3, seed=4)
    likeliest = letters.chances(net, "KING.\n" + cold)[5:-1].argmax(axis=1)
    assert cold == "".join(letters.ALPHABET[k] for k in likeliest)


def test_the_features_of_a_speech() -> None:
    assert SPEECH.replace("\n", "/") == "LADY B./It's [Aside./X] so? No,/and//B O. Go./"
    for name, wanted in {
        "in a speaker's name": "1111110000000000000000000000000000000111000000",
        "in a stage direction": "0000000000000111111111000000000000000000000000",
        "capital letter": "1111010010000010000001000000100000000101001000",
        "vowel": "0100000010000010101000000100010010000001000100",
        "place in the word": "1234010012340012345001001200120012300101001200",
    }.items():
        assert "".join(map(str, letters.FEATURES[name](SPEECH))) == wanted, name


def test_counts_since_begin_anew_where_they_should() -> None:
    assert letters.FEATURES["place in the line"]("ab\nc") == [1, 2, 0, 1]
    assert letters.FEATURES["letters since . ! or ?"]("a, b? c") == [1, 2, 3, 4, 0, 1, 2]
    assert letters.FEATURES["letters since , . ; : ! or ?"]("a, b? c") == [1, 0, 1, 2, 0, 1, 2]


def test_what_units_follow_is_numpys_correlation(net: Network, text: str) -> None:
    some = text[:1500]
    following = letters.following(net, some)
    c = net.trace(letters.one_hot(some)).layer(0).record.c[0]
    for name in ("place in the line", "in a stage direction"):
        wanted = [np.corrcoef(c[:, j], letters.FEATURES[name](some))[0, 1] for j in range(UNITS)]
        np.testing.assert_allclose(following[name], wanted, rtol=0, atol=1e-12)
    assert not letters.following(net, "abc")["in a stage direction"].any()


@pytest.mark.parametrize("part", ["c", "h"])
def test_what_was_measured_on_the_whole_play_shows_on_a_part_of_it(net: Network, text: str, part: str) -> None:
    recorded = MEASURED["following"][part]
    assert list(recorded) == list(letters.FEATURES)
    here = letters.following(net, text, "c" if part == "c" else "h")
    for name in ("place in the line", "place in the word", "in a speaker's name"):
        best = int(np.abs(recorded[name]).argmax())
        assert abs(recorded[name][best]) > 0.6, name
        assert here[name][best] == pytest.approx(recorded[name][best], abs=0.15), name


def test_counting_mixes_each_length_with_the_shorter_ones() -> None:
    train = "abab"
    # "b" after "a": alone (2 + 2/65) / (4 + 2), by the letter before (2 + 1 p) / (2 + 1)
    alone = (2 + 2 / 65) / 6
    wanted = [-math.log2(alone), -math.log2((2 + alone) / 3)]
    assert bits_by_counts(counted(train, 1), "ab") == pytest.approx(wanted, rel=1e-12)
    assert counted(train, 1)[1] == {"a": Counter("bb"), "b": Counter("a")}


def test_plays_begin_at_their_first_act_in_the_nets_letters() -> None:
    raw = "THE PLAY\n\nPersons\n\n\nACT I.  \r\n\r\n\r\n\r\nKING.\r\nNo {3}.\r\n"
    assert text_of(raw) == "ACT I.\n\nKING.\nNo .\n\n"
    assert text_of("Sonnets have no acts") == ""


def test_stretches_are_letters_and_those_that_follow_them() -> None:
    text = "".join(np.random.default_rng(0).choice(list(letters.ALPHABET), STRETCH + 2 * STRIDE + 1))
    source = Stretches(text)
    assert source.n_rows == 3
    batch = source.batch(np.array([2, 0]))
    for n, start in enumerate((2 * STRIDE, 0)):
        np.testing.assert_array_equal(batch.x[n], letters.one_hot(text[start : start + STRETCH])[0])
        np.testing.assert_array_equal(batch.y[n], letters.codes(text[start + 1 : start + STRETCH + 1]))


def test_the_script_trains_and_does_so_again_to_the_bit(text: str) -> None:
    first = trained(text, steps=12)
    assert letters.bits(first, text[:1000]) < 5.6
    again = trained(text, steps=12)
    if kernels.this_machine().no_promise is None:
        for name, values in first.parameters.items():
            np.testing.assert_array_equal(values, again.parameters[name], name)


def test_what_was_measured_is_json_of_plain_numbers() -> None:
    assert json.loads((FOLDER / "letters.json").read_text("utf-8")) == MEASURED
    assert MEASURED["letters"] > 3_000_000
    assert MEASURED["held_out_letters"] > EXCERPT.stop


def test_the_readme_of_the_bundled_files_has_these_numbers() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    for bits in MEASURED["bits"].values():
        assert " | ".join(f"{number:.3f}" for number in (bits["net"], *bits["by_counts"])) in readme
    assert f"{MEASURED['held_out_letters']:,} letters" in readme
    assert f"{MEASURED['plays']} plays are trained on" in readme
