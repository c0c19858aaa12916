"""Files of formats that aren't opened: each is called what it is, with what to do, whatever its name."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import ModelFileError


def arrays() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, enc_w_ih=np.zeros((9, 2)), enc_w_hh=np.zeros((9, 3)))
    return buffer.getvalue()


STARTS = {
    "Keras's architecture of a model, without its weights": b'{"class_name": "Sequential", "config": {"name": "s"}}',
    r"architecture .*save it whole by model\.save\('model\.keras'\)": json.dumps('{"class_name": "Model"}').encode(),
    "TensorFlow Lite": b"\x1c\x00\x00\x00TFL3" + bytes(40),
    "SavedModel": b"\x08\x01\x12\x20" + bytes(40),
    "Core ML": b"\x08\x02\x12\xe8\x11\n\x16\n\x05input\x1a" + bytes(40),
    "ggml": b"lmgg\n\x00\x00\x00silero" + bytes(40),
    "trained data of Tesseract's": b"\x18\x00\x00\x00" + b"\xff" * 60,
    r"NumPy's arrays enc_w_ih.npy, enc_w_hh.npy …, .*give them the names": arrays(),
}


@pytest.mark.parametrize("words", STARTS)
def test_it_is_called_what_it_is(words: str, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(STARTS[words])
    with pytest.raises(ModelFileError, match=words):
        cl.load(tmp_path / "model")
