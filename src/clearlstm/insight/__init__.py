"""What a trained net remembers, and who wrote it there."""

from clearlstm.insight.ledger import Ledger, ledger

__all__ = ["Ledger", "ledger"]
