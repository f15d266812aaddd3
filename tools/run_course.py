"""Execute every notebook without a browser, print what it took, build the site."""

import sys

from build_site import SITE, build_site
from course import notebook_paths
from execution import execute


def main():
    paths, runs = notebook_paths(), {}
    for number, path in enumerate(paths, 1):
        label = f"[{number}/{len(paths)}] {path.stem}"

        def progress(done, cells, label=label):
            if sys.stdout.isatty():
                print(f"\r{label}: cell {done} of {cells}", end="", flush=True)

        runs[path] = execute(path, progress=progress)
        start = "\r" if sys.stdout.isatty() else ""
        print(
            f"{start}{label}: {'failed' if runs[path].error else 'done'}" + " " * 20,
            flush=True,
        )
    print(f"\n{'notebook':28}{'minutes':>8}{'peak GB':>9}  status")
    for path, run in runs.items():
        status = "failed" if run.error else "ok"
        minutes, gigabytes = run.seconds / 60, run.peak_bytes / 1e9
        print(f"{path.stem:28}{minutes:8.1f}{gigabytes:9.1f}  {status}")
    failed = [path for path, run in runs.items() if run.error]
    for path in failed:
        print(f"\n{path.name}:\n{runs[path].error}", file=sys.stderr)
    if failed:
        sys.exit(
            f"{len(failed)} of {len(paths)} notebooks failed; the site was not built"
        )
    if build_site({path: run.notebook for path, run in runs.items()}):
        sys.exit("the site could not be built")
    print(f"\nThe site: {(SITE / 'index.html').as_uri()}")


if __name__ == "__main__":
    main()
