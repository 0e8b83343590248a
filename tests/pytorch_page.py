"""Run the code of the page on PyTorch, block after block; an array that differs from Keras' ends it.

``nox -s pytorch`` runs it. The tests do not, because neither they nor the site need PyTorch.
"""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "pytorch.md"
page, names = PAGE.read_text(encoding="utf-8"), {"__name__": PAGE.stem}
blocks = list(re.finditer(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
for block in blocks:
    above = page.count("\n", 0, block.start(1))  # so that a traceback names the line of the page
    exec(compile("\n" * above + block[1], PAGE, "exec"), names)
assert blocks, f"{PAGE} has no Python block."
print(f"All {len(blocks)} blocks of {PAGE.name} ran, and PyTorch gives what Keras gives.")
