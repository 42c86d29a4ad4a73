"""`python -m autograde VERB ASSIGNMENT`. Nothing is imported up here: worker processes import it
too.
"""


def main():
    import sys

    from autograde.course.command import main

    sys.exit(main())


if __name__ == "__main__":
    main()
