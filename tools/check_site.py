"""Look at every page of build/site, and every slide of build/slides, in Chromium.

    make site slides
    python tools/check_site.py                 # as files
    python tools/check_site.py --web           # from a folder of a web server
    python tools/check_site.py glossary 04     # pages whose names begin so

It needs chromium, chromedriver and npm, and what docs/checks.txt lists.

Of a page it wants: no violation by axe-core, light and dark; no error on the console;
no address fetched but the site's own; nothing wider than a phone of 390 pixels; of a
notebook every alt text; no heading twice in a row, and each cell's code and output
announced. Search must find. Of a deck: every image named, no slide that overflows.
"""

import argparse
import functools
import html.parser
import http.server
import json
import shutil
import sys
import threading
import time
from urllib.parse import unquote

import nbformat
from build_site import BUILD, SITE, SLIDES
from course import NOTEBOOKS
from figures import picture
from packing import tarball

PHONE, DESK = (390, 844), (1280, 720)
THEMES = "light", "dark"
OWN = "file:", "data:", "blob:", "about:", "chrome:"

AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"], preload: false}).then(
  result => done(result.violations.map(v => v.id + ": " + v.help + ": "
    + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(", ")
    + (v.nodes.length > 3 ? ", … (" + v.nodes.length + ")" : ""))),
  problem => done(["axe-core failed: " + problem]));
"""
WIDEST = """
const limit = document.documentElement.clientWidth;
const wide = [...document.body.querySelectorAll("*")].filter(
  e => e.getBoundingClientRect().right > limit + 1).slice(-1);
const over = document.documentElement.scrollWidth - limit;
return over <= 0 ? null : [over, wide.map(e => e.outerHTML.slice(0, 90)).join("")];
"""
# what axe-core does not ask for, and who only hears a page misses
HEARD = """
const heads = [...document.querySelectorAll("main :is(h1, h2, h3, h4, [role=heading])")]
  .filter(h => h.checkVisibility()).map(h => h.innerText.trim());
const twice = heads.filter((h, i) => h === heads[i - 1]);
const parts = document.querySelectorAll(":is(.cell_input, .cell_output):not([role])");
return [...twice.map(h => "a heading twice in a row: " + h),
        ...parts.length ? [parts.length + " parts of cells not announced"] : []];
"""
NAMELESS = "return document.querySelectorAll('img:not([alt]), img[alt=\"\"]').length"
# a slide is as high as what is in it; reveal.js scales it as a whole
SLIDE = """
const slide = Reveal.getCurrentSlide(), box = slide.getBoundingClientRect();
const scale = Reveal.getScale(), size = Reveal.getConfig();
const boxes = [...slide.querySelectorAll("*:not(aside):not(aside *)")].map(
  e => e.getBoundingClientRect());
const most = side => Math.max(0, ...boxes.map(b => b[side]));
const frame = document.querySelector(".reveal .slides").getBoundingClientRect();
return [Math.round((most("bottom") - frame.top) / scale - size.height),
        Math.round((most("right") - frame.left) / scale - size.width)];
"""


class _Alts(html.parser.HTMLParser):
    """Collects the alt texts of a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes).get("alt"))


def missing_alts(notebook, page):
    """Alt texts of a notebook's figures that a page does not have, and images without.

    Args:
        notebook: a notebook as nbformat reads it.
        page: HTML, str.

    Example:

    >>> lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()")])
    >>> lesson.cells[0].metadata["alt"] = "A cat & a dog."
    >>> image = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})
    >>> lesson.cells[0].outputs = [image]
    >>> missing_alts(lesson, '<img alt="A cat &amp; a dog.">')
    []
    >>> missing_alts(lesson, "<img>")
    ['an image without alt text', 'no image says: A cat & a dog.']
    """
    parser = _Alts()
    parser.feed(page)
    faults = ["an image without alt text"] * sum(not alt for alt in parser.found)
    texts = [" ".join((alt or "").split()) for alt in parser.found]
    for cell in notebook.cells:
        if cell.cell_type != "code" or picture(cell) is None:
            continue
        alt = " ".join(cell.metadata.get("alt", "").split())
        if alt in texts:
            texts.remove(alt)
        else:
            faults.append(f"no image says: {alt}")
    return faults


