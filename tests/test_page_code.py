"""What is read in the cells of a page."""

import pytest

from builds import EXTENSIONS  # noqa: F401 # isort: skip
import page_code


def test_cells_are_read_without_their_options():
    page = "```{code-cell} python\n---\nmystnb:\n  image:\n    alt: x\n---\na = 1\n```\n\n"
    page += "```{code-cell}\n:tags: [x]\n\nb = 2\n```\n"
    assert page_code.page_code(page).split() == ["a", "=", "1", "b", "=", "2"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from pkg.a import f\nf()", {"pkg.a.f"}),
        ("from pkg.a import f", set()),
        ("from pkg.a import f as g\ng()", {"pkg.a.f"}),
        ("from pkg import a\na.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a\npkg.a.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a as b\nb.f()", {"pkg.a", "pkg.a.f"}),
        ("import pkg.a as b, pkg.c\nb.f()\npkg.c.g()", {"pkg.a", "pkg.a.f", "pkg.c", "pkg.c.g"}),
        ("from pkg.a import C\nC.make().go()", {"pkg.a.C", "pkg.a.C.make"}),
        ("def g():\n    from pkg.a import f\n    return map(f, [])", {"pkg.a.f"}),
        ("from other.a import f\nf()\nimport pkgother.a\npkgother.a.f()", set()),
        ("from pkg.a import f\nx.f()", set()),
    ],
)
def test_a_name_is_used_where_it_is_imported_and_then_read(code, names):
    assert page_code.used_names(code, "pkg") == names


def test_a_key_that_a_cell_computes_may_be_anything_and_others_only_themselves():
    keys = page_code.glued_keys('glue("a.b", 1)\nglue(name, 1)\nprint("glue")\n')
    assert [key.pattern for key in keys] == [r"a\.b", ".+"]
