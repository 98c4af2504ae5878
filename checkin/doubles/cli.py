import resource

import click

from checkin import clock, context
from checkin.db import owner_session
from checkin.doubles import finding


@click.command("doubles")
@click.option("--all", "everybody", is_flag=True, help="Look at everybody anew, as after a load of old visits.")
def doubles(everybody: bool) -> None:
    """Look for people who may have been recorded twice, among those who are new; officers compare them."""
    # Years of birth are open in memory here: a process that breaks leaves no picture of it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with owner_session(context.config()) as session:
        now = clock.now()
        scan = finding.find(
            session, context.vault(), now=now, rules=context.rules(clock.to_local(now).date()), everybody=everybody
        )
        if scan is None:
            click.echo("nobody is new")
            return
        click.echo(
            f"rows of people: {scan.people}; new pairs: {scan.pairs}; "
            f"shared by too many to be compared: {scan.large}, the most by {scan.largest}"
        )
