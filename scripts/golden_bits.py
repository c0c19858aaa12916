"""Write tests/golden/bits.json anew: only where a change was meant to change the numbers."""

import json
import os
import sys

from clearlstm import kernels
from clearlstm.check import bits


def main() -> None:
    """Compute every case here, say which hashes changed, and write them."""
    if why := kernels.this_machine().no_promise:
        sys.exit(f"not on this machine: {why}")
    file = bits.REPOSITORY_FILE
    before = bits.golden() if file.exists() else {}
    now = {name: compute() for name, compute in bits.CASES.items()}
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8", newline="\n")
    os.replace(temporary, file)
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            print(f"{name}: {before.get(name, 'new')} -> {now.get(name, 'gone')}")


if __name__ == "__main__":
    main()
