"""`python -m autograde ASSIGNMENT`. Nothing is imported up here, since worker processes import this file once more."""


def main():
    import sys

    sys.modules.setdefault(
        "rfc3987_syntax", None
    )  # jsonschema compiles a grammar from it for a second, for a check that nobody asks for
    from autograde.course.command import GradeClass

    GradeClass.launch_instance()


if __name__ == "__main__":
    main()
