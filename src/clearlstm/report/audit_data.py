"""From an audit to the data of its page, and the page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from clearlstm import __version__
from clearlstm.errors import InputError
from clearlstm.report.page import SIGNIFICANT_DIGITS, lab_page
from clearlstm.report.page_file import VERSION, write_page


def audit_data(audit: Mapping[str, Any], made: datetime) -> dict[str, Any]:
    """The JSON-able data of the page.

    ``audit`` is what ``Audit.to_dict()`` gives, with ``model`` (its name), ``made_by`` and ``data`` (notes on the
    sequences). Each layer takes the numbers of its own units; they stand in ``units``, a row each.
    """
    facts = audit["facts"]
    return {
        "version": VERSION,
        "kind": "audit",
        "title": f"What is inside {audit['model']}",
        "made": made.isoformat(timespec="seconds"),
        "clearlstm": __version__,
        "model": audit["model"],
        "made_by": audit["made_by"],
        "notes": list(audit["data"]),
        "headline": audit["headline"],
        "summary": audit["summary"],
        "missing": facts["missing"],
        "findings": audit["findings"],
        "sizes": facts["sizes"],
        "samples": facts["samples"],
        "layers": [_layer(layer) for layer in facts["layers"] if not layer["silent"]],
        "units": _units(facts["layers"], facts["units"] or []),
        "features": sorted(facts["features"], key=_effect, reverse=True) if facts["spread"] else [],
        "look_back": facts["look_back"],
    }


def export_audit(audit: Mapping[str, Any], made: datetime, path: str | Path) -> None:
    """Write the lab with an audit inside to ``path``, one HTML file, whole or not at all.

    Arguments are those of :func:`audit_data`.

    Raises InputError for data that isn't an audit's, or if ``path`` can't be written.
    """
    missing = [
        name for name in ("model", "made_by", "data", "headline", "summary", "findings", "facts") if name not in audit
    ]
    if missing:
        raise InputError(
            f"the audit lacks {', '.join(missing)}: give what Audit.to_dict() holds, model, made_by and data"
        )
    data = audit_data(audit, made)
    text = lab_page(data, title=data["title"], headline=data["headline"], digits=SIGNIFICANT_DIGITS)
    write_page(text, path)


def _effect(feature: Mapping[str, Any]) -> float:
    """What features stand by, the strongest first; those whose effect can't be told come last."""
    return -1.0 if feature["effect"] is None else float(feature["effect"])


def _layer(layer: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "name",
        "kind",
        "lags",
        "arrives",
        "arrives_low",
        "arrives_high",
        "direct",
        "vanishes_at",
        "explodes_at",
        "shut",
        "units",
    )
    return {name: layer[name] for name in names}


def _units(layers: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each unit that isn't silent: its layer's name, its number, and what the audit found of it.

    ``held`` is None where it lasts longer than the sequences, and isn't there where nothing can be told.
    """
    all_units: list[tuple[bool, dict[str, Any]]] = []
    for layer in layers:
        for unit in range(layer["units"]):
            row = rows[len(all_units)] if rows else {}
            kept = {name: row[name] for name in row if name not in ("net", "layer", "direction", "unit")}
            held = {} if layer["held"] is None else {"held": layer["held"][unit]}
            all_units.append((layer["silent"], {"layer": layer["name"], "unit": unit, **held, **kept}))
    return [row for silent, row in all_units if not silent]
