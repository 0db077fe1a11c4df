"""The commands of ``holdfast``; what each does is told in the file it calls."""

import typer

from holdfast.cli import bench, demo, people, play, run
from holdfast.cli.books import prove, reconcile, rotate

app = typer.Typer(
    name="holdfast",
    help="A checkout engine that never oversells and never loses a payment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
user_app = typer.Typer(help="People and machines that may do more than buy.", no_args_is_help=True)
secrets_app = typer.Typer(help="What is stored sealed, and its keys.", no_args_is_help=True)

app.command("demo")(demo.demo)
app.command("serve")(run.serve)
app.command("work")(run.work_command)
app.command("sandbox")(run.sandbox)
app.command("migrate")(prove.migrate_command)
app.command("database-roles")(prove.database_roles_command)
app.command("seed")(prove.seed_command)
app.command("replay")(play.replay_command)
app.command("bench")(bench.bench_command)
app.command("reconcile")(reconcile.reconcile_command)
app.command("audit")(prove.audit)
app.command("doctor")(prove.doctor)
app.add_typer(user_app, name="user")
user_app.command("create")(people.create)
user_app.command("grant")(people.grant)
user_app.command("revoke")(people.revoke)
user_app.command("drop-totp")(people.drop_totp)
app.add_typer(secrets_app, name="secrets")
secrets_app.command("rotate")(rotate.rotate_command)
