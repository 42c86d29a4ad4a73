"""`python -m autograde VERB ASSIGNMENT`. Nothing is imported up here: worker processes import it
too.
"""


def main():
    import sys

    # jsonschema compiles a grammar from it for a second, for a check that nobody asks for
    sys.modules.setdefault("rfc3987_syntax", None)
    from autograde.course.command import main

    sys.exit(main())


if __name__ == "__main__":
    main()
