"""The notebook around a check, where there is one."""

try:
    from IPython import get_ipython as shell
except ImportError:  # judged where there is no notebook

    def shell():
        return None


def namespace() -> dict:
    """The names of the notebook."""
    return shell().user_ns if shell() else {}
