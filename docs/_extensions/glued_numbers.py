"""Show what pages glue: a placeholder where a number is absent, and a warning where a headline is from a lucky seed.

A headline is a glued number on the home page, on the index of a section or in the lead of a page. It needs to be told,
by :func:`rnn_tutorial.claims.glue_numbers`, that at least three seeds are behind it, or none.
"""

from typing import Any

from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import PendingGlueReference
from page import absent
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

HEADLINE = """\
a headline shows `%s`, whose glue_numbers has seeds=%s: expected those of at least three runs, or () if nothing is \
random; else say it without the number"""
log = logging.getLogger(__name__)


class Glued(PasteTextRole):
    """The role of a glued number, which MyST-NB omits if there is none."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number, with its name, or what stands in its place."""
        found, messages = super().run()
        for node in found:
            node["glued"] = self.text.rpartition(":")[0].rpartition("::")[2] or self.text
        return found or [absent()], messages


class GluedNumbers(SphinxPostTransform):
    """What other pages glue, which MyST-NB omits if there is none, and the seeds behind the numbers of headlines."""

    default_priority = 4  # before MyST-NB's

    def run(self, **_: Any) -> None:
        """Insert what stands in the place of what is absent, and refuse headlines from a lucky seed."""
        env: Any = self.env
        docname, folder = env.docname, env.mystnb_config.output_folder
        for node in list(self.document.findall(nodes.Element)):
            elsewhere, name = isinstance(node, PendingGlueReference), node.get("glued")
            output = read_glue_cache(folder, node.refdoc if elsewhere else docname) if elsewhere or name else {}
            if elsewhere and node.key not in output:
                node.parent.insert(node.parent.index(node), absent())
            elif name and (docname.rpartition("/")[2] == "index" or in_lead(node)):
                seeds = output[name]["metadata"].get("seeds")
                if seeds is None or 0 < len(seeds) < 3:
                    log.warning(HEADLINE, name, seeds, location=node, type="claims")


def in_lead(node: nodes.Node) -> bool:
    """Return whether a node stands before the first section below its page's title."""
    sections = 0
    while node := node.parent:
        sections += isinstance(node, nodes.section)
    return sections < 2


def setup(app: Sphinx) -> ExtensionMetadata:
    """Replace the role, and add the transform."""
    app.add_role_to_domain("glue", "text", Glued(), override=True)
    app.add_post_transform(GluedNumbers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
