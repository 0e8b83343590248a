"""Show how to cite the project and each of its pages, as BibTeX and as plain text.

Nothing is typed twice: title, authors and date come from ``CITATION.cff``, the version from the package, and the pages
and their titles from the site, in reading order::

    ```{citations} project
    ```

    ```{citations} pages
    ```

If ``html_baseurl`` gives the public address of the site, each entry contains its own. Templates of HTML pages get
``cite_url``, the link to the entry of their page.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx_design.shared import create_component

NO_ADDRESS = "This build does not know the public address of the site, so the entries hold none."
PROJECT_ANCHOR = "cite-project"
DROPDOWN = {"type": "dropdown", "opened": False, "has_title": True, "icon": None, "chevron": None}
DROPDOWN |= {"container_classes": ["sd-mb-3"], "title_classes": [], "body_classes": []}


@dataclass(frozen=True)
class Project:
    """What all entries share."""

    title: str
    authors: list[str]
    version: str
    date: datetime.date


def read_project(file: Path, version: str) -> Project:
    """Read ``CITATION.cff``; raises ValueError if a field that a citation needs is missing."""
    fields = yaml.safe_load(file.read_text(encoding="utf-8"))
    if missing := [name for name in ("title", "authors", "date-released") if not fields.get(name)]:
        raise ValueError(f"{file.name} has no {', '.join(missing)}")
    # a person as BibTeX sorts one, and an entity, which has no family name, as it is
    authors = [who.get("name") or f"{who['family-names']}, {who['given-names']}" for who in fields["authors"]]
    return Project(fields["title"], authors, version, fields["date-released"])


def pages_in_reading_order(includes: dict[str, list[str]], root: str) -> list[str]:
    """Return the pages in the order of the tables of contents, without those that only lead to others."""
    pages = []
    for page in includes.get(root, []):
        pages += pages_in_reading_order(includes, page) if includes.get(page) else [page]
    return list(dict.fromkeys(pages))


def key(version: str, page: str = "") -> str:
    """Return the key of an entry, made of letters, digits and underscores."""
    return re.sub("[^A-Za-z0-9]", "_", f"rnn_tutorial {version} {page}".strip())


def anchor(page: str) -> str:
    """Return the anchor of a page's entry, which does not depend on other pages."""
    return f"cite-{page.replace('/', '-')}"


def bibtex(project: Project, key: str, page_title: str = "", url: str = "") -> str:
    """Return an entry for BibTeX and BibLaTeX, neither of which has a type for a page of a site."""
    authors = " and ".join(_latex(name) if "," in name else f"{{{_latex(name)}}}" for name in project.authors)
    fields = {
        "author": f"{{{authors}}}",
        "title": f"{{{{{_latex(page_title or project.title)}}}}}",
        "howpublished": rf"{{In \emph{{{_latex(project.title)}}}}}" if page_title else "",
        "note": f"{{Version {_latex(project.version)}, {project.date}}}",
        "year": f"{{{project.date.year}}}",
        "url": f"{{{url}}}" if url else "",
    }
    return "\n".join([f"@misc{{{key},", *(f"  {name} = {value}," for name, value in fields.items() if value), "}"])


def plain(project: Project, page_title: str = "", url: str = "") -> str:
    """Return the entry as one line of text."""
    what = f"{page_title}. In: {project.title}" if page_title else project.title
    text = f"{'; '.join(project.authors)}. {what}. Version {project.version}, {project.date}."
    return f"{text} {url}".strip()


def _latex(text: str) -> str:
    return re.sub(r"[&%$#_{}]", r"\\\g<0>", text)


class citations(nodes.General, nodes.Element):
    """Placeholder for the entries, which are known when all pages have been read."""


class Citations(SphinxDirective):
    """The ``citations`` directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the project's data, and insert a placeholder for the entries."""
        file = Path(self.env.srcdir, self.config.citing_file)
        self.env.note_dependency(str(file))
        try:
            which = directives.choice(self.arguments[0], ("project", "pages"))
            project = read_project(file, self.config.release)
        except (OSError, ValueError) as error:
            raise self.error(f"Nothing can be cited: {error}.") from error
        self.env.metadata[self.env.docname]["citations"] = True
        return [citations(which=which, project=project)]


class InsertEntries(SphinxPostTransform):
    """Replace the placeholders by entries, before sphinx-design renders its dropdowns."""

    default_priority = 100

    def run(self, **kwargs: Any) -> None:
        """Replace each placeholder of the page."""
        for place in list(self.document.findall(citations)):
            entries = self.of_pages if place["which"] == "pages" else self.of_project
            place.replace_self(list(entries(place["project"], self.config.html_baseurl)))

    def of_project(self, project: Project, base: str) -> Iterator[nodes.Node]:
        """Yield the project's entry, preceded by a note if its address is unknown."""
        if not base:
            yield nodes.paragraph("", NO_ADDRESS)
        yield _entry(PROJECT_ANCHOR, project, key(project.version), url=base)

    def of_pages(self, project: Project, base: str) -> Iterator[nodes.Node]:
        """Yield a dropdown for each page, with the anchor inside, so that browsers open it for a link to the anchor."""
        pages = pages_in_reading_order(self.env.toctree_includes, self.config.root_doc)
        for page in pages:
            title = self.env.titles[page].astext()
            url = f"{base.rstrip('/')}/{self.app.builder.get_target_uri(page)}" if base else ""
            parts = [nodes.rubric("", title), _entry(anchor(page), project, key(project.version, page), title, url)]
            yield create_component("dropdown", children=parts, **DROPDOWN)


def _entry(anchor: str, project: Project, key: str, page_title: str = "", url: str = "") -> nodes.container:
    """Return an entry in both formats, each a literal block, to which sphinx-copybutton adds a copy button."""
    forms = {"bibtex": bibtex(project, key, page_title, url), "text": plain(project, page_title, url)}
    blocks = [nodes.literal_block(text, text, language=language) for language, text in forms.items()]
    return nodes.container("", *blocks, ids=[anchor], classes=["cite-entry"])


def _citing_page(env: BuildEnvironment) -> str | None:
    return next((page for page in sorted(env.metadata) if "citations" in env.metadata[page]), None)


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the page with the entries, which depend on the titles of all other pages."""
    return [page for page in [_citing_page(env)] if page]


def add_link(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give a page's template the link to its entry, or to the project's if it has none."""
    if citing_page := _citing_page(app.env):
        of_page = pagename in pages_in_reading_order(app.env.toctree_includes, app.config.root_doc)
        target = anchor(pagename) if of_page else PROJECT_ANCHOR
        context["cite_url"] = f"{app.builder.get_relative_uri(pagename, citing_page)}#{target}"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive, the transform that fills it in, and the link for templates."""
    app.add_config_value("citing_file", "../CITATION.cff", "env", types=(str,))
    app.add_node(citations)
    app.add_directive("citations", Citations)
    app.add_post_transform(InsertEntries)
    app.connect("env-updated", write_again)
    app.connect("html-page-context", add_link)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
