"""`python -m readback` is the `readback` command."""

from readback.cli import main

if __name__ == "__main__":
    main()
