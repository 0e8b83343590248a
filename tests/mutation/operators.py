"""Mutations that Cosmic Ray lacks: of an order, a sign, a transpose, a name, a constant, and what is left out."""

import ast
import re
from itertools import pairwise

NAMES = {"before": "after", "after": "before", "g": "sigma", "sigma": "g", "W": "U", "U": "W"}
NAMES |= {"i": "f", "f": "o", "o": "i", "z": "r", "r": "z", "candidate": "recurrent", "recurrent": "candidate"}


def mutants(source):
    """Give the operator's name and the changed source of each mutation."""
    data, tree = source.encode(), ast.parse(source)
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node):
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    def text(node):
        return data[slice(*span(node))].decode()

    def replaced(*changes):
        result = data
        for (begin, end), new in sorted(changes, reverse=True):
            result = result[:begin] + new.encode() + result[end:]
        return result.decode()

    def visit(node, parent, function):
        if isinstance(node, ast.JoinedStr):  # Python 3.11 does not know where its parts stand
            return
        if isinstance(node, ast.Assign) and text(node.targets[0]) == "__all__":
            return
        if isinstance(node, ast.FunctionDef):
            function = node
        for name, changes in places(node, parent, function):
            yield name, replaced(*changes)
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        yield from visit(child, node, function)

    def places(node, parent, function):
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Call(args=parts) | ast.Dict(values=parts):
                for one, other in pairwise(parts):
                    if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
                        yield "SwapNeighbours", [(span(one), text(other)), (span(other), text(one))]
        match node:
            case ast.Call(args=args, keywords=keywords):
                last = span(args[-1])[1] if args else span(node.func)[1] + 1
                for keyword in keywords:
                    begin, end = last, span(keyword)[1]
                    yield "DropArgument", [((begin, end), "")]
                    last = end
                if len(args) > 1:
                    yield "DropArgument", [((span(args[-2])[1], span(args[-1])[1]), "")]
            case ast.BinOp(left=left, op=op, right=right):
                if isinstance(op, ast.Sub | ast.Div | ast.MatMult | ast.Pow | ast.BitOr):
                    yield "SwapOperands", [(span(left), f"({text(right)})"), (span(right), f"({text(left)})")]
                if isinstance(op, ast.MatMult):
                    between = span(left)[1], span(right)[0]
                    yield "MatMulToMul", [(between, data[slice(*between)].decode().replace("@", "*"))]
                product = ast.Mult | ast.MatMult | ast.Div
                if isinstance(op, product) and not isinstance(getattr(parent, "op", None), product):
                    yield "Negate", [(span(node), f"-({text(node)})")]
            case ast.AugAssign(target=target, value=value):
                for sign in ("=", "-=") if isinstance(node.op, ast.Add) else ("=",):
                    yield "AugmentedAssignment", [((span(target)[1], span(value)[0]), f" {sign} ")]
            case ast.Attribute(attr="T"):
                yield "DropTranspose", [(span(node), text(node.value))]
            case ast.Attribute(attr=attr) if attr in NAMES and isinstance(node.ctx, ast.Load):
                yield "ReplaceName", [(span(node), f"{text(node.value)}.{NAMES[attr]}")]
            case ast.Name(id=id) if id in NAMES and isinstance(node.ctx, ast.Load) and function:
                if re.search(rf"\b{NAMES[id]}\b", text(function)):
                    yield "ReplaceName", [(span(node), NAMES[id])]
            case ast.Constant(value=str() as value) if value.isidentifier():
                yield "ReplaceString", [(span(node), f'"{value}_"')]
            case ast.Expr(value=ast.Call()):
                yield "DropCall", [(span(node), "pass")]

    return visit(tree, None, None)
