"""Run the code of the page on PyTorch, block after block; an array that differs from Keras' or NumPy's ends it.

``nox -s pytorch`` runs it. The tests do not, because neither they nor the site need PyTorch.
"""

import ast
import re
from pathlib import Path

import numpy as np

from rnn_tutorial.language.attention import causal_mask, dot_attention
from rnn_tutorial.language.transformer import MultiHeadAttention, TransformerBlock

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "reference" / "pytorch.md"
page, names = PAGE.read_text(encoding="utf-8"), {"__name__": PAGE.stem}
blocks = list(re.finditer(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
for block in blocks:
    above = page.count("\n", 0, block.start(1))  # so that a traceback names the line of the page
    exec(compile("\n" * above + block[1], PAGE, "exec"), names)
assert blocks, f"{PAGE} has no Python block."

# The page's last module has a twin in NumPy, on the page on transformers.
cells = re.findall(
    r"^```{code-cell} python\n(?:---\n.*?^---\n|(?::[^\n]*\n)*)(.*?)^```",
    (DOCS / "language" / "transformer.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)
functions = [node for cell in cells for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
in_numpy = {"np": np, "causal_mask": causal_mask, "dot_attention": dot_attention}
exec(compile(ast.Module(functions, type_ignores=[]), "transformer.md", "exec"), in_numpy)
torch, d, d_k, groups = names["torch"], 16, 4, 2
module, x = names["Block"](d, heads=d // d_k, groups=groups, hidden=32).double(), torch.randn(9, d).double()
with torch.no_grad():
    for parameter in module.parameters():
        parameter.normal_()  # also gains and biases
    weights = {name: parameter.numpy() for name, parameter in module.named_parameters()}
    W_q, W_k, W_v, W_o = (weights[f"W_{name}.weight"] for name in "qkvo")
    block = TransformerBlock(
        MultiHeadAttention(W_q, W_q, W_q, W_o, d // d_k),  # its keys and values are not used
        *(weights[f"network.{name}"] for name in ("0.weight", "0.bias", "2.weight", "2.bias")),
        gains=np.stack([weights["norm_1.weight"], weights["norm_2.weight"]]),
        biases=np.zeros((2, d)),
    )
    cache, stored = np.zeros((2, groups, 0, d_k)), None
    for part in x.split(4):
        y, cache = in_numpy["block_2026"](part.numpy(), block, W_k, W_v, cache)
        by_torch, stored = module(part[None], stored)
        np.testing.assert_allclose(by_torch[0], y, rtol=0, atol=1e-5)
        np.testing.assert_allclose(torch.stack(stored)[:, 0], cache, rtol=0, atol=1e-5)
print(f"All {len(blocks)} blocks of {PAGE.name} ran, and PyTorch gives what Keras gives, and NumPy.")