class Browser:
    """Chromium, and what it said since it was last asked."""

    def __init__(self):
        try:  # not in the course's environment
            from selenium import webdriver
        except ImportError:
            sys.exit("first: .venv/bin/python -m pip install -r docs/checks.txt")
        options = webdriver.ChromeOptions()
        for name in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
            options.add_argument(f"--{name}")
        options.set_capability(
            "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
        )
        driver = shutil.which("chromedriver")
        for name in ("chromium", "google-chrome", "chrome"):
            if found := shutil.which(name):
                options.binary_location = found
                break
        else:
            sys.exit("check_site needs chromium or google-chrome on the PATH")
        service = webdriver.ChromeService(driver) if driver else None
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_script_timeout(120)
        with tarball("axe-core") as archive:
            self.axe = archive.extractfile("package/axe.min.js").read().decode()

    def open(self, url, size=DESK):
        """Open a page in a window whose inside has a size in pixels."""
        metrics = {"width": size[0], "height": size[1]}
        metrics |= {"deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get(url)

    def run(self, script):
        """What a piece of JavaScript returns."""
        return self.driver.execute_script(script)

    def waited(self, script):
        """Whether it returned something true within 20 seconds."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self.run(script):
                return True
            time.sleep(0.1)
        return False

    def violations(self):
        """What axe-core finds on the page that is open, a list of str."""
        self.run(self.axe)
        return self.driver.execute_async_script(AXE)

    def complaints(self, own):
        """Errors on the console, and addresses fetched that do not begin with `own`."""
        said = [
            f"console: {line['message']}"
            for line in self.driver.get_log("browser")
            if line["level"] in ("SEVERE", "WARNING")
        ]
        for line in self.driver.get_log("performance"):
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(own):
                    said.append(f"fetched: {url}")
        return said


def check_page(browser, url, own):
    """What is wrong with a page, a list of str."""
    faults = []
    for theme in THEMES:
        browser.open(url)
        browser.run(f"localStorage.setItem('mode', '{theme}')")
        browser.run(f"localStorage.setItem('theme', '{theme}')")
        browser.open(url)
        faults += [f"{theme}: {fault}" for fault in browser.violations()]
    faults += browser.run(HEARD)
    browser.open(url, PHONE)
    if wide := browser.run(WIDEST):
        faults.append(f"{wide[0]} pixels too wide for a phone: {wide[1]}")
    return faults + browser.complaints(own)


def check_search(browser, url, own):
    """Whether the page search.html finds a word that stands in many places."""
    browser.open(f"{url}?q=network")
    if not browser.waited("return document.querySelectorAll('ul.search li').length"):
        return ["search finds nothing"]
    return browser.violations() + browser.complaints(own)


def check_slides(browser, url, own):
    """What is wrong with a deck: slides that overflow, and what axe-core says of it."""
    browser.open(url)
    if not browser.waited("return window.Reveal && Reveal.isReady()"):
        return ["reveal.js does not start"]
    faults = browser.violations()  # of the first slide: the others are hidden
    if images := browser.run(NAMELESS):
        faults.append(f"{images} images without alt text")
    for number in range(browser.run("return Reveal.getTotalSlides()")):
        browser.run(f"Reveal.slide({number})")
        high, wide = browser.run(SLIDE)
        if high > 0 or wide > 0:
            title = browser.run(
                "return Reveal.getCurrentSlide().innerText.slice(0, 50)"
            )
            faults.append(
                f"slide {number + 1}: {high} too high, {wide} too wide: {title!r}"
            )
    return faults + browser.complaints(own)


def serve():
    """A web server of build/, in a thread; returns its address."""
    handler = functools.partial(_Quiet, directory=str(BUILD))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="beginnings of pages' names")
    parser.add_argument("--web", action="store_true", help="from a web server's folder")
    arguments = parser.parse_args()
    names = tuple(arguments.names) or ("",)
    files = [*sorted(SITE.rglob("*.html")), *sorted(SLIDES.glob("*.html"))]
    files = [f for f in files if f.name.startswith(names) and "_static" not in f.parts]
    if not files:
        sys.exit("build/site has no such page: run `make site` first")
    root = serve() if arguments.web else BUILD.as_uri()
    own = (*OWN, root)
    browser, bad = Browser(), 0
    try:
        for file in files:
            url = f"{root}/{file.relative_to(BUILD).as_posix()}"
            if file.parent == SLIDES and file.name != "index.html":
                faults = check_slides(browser, url, own)
            else:
                faults = check_page(browser, url, own)
            if file.name == "search.html":
                faults += check_search(browser, url, own)
            notebook = NOTEBOOKS / f"{file.stem}.ipynb"
            if notebook.exists() and file.parent.name == "notebooks":
                text = file.read_text("utf-8")
                faults += missing_alts(nbformat.read(notebook, 4), text)
            bad += bool(faults)
            print(
                f"{unquote(url[len(root) + 1 :])}: {len(faults) or 'no'} faults",
                flush=True,
            )
            for fault in dict.fromkeys(faults):
                print(f"  {fault}", flush=True)
    finally:
        browser.driver.quit()
    sys.exit(f"{bad} of {len(files)} pages have faults" if bad else 0)


if __name__ == "__main__":
    main()
