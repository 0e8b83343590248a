"""The site's configuration. Every line that is not obvious gives its reason."""

import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

# Our kernel specification comes first. It leaves what C++ code prints to the terminal, so that TensorFlow's start-up
# lines do not reach a page, while everything that Python prints to stderr still does and fails the build. It also gives
# NumPy's BLAS one thread: on products as small as those of the theory pages, more threads only cost time.
os.environ["JUPYTER_PATH"] = str(HERE / "_jupyter")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for autodoc, which imports the modules of the package

# Each API page would repeat it; it speaks to the extension's authors.
warnings.filterwarnings("ignore", message=r".*_RstSnippetParser\.set_application.*")

import rnn_tutorial  # noqa: E402

project = "rnn_tutorial"
author = "The rnn_tutorial authors"
project_copyright = f"%Y, {author}"
version = release = rnn_tutorial.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_autodoc_typehints",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # MathJax from the site itself; Sphinx would load it from elsewhere
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    # our own, in _extensions/
    "api_coverage",
    "diagrams",
    "fresh_outputs",
    "notebooks",
    "symbol_colours",
    "text_inventories",
]
exclude_patterns = ["_jupyter", "_inventories"]
suppress_warnings: list[str] = []

# --- pages and their execution
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "nb-cache")  # inside docs/ its notebooks would become pages
nb_execution_raise_on_error = True  # else a failing cell gives a page and exit code 0
nb_execution_show_tb = True
nb_execution_timeout = 3600  # seconds a cell; a slow machine trains slowly
nb_output_stderr = "error"  # a stray warning of a library fails the build instead of hiding
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "image/svg+xml", 0)]

# --- API reference
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # sphinx_autodoc_typehints writes them beside each argument
always_use_bars_union = True
typehints_defaults = "comma"
typehints_use_signature = False
intersphinx_mapping: dict[str, tuple[str, str]] = {}  # filled by text_inventories
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

# --- HTML
html_theme = "furo"
html_title = "rnn_tutorial"
html_baseurl = os.environ.get("RNN_TUTORIAL_URL", "").rstrip("/")  # the site's public address, if it has one
html_baseurl += "/" if html_baseurl else ""
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["custom.css"]
html_copy_source = False  # the pages are MyST; what readers want is the notebook, not its markup
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"
