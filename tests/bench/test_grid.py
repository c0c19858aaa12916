"""What is timed, and how much work that is."""

from dataclasses import replace

import numpy as np
import pytest

from clearlstm.bench.grid import ANSWERS, GRID, ODD, SOUND, TASKS, Row

EVERYTHING = Row(3, 7, 2, 5, layers=2, bidirectional=True, shortest=2)


def test_operations_count_real_steps_and_not_the_gradient_that_nobody_asks_for() -> None:
    assert Row(2, 10, 3, 4).operations("forward") == 2 * 2 * 10 * (3 + 4) * 16
    assert Row(2, 10, 3, 4).operations("trace") == Row(2, 10, 3, 4).operations("forward")
    assert Row(2, 10, 3, 4).operations("all") == 3 * 2 * 2 * 10 * (3 + 4) * 16 - 2 * 2 * 10 * 3 * 16
    assert Row(2, 10, 3, 4, shortest=10).operations("all") == Row(2, 10, 3, 4).operations("last")
    ragged = Row(64, 100, 8, 64, shortest=5)
    assert ragged.operations("all") / Row(64, 100, 8, 64).operations("all") == pytest.approx(0.525, abs=0.01)


def test_a_gru_has_three_gates_to_compute() -> None:
    assert replace(EVERYTHING, cell="GRU").operations("all") == 0.75 * EVERYTHING.operations("all")
    assert replace(EVERYTHING, cell="GRU").name.endswith(", GRU")


def test_activations_by_hand() -> None:
    """An LSTM's f, i, g, o and tanh(c), and tanh(c) again on the way back; a GRU's r, u, g; a plain net's tanh."""
    row = Row(2, 10, 3, 4)
    assert row.activations("forward") == row.activations("trace") == 2 * 10 * 4 * 5
    assert row.activations("all") == row.activations("last") == 2 * 10 * 4 * (5 + 1)
    gru, plain = replace(row, cell="GRU"), replace(row, cell="RNN")
    assert gru.activations("forward") == gru.activations("all") == 2 * 10 * 4 * 3
    assert plain.activations("forward") == plain.activations("all") == 2 * 10 * 4


def test_activations_are_of_real_steps_in_every_layer_and_direction() -> None:
    assert EVERYTHING.lengths().tolist() in ([2, 4, 7], [2, 7, 4], [4, 2, 7], [4, 7, 2], [7, 2, 4], [7, 4, 2])
    assert EVERYTHING.activations("forward") == (2 + 4 + 7) * 5 * 5 * 2 * 2


def test_steps_wait_for_each_other_however_many_sequences_there_are() -> None:
    assert Row(1, 10, 3, 4).links() == Row(64, 10, 3, 4).links() == 10
    assert EVERYTHING.links() == 7 * 2 * 2
    assert replace(EVERYTHING, cell="RNN").links() == EVERYTHING.links() / 2


def test_lengths_reach_from_the_shortest_to_the_longest_in_no_order() -> None:
    lengths = Row(64, 100, 8, 64, shortest=5).lengths()
    assert (lengths.min(), lengths.max()) == (5, 100)
    assert (np.diff(lengths) < 0).any()


def test_the_names_of_the_rows_tell_them_apart() -> None:
    assert len({row.name for row in GRID}) == len(GRID) == 16 + 12 + 4


def test_odd_shapes_and_sound_are_only_answered() -> None:
    assert {row.tasks for row in (*ODD, *SOUND)} == {ANSWERS}
    assert {row.tasks for row in GRID[:16]} == {TASKS}
    assert [(row.N, row.T, row.F, row.H) for row in SOUND] == [(1, 48_000, 1, H) for H in (8, 16, 32, 64)]
