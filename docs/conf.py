"""The site's configuration. Every line that is not obvious gives its reason."""

import logging
import os
import re
import sys
import warnings
from functools import partial
from pathlib import Path

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

# Our kernel specification comes first. It leaves what C++ code prints to the terminal, so that TensorFlow's start-up
# lines do not reach a page, while everything that Python prints to stderr still does and fails the build. It also gives
# NumPy's BLAS one thread: on products as small as those of the theory pages, more threads only cost time.
os.environ["JUPYTER_PATH"] = str(HERE / "_jupyter")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for autodoc, which imports the modules of the package

logging.basicConfig(level=logging.WARNING)  # before a11y_pygments sets INFO for all libraries

# Each API page would repeat it; it speaks to the extension's authors.
warnings.filterwarnings("ignore", message=r".*_RstSnippetParser\.set_application.*")
warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")  # of a card, which shows a title's symbol

import rnn_tutorial  # noqa: E402

project = "rnn_tutorial"
author = "The rnn_tutorial authors"
project_copyright = f"%Y, {author}. Licence: MIT"
version = release = rnn_tutorial.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.extlinks",
    "sphinx_autodoc_typehints",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_codeautolink",  # a name in a cell leads to its entry in the reference
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_reredirects",
    "sphinxcontrib.bibtex",
    "sphinxext.opengraph",
]
extensions += [  # our own, in _extensions/
    "api_pages", "claims", "diagrams", "equations", "execution", "exercises", "glossary_links", "glue",
    "joined_modules", "live", "notebooks", "page",
]  # fmt: skip
exclude_patterns = ["_jupyter", "_inventories", "**/__pycache__"]
# Published addresses of pages that moved. Places keep their names, for the reader's browser takes them along.
redirects = {"sentiment/your-own-reviews": "../reference/your-own-reviews.html"}

# --- pages and their execution
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_disable_syntax = ["myst_line_comment"]  # a line that begins with % may be the second half of "52.5 %"
nb_execution_mode = "cache"
nb_execution_timeout = 3600  # seconds a cell; a slow machine trains slowly
# a stray warning of a library fails the build instead of hiding
nb_output_stderr = "error"
nb_merge_streams = True
nb_code_prompt_show = "Code"  # the name of a folded cell, open or not
nb_mime_priority_overrides = [("html", "image/svg+xml", 0)]

# --- figures
numfig = True
numfig_format = {"figure": "Figure\u00a0%s"}
math_numfig = False  # equations count from 1 on each page, as texts that name one by its number expect

# --- API reference
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_preserve_defaults = True  # as written: the default of a function has an address in memory for a name
autodoc_typehints = "none"  # sphinx_autodoc_typehints writes them beside each argument
always_use_bars_union = True
typehints_defaults = "comma"
typehints_use_signature = False
typehints_fixup_module_name = partial(re.sub, r"^pathlib\._local$", "pathlib")  # where Python 3.13 has it, undocumented
autosummary_generate = False  # it fills tables, and each module has its page
# The site builds without a network. Each file names the few targets that it cites, by version 1 of the format: name,
# kind, and page, on which Sphinx expects the name as the anchor.
intersphinx_mapping = {
    "keras": ("https://keras.io/api/", "_inventories/keras.txt"),
    "matplotlib": ("https://matplotlib.org/stable/", "_inventories/matplotlib.txt"),
    "numpy": ("https://numpy.org/doc/stable/", "_inventories/numpy.txt"),
    "python": ("https://docs.python.org/3/", "_inventories/python.txt"),
    "scikit-learn": ("https://scikit-learn.org/stable/", "_inventories/scikit-learn.txt"),
    "scipy": ("https://docs.scipy.org/doc/scipy/", "_inventories/scipy.txt"),
    "tensorflow": ("https://www.tensorflow.org/api_docs/python/", "_inventories/tensorflow.txt"),
}
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

# --- HTML
# Where the site is published. Without it everything works but what needs an absolute address: social cards, canonical
# links, citations with an address.
html_baseurl = os.environ.get("RNN_TUTORIAL_URL", "").rstrip("/")
html_baseurl += "/" if html_baseurl else ""
extlinks = {  # what hosts put beside the site, see `nox -s book`, and screens of a page
    "published": (f"{html_baseurl}%s", None),
    "present": ("../%s", None),
}
html_theme = "furo"
html_context = {"citation": yaml.safe_load((HERE.parent / "CITATION.cff").read_text(encoding="utf-8"))}  # page.html
html_math_renderer = "equations"  # Sphinx' own would load MathJax into every reader's browser
html_title = "Recurrent neural networks"
html_logo, html_favicon = "_static/logo.svg", "_static/favicon.svg"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_sidebars = {"**": [f"sidebar/{part}.html" for part in ("scroll-start", "navigation", "scroll-end")]}
html_css_files = ["custom.css"]
html_js_files = [("page.js", {"defer": ""})]
html_search_scorer = str(HERE / "search_scorer.js")
html_copy_source = False  # the pages are MyST; what readers want is the notebook, not its markup
html_show_sourcelink = False
html_theme_options = {
    f"{theme}_css_variables": {
        "color-brand-primary": brand,
        "color-brand-content": brand,
        # one grey for what is secondary, where the theme has two
        "color-foreground-muted": "var(--color-foreground-secondary)",
        "color-foreground-border": "var(--color-foreground-secondary)",
    }
    for theme, brand in (("light", "#006485"), ("dark", "#6cc7e8"))
}
pygments_style = "a11y-high-contrast-light"  # the usual one has colours too faint for some readers
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_exclude = ".linenos, .gp, .go"
widget_titles = {
    "simple_rnn": "Simple RNN",
    "lstm": "LSTM",
    "gru": "GRU",
    "bag_of_words": "Bag of words",
    "writer": "GRU",
    "letter-transformer": "Transformer",
    "mingru": "minGRU",
    "delta": "Delta rule",
}
ogp_site_url = html_baseurl
ogp_site_name = "rnn_tutorial"
ogp_social_cards = {
    "enable": bool(html_baseurl),  # a card needs an absolute address
    "line_color": "#007aa8",
    "image": "_static/card.png",  # logo.svg, drawn as the only kind of picture that a card takes
    "image_mini": "_static/card.png",
}
