"""`python -m icdmapper` is the console."""

from icdmapper.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
