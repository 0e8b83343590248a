"""What the site takes from inside of other libraries, where a release may move it."""

from importlib.metadata import version
from pathlib import Path

import furo
import myst_nb
import nbclient.client
import pytest
import sphinx
import sphinx_codeautolink
from sphinx.ext import viewcode

SEARCH = Path(sphinx.__file__).parent / "themes" / "basic" / "static" / "searchtools.js"
FURO = Path(furo.__file__).parent / "theme" / "furo" / "page.html"
INSIDE = {  # the file of the site, the library, and what has to stand in a file of it, once and in this order
    ("docs/_templates/page.html", "furo", FURO): [
        '{% include "partials/icons.html" %}', "<input", '<label class="overlay', '<div class="page">', "</header>",
        '<aside class="sidebar-drawer">',
    ],
    ("docs/_static/search.js", "sphinx", SEARCH): [
        "_index: null", "htmlToText: (htmlString, anchor) =>", "Search._index = index", "_parseQuery: (query) =>",
        "_performSearch: (", "] = Search._parseQuery(query)", "const results = Search._performSearch(",
    ],
    ("docs/_extensions/api_pages.py", "sphinx", Path(viewcode.__file__)): [
        "env._viewcode_modules[modname] = entry", "used = env._viewcode_modules[modname][2]",
    ],
    ("docs/_extensions/execution.py", "nbclient", Path(nbclient.client.__file__)): [
        """            loop.add_signal_handler(signal.SIGTERM, on_signal)
        except RuntimeError:""",
    ],
    ("docs/_extensions/execution.py", "myst-nb", Path(myst_nb.__file__).parent / "core" / "render.py"): [
        'nb_element="cell_code"', "exec_count=exec_count",
    ],
    ("docs/_extensions/page.py", "sphinx-codeautolink", Path(sphinx_codeautolink.__file__)): [
        'app.connect("html-page-context", state.apply_links)',
    ],
}  # fmt: skip


@pytest.mark.parametrize(("ours", "library", "file"), INSIDE, ids=lambda part: Path(part).name)
def test_a_library_has_what_is_taken_from_inside_of_it(ours, library, file):
    text, expected = file.read_text(encoding="utf-8"), INSIDE[ours, library, file]
    places = [text.find(part) for part in expected]
    told = f"{ours} needs in {file} of {library} {version(library)}, in this order: {expected}; found at {places}"
    assert -1 not in places and places == sorted(places), told
