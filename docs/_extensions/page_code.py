"""Parse the cells of a page: their code, and the names that it uses and glues."""

import ast
import re

KERNEL_NAME = "display_name: Python 3"  # in the head of a page that runs code
CODE_CELL = re.compile(r"^```{code-cell}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[^\n]*\n)*)", re.MULTILINE | re.DOTALL)


def page_code(page: str) -> str:
    """Return the code of all cells of a page, without their options."""
    return "\n".join(OPTIONS.sub("", cell) for cell in CODE_CELL.findall(page))


def used_names(code: str, package: str) -> set[str]:
    """Return the full names of a package that code imports and then uses."""
    nodes = list(ast.walk(ast.parse(code)))
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            # `import a.b` binds a
            names = {alias: alias.asname or alias.name.partition(".")[0] for alias in node.names}
            bound |= {name: alias.name if alias.asname else name for alias, name in names.items()}
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def in_full(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return bound.get(node.id)
        if isinstance(node, ast.Attribute) and (owner := in_full(node.value)):
            return f"{owner}.{node.attr}"
        return None

    return {name for node in nodes if (name := in_full(node)) and name.startswith(f"{package}.")}


def glued_keys(code: str) -> list[re.Pattern[str]]:
    """Return a pattern for each key that code glues; a computed part matches anything."""
    calls = [
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    keys = [call.args[0] for call in calls if call.func.id == "glue"]
    for keyword in (keyword for call in calls if call.func.id == "glue_numbers" for keyword in call.keywords):
        match keyword:
            case ast.keyword(arg=str(name)):
                keys.append(ast.Constant(name))
            case ast.keyword(value=ast.Dict(keys=names)):  # **{…}
                keys += names
            case ast.keyword(value=ast.DictComp(key=name)):
                keys.append(name)
    parts = (key.values if isinstance(key, ast.JoinedStr) else [key] for key in keys)
    return [
        re.compile("".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in key))
        for key in parts
    ]
