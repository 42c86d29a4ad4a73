"""What is to be seen in a box: an allow-list of what Python needs, and of us only what runs there.

Nothing is taken from sys.path as it is: a course stands there too. What is hidden wins over what is
shown, except for Python itself where it lies in a hidden folder, as `.venv` does in a checkout.
"""

import importlib.util
import os
import site
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
STUDENT = PACKAGE / "student"  # all of ours that is to be seen in a box
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "ssl/openssl.cnf")
SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/sys/devices/system/cpu"),
    *("/nix/store", "/gnu/store", "/etc/alternatives", "/etc/nsswitch.conf", "/etc/matplotlibrc"),
    *(f"/etc/{name}" for name in ETC),
)
PREFIX = ("bin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "pyvenv.cfg")
LIBRARIES = ("torch", "numpy", "IPython", "matplotlib", "matplotlib_inline", "sandlock")
WHOLE = ("site-packages", "dist-packages")  # folders of libraries, shown as a whole
OWN_FILES = {  # of /etc: a user and a machine that have a name
    "passwd": "root:x:0:0::/root:/bin/sh\nstudent:x:1000:1000:Student:{work}:/bin/sh\n",
    "group": "root:x:0:\nstudent:x:1000:\n",
    "hosts": "127.0.0.1 localhost box\n::1 localhost\n",
}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = {  # of /dev
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
SERVER_BYTES = 64 << 20  # that the server may write


@dataclass(frozen=True)
class Mount:
    """One argument of bubblewrap: `kind` of a mount at `path`, of `source` where it has one."""

    path: str
    kind: str
    source: str | None = None

    @property
    def words(self) -> list[str]:
        return [self.kind, *([self.source] if self.source else []), self.path]


def mounts(hidden: list[str], work: str, folder: Path) -> list[str]:
    """Bubblewrap's arguments. `hidden`: what no student may see; `work`: where one will work;
    `folder`: ours, for OWN_FILES. Raises OSError."""
    trees = readable_trees(hidden)
    shown = [*map(as_it_is, trees), Mount(str(STUDENT), "--ro-bind", str(STUDENT))]
    covered = [cover(path) for path in [*hidden, str(PACKAGE)] if lies_in(path, trees)]
    for name, text in OWN_FILES.items():
        file = folder / name
        file.write_text(text.format(work=work))
        file.chmod(0o644)
        shown.append(Mount(f"/etc/{name}", "--ro-bind", str(file)))
    ordered = sorted([*shown, *covered], key=lambda mount: mount.path.count("/"))
    places = ("/tmp", "/var/tmp")  # for what each notebook has for itself
    return [
        *parents_and_mounts(ordered),
        *("--proc", "/proc", *devices()),
        *(word for place in places for word in ("--perms", "0755", "--dir", place)),
        *("--perms", "0700", "--size", str(SERVER_BYTES), "--tmpfs", work),  # the server's own
        *("--remount-ro", "/"),
    ]


def devices() -> list[str]:
    """Bubblewrap's arguments for /dev: what does no harm, and room for what each notebook has for
    itself. (Its own `--dev` would cost the server the right to make worlds.)"""
    return [
        *("--perms", "0755", "--tmpfs", "/dev"),
        *(word for name in DEVICES for word in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")),
        *(word for name, to in LINKS.items() for word in ("--symlink", to, f"/dev/{name}")),
        *(word for name in ("pts", "shm") for word in ("--perms", "0755", "--dir", f"/dev/{name}")),
        *("--remount-ro", "/dev"),
    ]


def as_it_is(path: str) -> Mount:
    """A link as a link, anything else to read."""
    if os.path.islink(path):
        return Mount(path, "--symlink", os.readlink(path))
    return Mount(path, "--ro-bind", path)


def cover(path: str) -> Mount:
    """Nothing in its place."""
    return Mount(path, "--tmpfs") if os.path.isdir(path) else Mount(path, "--ro-bind", "/dev/null")


def parents_and_mounts(ordered: list[Mount]) -> list[str]:
    """The mounts, and before each the folders above it that no mount brings, which anybody may
    pass through."""
    arguments, made = [], {"/"}
    for mount in ordered:
        for parent in map(str, reversed(Path(mount.path).parents)):
            if parent not in made and not brought(parent, ordered):
                arguments += ["--perms", "0755", "--dir", parent]
            made.add(parent)
        arguments += mount.words
    return arguments


def brought(path: str, ordered: list[Mount]) -> bool:
    """Whether `path` is there because of a mount at it or above it."""
    return any(path == mount.path or inside(path, mount.path) for mount in ordered)


def readable_trees(hidden: list[str]) -> list[str]:
    """The places that Python needs, links among them, without those that lie in another one."""
    wanted = [*SYSTEM, *python_trees(), *library_trees()]
    named = [path for path in wanted if os.path.exists(path) and path not in hidden]
    paths = list(dict.fromkeys([*named, *map(os.path.realpath, named)]))
    trees = [path for path in paths if not os.path.islink(path)]
    return [path for path in paths if os.path.islink(path) or not lies_in(path, trees)]


def python_trees() -> list[str]:
    """Of the environment and of the Python beneath it: the parts of a prefix, never all of it."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    executable = Path(os.path.realpath(sys.executable)).parent
    trees = [os.path.join(prefix, name) for prefix in sorted(prefixes) for name in PREFIX]
    loaded = os.environ.get("LD_LIBRARY_PATH", "").split(
        ":"
    )  # where Python's own libraries may lie
    trees += [path for path in loaded if os.path.isabs(path)]
    return [*trees, str(executable)] if executable.name == "bin" else trees


def library_trees() -> list[str]:
    """The folders of libraries, and those libraries by themselves that lie somewhere else."""
    found = [
        *site.getsitepackages(),
        *([site.getusersitepackages()] if site.ENABLE_USER_SITE else []),
    ]
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.origin:
            continue
        package = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
        found.append(str(package.parent if package.parent.name in WHOLE else package))
    return list(dict.fromkeys(found))


def import_folders() -> list[str]:
    """Where the student's side finds libraries: these, and no course."""
    return [
        path if Path(path).name in WHOLE else str(Path(path).parent) for path in library_trees()
    ]


def files_of(modules: tuple[str, ...]) -> list[Path]:
    """Where modules lie on this machine: the whole package that each is a part of, or its file and
    what Python has made of it. Ours has a place of its own; what is not here needs none."""
    found = []
    for name in {module.partition(".")[0] for module in modules} - {PACKAGE.name}:
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found.append(Path(folder))
        if spec and spec.has_location and not spec.submodule_search_locations:
            file = Path(spec.origin)
            found += [file, *file.parent.glob(f"__pycache__/{file.stem}.*")]
    return sorted(found)


def without(trees: list[str], hidden: list[str]) -> list[str]:
    """`trees`, where only whole trees can be shown: one with something hidden in it becomes what
    lies beside that. Raises OSError."""
    result = []
    for tree in trees:
        if any(os.path.realpath(tree) == os.path.realpath(path) for path in hidden):
            continue
        if os.path.isdir(tree) and any(inside(path, tree) for path in hidden):
            result += without([entry.path for entry in os.scandir(tree)], hidden)
        else:
            result.append(tree)
    return result


def lies_in(path: str, trees: list[str]) -> bool:
    """Whether one of the trees shows `path`."""
    return any(inside(path, tree) for tree in trees)


def inside(path: str, tree: str) -> bool:
    """Whether `path` lies in `tree`, and is not `tree` itself."""
    path, tree = os.path.realpath(path), os.path.realpath(tree)
    return path != tree and os.path.commonpath([path, tree]) == tree
