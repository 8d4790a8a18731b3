"""`python -m app.api`: read the configuration, build the service, listen."""

from __future__ import annotations

from app.config import load_settings_or_exit


def main() -> None:
    settings = load_settings_or_exit()
    # Not before: whoever mistyped a variable is told at once, not after a second of imports.
    from app.api.listen import listen

    listen(settings)


if __name__ == "__main__":
    main()
