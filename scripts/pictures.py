"""Write the pages' pictures, each only when what it shows has changed.

Fonts, font engines and matplotlib's layout differ between machines and versions, and with them nearly every pixel. So
a file carries a digest of what its picture shows: the words, the axes' limits, and where each line, bar, area and
shade stands in its panel, with its colour. One that carries the digest of the new picture is left alone. Mere looks,
such as the width of lines, are not in it: delete a picture to have it drawn anew.
"""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

WIDTH_PIXELS: Final = 1000
COLOURS: Final = 192
KEY: Final = "shows"
FINENESS: Final = 1000  # positions in a panel
OFFSET: Final = 0.1379  # of these, so that no simple fraction of a panel lies where rounding turns


def draw(figure: Any, path: Path) -> None:
    """Write the figure to ``path``, in as few colours as it needs; nothing is written if the file shows the same."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    shows = digest(figure)
    if path.exists() and recorded(path) == shows:
        return
    file, information = io.BytesIO(), PngInfo()
    information.add_text(KEY, shows)
    figure.savefig(file, format="png", dpi=WIDTH_PIXELS / figure.get_figwidth())
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(file).convert("RGB").quantize(COLOURS).save(path, optimize=True, pnginfo=information)


def recorded(path: Path) -> str | None:
    """The digest that a picture's file carries."""
    from PIL import Image

    with Image.open(path) as picture:
        text: str | None = picture.info.get(KEY)
        return text


def digest(figure: Any) -> str:
    """What the figure shows, as a short text; the last bits of its numbers don't count."""
    shown = [part for axes in figure.axes for part in (*_words(axes), *_marks(axes))]
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]


def _words(axes: Any) -> Iterator[str]:
    yield axes.get_title(loc="left")
    yield axes.get_xlabel()
    yield axes.get_ylabel()
    yield from (text.get_text() for text in axes.texts)
    yield from (f"{limit:.3g}" for limit in (*axes.get_xlim(), *axes.get_ylim()))  # settles them, too


def _marks(axes: Any) -> Iterator[str]:
    """Each line, patch, area and image: its corners (…, 2) in the panel, its colour or shades; all from 0 to 1."""
    from matplotlib.colors import to_rgba_array

    to_panel = axes.transScale + axes.transLimits
    for line in axes.lines:
        yield _coarse(to_panel.transform(line.get_xydata()), to_rgba_array(line.get_color()))
    for patch in axes.patches:
        corners = patch.get_patch_transform().transform(patch.get_path().vertices)
        yield _coarse(to_panel.transform(corners), to_rgba_array(patch.get_facecolor()))
    for area in axes.collections:
        yield _coarse(*(to_panel.transform(path.vertices) for path in area.get_paths()), area.get_facecolor())
    for shaded in (*axes.collections, *axes.images):
        if shaded.get_array() is not None:
            yield _coarse(shaded.norm(shaded.get_array()))


def _coarse(*values: Any) -> str:
    """A digest of numbers of about 0 to 1 without their last bits."""
    found = hashlib.sha256()
    for part in values:
        near = np.nan_to_num(np.ma.filled(np.ma.asarray(part, dtype=float), np.nan), nan=-1).clip(-1, 2)
        found.update((near * FINENESS + OFFSET).round().astype(np.int64).tobytes())
    return found.hexdigest()
