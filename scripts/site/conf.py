"""Sphinx's settings for the site; what it reads, scripts/site/pages.py has put together."""

from scripts.site import extension
from scripts.site.extension import linkcode_resolve as linkcode_resolve
from scripts.site.pages import SOURCE

project = "clearlstm"
copyright = "the clearlstm developers, MIT licence"
html_title = project
html_short_title = project
templates_path = ["templates"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.linkcode", extension.__name__]
highlight_language = "text"
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_url_schemes = {"http": None, "https": None, "mailto": None, SOURCE: None}

autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_static_path = ["static"]
html_favicon = "../../src/clearlstm/report/static/icon.svg"
html_css_files = ["site.css"]
html_js_files = [("frames.js", {"defer": "defer"})]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": []}
html_theme_options = {
    "logo": {"text": project},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "show_prev_next": False,
    "back_to_top_button": False,
    "collapse_navigation": True,  # the reference alone has 150 pages
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "footer_start": ["copyright"],
    "footer_end": [],
}
