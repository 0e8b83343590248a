"""Mutations that Cosmic Ray lacks: of an order, a sign, a transpose, a name, a constant, and what is left out."""

import ast
import copy
from itertools import pairwise

NAMES = {"before": "after", "after": "before", "g": "sigma", "sigma": "g", "W": "U", "U": "W"}
NAMES |= {"i": "f", "f": "o", "o": "i", "z": "r", "r": "z", "candidate": "recurrent", "recurrent": "candidate"}


def changed(node, **fields):
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def replacements(node, parent, names):
    """Yield the operator's name and a node that takes a node's place, in a function with these names."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Call(args=parts) | ast.Dict(values=parts):
            field = {ast.Call: "args", ast.Dict: "values"}.get(type(node), "elts")
            for k, pair in enumerate(pairwise(parts)):
                if not any(isinstance(part, ast.Starred) for part in pair):
                    yield "SwapNeighbours", changed(node, **{field: [*parts[:k], *pair[::-1], *parts[k + 2 :]]})
    match node:
        case ast.Call(args=args, keywords=keywords):
            for keyword in keywords:
                yield "DropArgument", changed(node, keywords=[other for other in keywords if other is not keyword])
            if len(args) > 1:
                yield "DropArgument", changed(node, args=args[:-1])
        case ast.BinOp(left=left, op=op, right=right):
            if isinstance(op, ast.Sub | ast.Div | ast.MatMult | ast.Pow | ast.BitOr):
                yield "SwapOperands", changed(node, left=right, right=left)
            if isinstance(op, ast.MatMult):
                yield "MatMulToMul", changed(node, op=ast.Mult())
            product = ast.Mult | ast.MatMult | ast.Div
            if isinstance(op, product) and not isinstance(getattr(parent, "op", None), product):
                yield "Negate", ast.UnaryOp(ast.USub(), node)
        case ast.AugAssign(target=target, op=op, value=value):
            yield "AugmentedAssignment", ast.Assign([target], value, lineno=node.lineno)
            if isinstance(op, ast.Add):
                yield "AugmentedAssignment", changed(node, op=ast.Sub())
        case ast.Attribute(attr="T"):
            yield "DropTranspose", node.value
        case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in NAMES:
            yield "ReplaceName", changed(node, attr=NAMES[attr])
        case ast.Name(id=name, ctx=ast.Load()) if NAMES.get(name) in names:
            yield "ReplaceName", changed(node, id=NAMES[name])
        case ast.Constant(value=str() as value) if value.isidentifier():
            yield "ReplaceString", ast.Constant(f"{value}_")
        case ast.Expr(value=ast.Call()):
            yield "DropCall", ast.Pass()


def mutants(tree, node=None, names=()):
    """Yield the operator's name and the changed source of each mutation, of a node or of all."""
    node = node or tree
    if isinstance(node, ast.FunctionDef):
        names = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for k, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            public = isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__"
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr) or public:
                continue
            for name, new in replacements(child, node, names):
                setattr(node, field, new if k is None else [*value[:k], new, *value[k + 1 :]])
                yield name, ast.unparse(tree)
            setattr(node, field, value)
            yield from mutants(tree, child, names)
