"""`flask --app wsgi cases`: a case opened where no browser is at hand, or by another program."""

import resource
from datetime import datetime

import click
from flask.cli import AppGroup

from checkin import clock, context, scope
from checkin.audit.entry import Actor
from checkin.cases import opening
from checkin.cases.opening import NotOpened, Who
from checkin.cases.service import CaseFacts
from checkin.db import db
from checkin.errors import DomainError
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone

group = AppGroup("cases", help="Cases, and the people whom they can have met.")
ACTOR = Actor.command("flask cases open")
DAY = click.DateTime(["%Y-%m-%d"])
UNFIT = {
    "disease": "--disease is one of {}",
    "title": "--title is empty",
    "begun": "--onset or --sample is needed",
    "future": "a day that is still to come",
    "isolated": "--isolated is before both onset and sample",
}
NOT_OPENED = {
    "nobody": "nobody declared this",
    "several": "{} people declared this number",
    "doubled": "this person is an open case already: {}",
}


@group.command("open")
@click.option("--person-phone", required=True, metavar="PHONE", help="A number that the person declared.")
@click.option("--onset", type=DAY, metavar="YYYY-MM-DD", help="When the person fell ill.")
@click.option("--sample", type=DAY, metavar="YYYY-MM-DD", help="When the positive sample was taken.")
@click.option("--isolated", type=DAY, metavar="YYYY-MM-DD", help="Since when the person meets nobody.")
@click.option("--name", default="", help="Full name, where several people share the number; accents may be missing.")
@click.option("--birth-year", type=click.IntRange(1850, 2150), help="With --name.")
@click.option("--id-number", default="", help="Number of a citizen card or passport, where several share the phone's.")
@click.option("--disease", default="covid-19", show_default=True)
@click.option("--title", default="Ca mở bằng lệnh", help="What staff call the case; never the person's name.")
def open_by_phone(
    person_phone: str,
    onset: datetime | None,
    sample: datetime | None,
    isolated: datetime | None,
    name: str,
    birth_year: int | None,
    id_number: str,
    disease: str,
    title: str,
) -> None:
    """Open a confirmed case of a person whom the store knows, freeze what belongs to it, and print its number alone.

    Where several people declared the number, none is guessed: it lists them, names shortened, to be asked again.
    """
    # Names may be open in memory here: a process that breaks leaves no picture of it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rules, now, session = context.rules(clock.today()), clock.now(), db.session()
    facts = CaseFacts(
        title=title.strip()[:120],
        disease=disease,
        onset_on=onset.date() if onset else None,
        sample_on=sample.date() if sample else None,
        isolated_on=isolated.date() if isolated else None,
    )
    try:
        opening.check(facts, list(rules["disease"]), clock.today())
    except DomainError as error:
        raise click.UsageError(UNFIT[error.reason].format(", ".join(rules["disease"]))) from error
    if bool(name) != bool(birth_year):
        raise click.UsageError("--name and --birth-year go together")
    try:
        phone = normalise_phone(person_phone)
        id_number = parse_id_number(id_number).value if id_number else ""
    except ValueError as error:
        raise click.UsageError(f"--person-phone or --id-number is no such number: {error}") from error
    scope.enter(session, scope.CASEWORK)
    who = Who(phone=phone, name=name, birth_year=birth_year, id_number=id_number)
    try:
        case = opening.open_known(session, context.vault(), now=now, actor=ACTOR, facts=facts, who=who, rules=rules)
    except NotOpened as error:
        # That somebody was looked for is on record before it is said who there is.
        session.rollback()
        scope.enter(session, scope.CASEWORK)
        opening.sought(session, now=now, actor=ACTOR, error=error)
        session.commit()
        raise click.ClickException(_why(error)) from None
    session.commit()
    click.echo(case.number)


def _why(error: NotOpened) -> str:
    """What is printed where no case was opened; of several people each on a line of their own."""
    lines = [NOT_OPENED[error.reason].format(error.people or error.known)]
    lines += [f"  {one.name or '(cannot be read)'}, {one.birth_year or '?'}" for one in error.told]
    if error.people > len(error.told):
        lines.append(f"  and {error.people - len(error.told)} more")
    if error.told:
        lines.append("Say which with --name (in full) and --birth-year, or with --id-number.")
    return "\n".join(lines)
