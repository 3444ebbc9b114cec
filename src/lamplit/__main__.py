"""`python -m lamplit` is the same as `lamplit`."""

from lamplit.cli.app import main

if __name__ == "__main__":
    main()
