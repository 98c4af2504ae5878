from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from checkin.audit import queries
from checkin.db import db

bp = Blueprint("audit", __name__, url_prefix="/audit")
PAGE = 100


@bp.get("/")
def index() -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    entries = queries.newest(db.session(), before, PAGE)
    older = entries[-1].seq if len(entries) == PAGE and entries[-1].seq > 1 else None
    return render_template("audit/index.html", entries=entries, older=older)
