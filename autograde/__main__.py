"""`python -m autograde VERB ASSIGNMENT`. Nothing is imported up here: worker processes import it
too.
"""


def main():
    import sys

    try:
        from autograde.course.command import main

        code = main()
    except KeyboardInterrupt:  # before anything was begun
        print("Stopped. The same command goes on.", file=sys.stderr)
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
