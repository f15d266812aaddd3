"""Sphinx settings of the site; neither build nor pages load from the network."""

from latex2mathml.converter import convert

project = "From Pixels to Features"
author = "The From Pixels to Features contributors"
copyright = (
    "the contributors; text and figures CC BY 4.0, "
    "figures of solar cells CC BY-NC-SA 4.0"
)
extensions = ["myst_nb"]
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
templates_path = ["_templates"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}
html_js_files = ["site.js"]
html_sidebars = {"**": ["home.html", "find.html", "sbt-sidebar-nav.html"]}
html_theme_options = {"navbar_persistent": [], "use_download_button": True}
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]
html_math_renderer = "mathml"

# `make links`: what stays broken after three more tries is
linkcheck_retries = 3
linkcheck_timeout = 30
linkcheck_rate_limit_timeout = 120
linkcheck_anchors_ignore_for_url = [r"https://github\.com/"]  # scripts make these


def asked(app, address):
    """A DOI is asked of its registry: publishers turn away who is not a browser.

    >>> asked(None, "https://doi.org/10.1145/1390156.1390294")
    'https://doi.org/api/handles/10.1145/1390156.1390294'
    >>> asked(None, "https://arxiv.org/abs/1512.03385")
    """
    start = "https://doi.org/"
    if address.startswith(start):
        return f"{start}api/handles/{address.removeprefix(start)}"
    return None


def inline(self, node):
    self.body.append(convert(node.astext()))
    raise _skip()


def block(self, node):
    self.body.append(
        f'<div class="math">{convert(node.astext(), display="block")}</div>'
    )
    raise _skip()


def _skip():
    from docutils.nodes import SkipNode

    return SkipNode()


def setup(app):
    app.connect("linkcheck-process-uri", asked)
    # browsers draw MathML themselves: no script has to be fetched
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
