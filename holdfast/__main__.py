"""``python -m holdfast``: the command line."""

import sys

from holdfast.cli.commands import app
from holdfast.cli.crew import CrewError
from holdfast.db.embedded_home import EmbeddedError
from holdfast.db.migrate import MigrationFailed
from holdfast.db.roles import RolesRefused
from holdfast.errors.problem import Problem
from holdfast.errors.running import DatabaseAway
from holdfast.vault import UnsealFailed


def main() -> None:
    """Run the command that the arguments name; what a person can act on is a sentence and exit code 1."""
    try:
        app()
    except DatabaseAway:
        sys.exit("The database does not answer: is HOLDFAST_DATABASE_URL (or --database-url) right?")
    except (Problem, CrewError, EmbeddedError, MigrationFailed, RolesRefused, UnsealFailed) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
