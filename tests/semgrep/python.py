# Bad and good cases of every rule: `semgrep scan --test tests/semgrep`. Never run, only read.


def redirects():
    # ruleid: request-into-redirect
    redirect(request.args["next"])
    # ruleid: request-into-redirect
    redirect("/x" + request.form.get("next"), 303)
    where = request.args.get("next")
    # ruleid: request-into-redirect
    redirect(where)
    # ok: request-into-redirect
    redirect(safe_next(request.args.get("next")) or landing(role))
    # ok: request-into-redirect
    redirect(url_for(".show", code=request.form["code"]))


def texts(name):
    # ruleid: markup-of-a-value
    Markup(name)
    # ruleid: markup-of-a-value
    Markup(f"<b>{name}</b>")
    # ok: markup-of-a-value
    Markup("<b>chữ</b>")
    # ruleid: template-from-a-string
    render_template_string(name)
    # ok: template-from-a-string
    render_template("visits/form.html", name=name)


def sql(form, table):
    # ruleid: sql-from-a-request
    sa.text("SELECT * FROM venue WHERE name = '" + request.form["name"] + "'")
    asked = form.name.data
    # ruleid: sql-from-a-request
    session.execute(f"SELECT * FROM venue WHERE name = '{asked}'")
    # ok: sql-from-a-request
    sa.text("SELECT * FROM venue WHERE name = :name")
    # ok: sql-from-a-request
    sa.select(Venue).where(Venue.name == asked)
    # ruleid: sql-by-formatting
    sa.text("SELECT * FROM %s" % table)
    # ruleid: sql-by-formatting
    connection.exec_driver_sql("SELECT * FROM {}".format(table))
    # ok: sql-by-formatting
    connection.execute("SELECT * FROM venue WHERE name = %s", (table,))


def secret():
    # ruleid: random-for-secrets
    random.choice("abc")
    # ok: random-for-secrets
    secrets.choice("abc")
    # ruleid: weak-hash
    hashlib.md5(b"x")
    # ruleid: weak-hash
    hashlib.new(name)
    # ruleid: weak-hash
    hmac.digest(b"k", b"x", "md5")
    # ruleid: weak-hash
    hmac.new(b"k", b"x", digestmod="sha1")
    # ok: weak-hash
    hashlib.sha256(b"x")
    # ok: weak-hash
    hmac.digest(b"k", b"x", "sha256")
    # ruleid: secrets-compared-by-equality
    hmac.digest(b"k", b"x", "sha256") == given
    # ok: secrets-compared-by-equality
    hmac.compare_digest(hmac.digest(b"k", b"x", "sha256"), given)


def times():
    # ruleid: the-clock-is-elsewhere
    datetime.now(UTC)
    # ruleid: the-clock-is-elsewhere
    date.today()
    # ok: the-clock-is-elsewhere
    clock.now()


def logs(form, error):
    # ruleid: a-request-in-the-log
    log.info("sent", form=request.form)
    name = request.values.get("name")
    # ruleid: a-request-in-the-log
    log.warning("odd", name=name)
    # ruleid: a-request-in-the-log
    print(form.phone.data)
    # ok: a-request-in-the-log
    log.info("request", route=str(request.url_rule), status=200)
    # ruleid: an-error-in-the-log
    log.exception("failed")
    # ruleid: an-error-in-the-log
    log.error("failed", exc_info=True)
    # ok: an-error-in-the-log
    log.error("failed", kind=type(error).__name__, trace=frames(error))


def files(form):
    # ruleid: a-file-that-was-asked-for
    open(request.args["file"])
    # ruleid: a-file-that-was-asked-for
    Path(form.name.data)
    # ok: a-file-that-was-asked-for
    open(context.config().keys / "session.key")
    # ruleid: a-shell
    subprocess.run("ls " + name, shell=True)
    # ruleid: a-shell
    os.system("ls")
    # ok: a-shell
    subprocess.run(["ls", name])


# ruleid: forms-without-a-token
@csrf.exempt
@bp.post("/")
def sent(): ...


# ok: forms-without-a-token
@bp.post("/other")
def sent_with_token(): ...


def settings(app):
    # ruleid: forms-without-a-token
    csrf.exempt(bp)
    # ruleid: forms-without-a-token
    app.config["WTF_CSRF_ENABLED"] = False
    # ok: forms-without-a-token
    csrf.init_app(app)


def network():
    # ruleid: tls-unchecked
    httpx.get(url, verify=False)
    # ruleid: tls-unchecked
    ssl._create_unverified_context()
    # ok: tls-unchecked
    ssl.create_default_context()


def cookies(response, secure):
    # ruleid: a-cookie-without-its-marks
    response.set_cookie("a", "b")
    # ruleid: a-cookie-without-its-marks
    response.set_cookie("a", "b", httponly=True, samesite="Lax")
    # ok: a-cookie-without-its-marks
    response.set_cookie("a", "b", max_age=1, httponly=True, samesite="Lax", secure=secure)


def addresses():
    # ruleid: the-host-that-was-sent
    f"https://{request.host}/v/"
    # ruleid: the-host-that-was-sent
    url_for(".show", _external=True)
    # ok: the-host-that-was-sent
    url_for(".show")


def bodies(data):
    # ruleid: objects-from-bytes
    pickle.loads(data)
    # ruleid: objects-from-bytes
    eval(data)
    # ok: objects-from-bytes
    json.loads(data)
