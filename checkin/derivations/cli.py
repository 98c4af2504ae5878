"""`flask --app wsgi cases derive`: what is kept of open cases derived anew, with progress on the terminal."""

import resource
import sys
from datetime import datetime

import click
from flask.cli import with_appcontext

from checkin import clock, context, scope
from checkin.cases import queries as cases
from checkin.db import db
from checkin.derivations import jobs, queries, service
from checkin.derivations.models import ACCOUNT, DONE, KEEP, STOPPED, TODAY, Derivation
from checkin.derivations.queries import Which
from checkin.derivations.showing import seconds_left
from checkin.errors import DomainError

BROKEN_OFF = 130
ASKED = {
    "reason": "--rules today needs a --reason: it stands in the history of each case",
    "going": "another run is going on: wait for its end, or stop it on its page (Ca bệnh, Tính lại)",
}


@click.command("derive")
@with_appcontext
@click.option("--number", "numbers", multiple=True, metavar="F0-0001", help="Only this case; may be given again.")
@click.option("--disease", help="Only cases of this disease.")
@click.option(
    "--rules", type=click.Choice([KEEP, TODAY]), default=KEEP, show_default=True,
    help="The rules that each case has, or those of today from here on.",
)  # fmt: skip
@click.option("--reason", help="Why they take today's rules.")
@click.option("--anew", is_flag=True, help="From the first case on, also where a run was broken off.")
@click.option("--waiting", is_flag=True, hidden=True, help="Work on what pages asked for.")
def derive(
    numbers: tuple[str, ...], disease: str | None, rules: str, reason: str | None, anew: bool, waiting: bool
) -> None:
    """Derive anew what is kept of open cases: their own visits, whom they can have met, and the declarations.

    A case is whole or untouched. What was broken off goes on where it was with the same command, within a day, and for
    today's rules on the same day with the same reason; two at once share the work. Ends with 1 where a case could not
    be derived, each of which is named.
    """
    # What is kept of people goes through memory here: a process that breaks leaves no picture of it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if waiting:
        click.echo(f"derivations: {jobs.work_through()} worked on")
        return
    run = _asked(numbers, disease, rules, reason, anew)
    if run.done:
        click.echo(f"goes on after {run.done:,} of {run.total:,} cases")
    run_id, told = run.id, _Told()
    session = db.session()
    service.claim(session, now=clock.now(), run_id=run_id)
    session.commit()
    try:
        jobs.work(run_id, told)
    except KeyboardInterrupt:
        session.rollback()
        scope.enter(session, scope.CASEWORK)
        service.stop(session, now=clock.now(), actor=jobs.COMMAND, run_id=run_id)
        session.commit()
        click.echo("\nbroken off: the same command goes on from here")
        sys.exit(BROKEN_OFF)
    scope.enter(session, scope.CASEWORK)
    ended = queries.run_of(session, run_id)
    told.end()
    if ended is not None:
        _tell(ended)


def _asked(numbers: tuple[str, ...], disease: str | None, rules: str, reason: str | None, anew: bool) -> Derivation:
    session, today = db.session(), clock.today()
    if disease is not None and disease not in context.rules(today)["disease"]:
        raise click.UsageError(f"--disease is one of {', '.join(context.rules(today)['disease'])}")
    scope.enter(session, scope.CASEWORK)
    which = Which(seqs=_seqs(numbers) if numbers else None, disease=disease)
    try:
        run = service.ask(
            session, now=clock.now(), actor=jobs.COMMAND, which=which, rules=rules, rules_on=today, reason=reason,
            anew=anew,
        )  # fmt: skip
    except DomainError as error:
        raise click.ClickException(ASKED[error.reason]) from None
    if anew and run.done:
        raise click.ClickException(ASKED["going"])
    session.commit()
    return run


def _seqs(numbers: tuple[str, ...]) -> tuple[int, ...]:
    """The running numbers of these cases; those that are closed, or of nobody, are told and left alone."""
    session, found = db.session(), []
    for number in numbers:
        case = cases.by_number(session, number)
        if case is None:
            raise click.ClickException(f"there is no case {number}")
        if not queries.is_meant(case):
            click.echo(f"{case.number} is left alone: it is {'of nobody' if case.person_id is None else case.state}")
        found.append(case.seq)
    return tuple(sorted(set(found)))


class _Told:
    """Progress: one line that is written over on a terminal, else a line every few seconds."""

    EVERY = 5.0

    def __init__(self) -> None:
        self.last: datetime | None = None
        self.tty = sys.stdout.isatty()

    def __call__(self, run: Derivation) -> None:
        now = clock.now()
        if not self.tty and self.last and (now - self.last).total_seconds() < self.EVERY and run.done < run.total:
            return
        self.last, left = now, seconds_left(run, now)
        pace = f", {(run.total - run.done) / left:.1f} a second, {_clock(left)} left" if left else ""
        line = f"{run.done:,} of {run.total:,} cases{pace}"
        click.echo(f"\r{line:<70}" if self.tty else line, nl=not self.tty)

    def end(self) -> None:
        """Leave the line that was written over."""
        if self.tty:
            click.echo()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _tell(run: Derivation) -> None:
    how = {DONE: "done", STOPPED: "stopped: the same command goes on from here"}.get(run.state, "broken off")
    if run.problem == ACCOUNT:
        how = "stopped, since the account it went on for may not derive any more: the same command goes on from here"
    click.echo(f"{how}: {run.done:,} cases, {run.changed:,} another than before, {run.restated:,} by other rules")
    click.echo(f"people whom they met: {run.came:,} came in, {run.went:,} went out")
    if run.failed:
        named = ", ".join(run.failures or [])
        more = f" and {run.failed - len(run.failures or [])} more" if run.failed > len(run.failures or []) else ""
        click.echo(f"{run.failed:,} could not be derived, and are as they were: {named}{more}", err=True)
    if run.failed or run.state != DONE:
        sys.exit(1)
