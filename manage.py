#!/usr/bin/env python
"""Runs Django's commands and ours: `manage.py demo` is the one to begin with."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ensomhed.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)  # Ctrl-C is an answer, not a fault


if __name__ == "__main__":
    main()
