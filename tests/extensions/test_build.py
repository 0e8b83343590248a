import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from builds import EXTENSIONS, Pages, write  # isort: skip

slow = pytest.mark.slow


class Site(Pages):
    """A checkout with a site of two pages; cells wait while there is a file `wait`."""

    def __init__(self, root, cache=None, lanes=1):
        self.wait, self.folder, self.cache = root / "wait", root / "build" / "html", cache or root / "cache"
        super().__init__(root, "alpha", lanes=lanes)

    def set(self, name, code="", prose="Some prose.", waits=True):
        code += '\nimport os, time\nos.system("echo FOREIGN; echo FOREIGN >&2")\n'
        code += f"while os.path.exists({str(self.wait)!r}):\n    time.sleep(0.05)\n" * waits
        super().set(name, code, prose)

    def start(self, *options):
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        kept |= {"RNN_TUTORIAL_CACHE": str(self.cache), "RNN_TUTORIAL_RUNS": "on"}
        kept["PYTHONPATH"] = os.pathsep.join([str(self.root), kept.get("PYTHONPATH", "")])
        command = [sys.executable, str(EXTENSIONS.parent / "build.py"), *options]
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=self.root, env=kept, **output)

    def build(self, *options):
        process = self.start(*options)
        return process.communicate()[0], process.returncode

    def waiting(self):
        """Start a build whose second page waits in a cell that has not run before, and return its process."""
        self.wait.touch()
        self.set("alpha", waits=False)
        self.set("index", f"# {time.time()}")
        process = self.start()
        while "index" not in self.ran[2:]:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.05)
        return process

    def content(self):
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    output, code = site.build()
    assert code == 0, output
    assert "FOREIGN" not in output
    assert re.search(r"The site took 0 min \d\d s, and its largest process \d\.\d GB of memory\.\nOpen file:", output)
    return site


@slow
def test_nothing_runs_where_nothing_changed_unless_the_site_was_altered(site):
    before = site.content()
    write(site.root, {"CONTRIBUTING.md": "A word.", "noxfile.py": "", ".git/index": ""})  # beside what the site reads
    output, code = site.build()
    assert (output, code) == (f"Nothing has changed since the last build. Open {site.folder.as_uri()}/index.html\n", 0)
    (site.folder / "index.html").unlink()
    assert site.build()[1] == 0
    assert site.content().keys() == before.keys()
    assert site.ran == ["alpha", "index"]  # nothing ran again
    site.set("alpha", prose="Other prose.")
    assert site.build("-b", "dummy")[1] == 0  # another builder does not replace the site by nothing
    assert "Other prose." in (site.folder / "alpha.html").read_text()


@slow
def test_what_warns_fails_the_check_and_the_build_and_leaves_the_site(site):
    before = site.content()
    site.set("index", prose="See {ref}`nowhere`.\n\nAnd {unknown}`role`.")
    for option in (["--check"], []):
        output, code = site.build(*option)
        assert code != 0
        assert "undefined label: 'nowhere'" in output and 'Unknown interpreted text role "unknown"' in output
    assert site.content() == before
    site.set("index", prose="Other prose.")
    assert site.build("--check") == ("", 0)
    assert site.content() == before


@slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_ended_build_leaves_the_site_no_process_and_all_pages_but_one(site, how):
    before = site.content()
    process = site.waiting()
    children = psutil.Process(process.pid).children(recursive=True)
    assert children  # a kernel
    process.send_signal(how)
    process.communicate(timeout=300)
    assert process.returncode != 0
    assert psutil.wait_procs(children, timeout=300)[1] == []
    assert site.content() == before
    write(site.root, {"build/next/html/index.html": "half", "build/next/doctrees/environment.pickle": "half"})
    site.wait.unlink()
    output, code = site.build()
    assert code == 0, output
    assert site.ran[2:] == ["alpha", "index", "index"]
    assert site.content().keys() == before.keys()


@slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_pages_that_run_side_by_side_end_with_their_build(tmp_path, how):
    site = Site(tmp_path, lanes=2)
    site.wait.touch()
    process = site.start()
    while sorted(site.ran) != ["alpha", "index"]:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2  # a kernel each
    process.send_signal(how)
    process.communicate(timeout=300)
    assert process.returncode != 0
    assert psutil.wait_procs(children, timeout=300)[1] == []


@slow
def test_a_build_that_ended_between_two_renames_is_taken_up(site):
    before = site.content()
    site.folder.rename(site.root / "build" / "html.old")
    output, code = site.build("--help")
    assert code == 0 and "The last build ended while it replaced the site." in output
    assert site.content() == before


@slow
def test_a_second_build_waits_for_the_first_and_has_nothing_to_do(site):
    first = site.waiting()
    second = site.start()
    time.sleep(3)
    assert second.poll() is None
    site.wait.unlink()
    first.communicate(timeout=300)
    assert first.returncode == 0
    assert "Nothing has changed" in second.communicate(timeout=300)[0]
    assert site.ran[2:] == ["alpha", "index"]


@slow
def test_two_checkouts_with_one_cold_cache_both_end(tmp_path):
    sites = [Site(tmp_path / name, cache=tmp_path / "cache") for name in ("one", "other")]
    processes = [site.start() for site in sites]
    for site, process in zip(sites, processes, strict=True):
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output
        assert "Page alpha" in (site.folder / "alpha.html").read_text()
