"""Words of a command line -> a command, and what goes wrong -> an exit code."""

from __future__ import annotations

import importlib
import sys
import traceback

import click

from harness.cli.commands import NAMES
from harness.cli.printing import outlast_readers
from harness.cli.refusals import BAD_USE, BUG, INTERRUPTED, refuse


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NAMES)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of a word; where there is none the nearest is named."""
        from difflib import get_close_matches

        if args and not args[0].startswith("-") and args[0] not in NAMES:
            near = get_close_matches(args[0], NAMES, 1)
            told = f"did you mean `harness {near[0]}`?" if near else f"there are {', '.join(NAMES)}"
            refuse(f"no command `{args[0]}`; {told}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NAMES:
            return None
        command: click.Command = importlib.import_module(f"harness.cli.commands.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="conformance-harness")
def main() -> None:
    """Judge implementations of numerical operations against what the operations are.

    Specs in specs/ say what an op means. `harness run` judges every candidate they name, `harness check` a function
    of yours. Importing a candidate runs its code.
    """


def entry() -> None:
    """The console script: `main` with exit codes for what goes wrong."""
    outlast_readers()
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_USE)
    except (click.Abort, KeyboardInterrupt) as stopped:
        click.echo("; ".join(["interrupted", *map(str, (stopped.__cause__ or stopped).args)]), err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        refuse(f"{error.filename or 'a file'}: {error.strerror or error}")
    except Exception as error:
        from harness.asking.servers import HostError
        from harness.cases import CaseError
        from harness.execution import ExecutionError

        if isinstance(error, (CaseError, ExecutionError, HostError)):
            refuse(str(error))
        traceback.print_exc()
        click.echo(
            "harness: this is a fault of the harness, no verdict on anybody: report it with what is above", err=True
        )
        sys.exit(BUG)
