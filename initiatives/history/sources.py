"""Where the log's rows come from: one question in SQL for each, with the same columns. Names of people and things are looked up as they are today."""

from dataclasses import dataclass

HIDDEN = "'{pgh_id,pgh_created_at,pgh_label,pgh_context,pgh_obj_id,id}'::text[]"

EARLIER = "LEFT JOIN LATERAL (SELECT * FROM initiatives_{}history e WHERE e.pgh_obj_id = h.pgh_obj_id AND e.pgh_id < h.pgh_id ORDER BY e.pgh_id DESC LIMIT 1) p ON true"


@dataclass(frozen=True)
class Source:
    """One table. `moment` and `id` are indexed together: they are the log's order."""

    name: str
    rows: str
    """what follows FROM"""
    moment: str
    id: str
    person: str
    deed: str
    """what happened, as a code"""
    about: str = "''"
    sort: str = "''"
    """of a proposal its kind, whose words are used"""
    before: str = "NULL::jsonb"
    after: str = "NULL::jsonb"
    note: str = "''"
    """a reason, a message: what was said along with it"""
    proposal: str = "NULL::bigint"
    """the proposal that it is a part of"""
    address: str = "''"
    url: str = "''"
    only: str = "true"
    searched: str = ""
    """what a text is looked for in, where that is not all of the above"""


def _history(name: str, about: str, *, join: str = "", shown: str = "", person: str = "NULL::bigint", one: bool = True) -> Source:
    """The history of a table: what a row was before is what was kept of it the time before."""
    now, then = (f"jsonb_strip_nulls({shown})", "NULL::jsonb") if shown else (f"to_jsonb(h) - {HIDDEN}", f"to_jsonb(p) - {HIDDEN}")
    earlier = EARLIER.format(name)
    return Source(
        name=name,
        rows=f"initiatives_{name}history h {join} {earlier if one and not shown else ''}",
        moment="h.pgh_created_at",
        id="h.pgh_id",
        person=f"coalesce((h.pgh_context->>'user')::bigint, {person})",
        deed="h.pgh_label",
        about=about,
        before=f"CASE h.pgh_label WHEN 'update' THEN {then} WHEN 'delete' THEN {now} END",
        after=f"CASE WHEN h.pgh_label IN ('insert', 'update') THEN {now} END",
        address="coalesce(h.pgh_context->>'address', '')",
        url="coalesce(h.pgh_context->>'url', '')",
        only="h.pgh_label <> 'begun'",
        searched="" if shown else "h::text",  # not what it was before: the row that brought it says it, and looking that up for every row takes seconds
    )


def _of(table: str, key: str) -> str:
    return f"LEFT JOIN {table} ON {table}.id = h.{key}"


USER, GROUP, PERMISSION, GRANTEE = "ensomhed_user", "auth_group", "auth_permission", "initiatives_grantee"
PROPOSED = "JOIN initiatives_proposalkind k ON k.code = o.kind_id LEFT JOIN initiatives_grantee g ON g.id = o.grantee_id LEFT JOIN initiatives_earmark e ON e.id = o.earmark_id LEFT JOIN initiatives_grantee eg ON eg.id = e.grantee_id LEFT JOIN ensomhed_user su ON o.subject = 'user:' || su.id"
ABOUT_PROPOSAL = "concat_ws(' ', 'nr. ' || o.id || ',', k.name, coalesce(g.name, eg.name, o.after->>'name', nullif(trim(su.first_name || ' ' || su.last_name), ''), substring(o.subject FROM '^period:(.+)')))"

SOURCES = (
    Source("event", "initiatives_event v", "v.at", "v.id", "v.by_id", "v.what", about="v.about", after="v.figures", address="v.address", url="v.url"),
    Source(
        "refusal",
        "ledger_refusal r",
        "r.refused_at",
        "r.id",
        "r.asked_by_id",
        "'refused_by_books'",
        about="r.rule",
        note="r.message",
        after="r.request",
    ),
    Source("attempt", "ensomhed_attempt a", "a.at", "a.id", "a.person_id", "'attempt_' || a.outcome", sort="a.step", address="a.source"),
    Source(
        "proposal",
        f"initiatives_proposal o {PROPOSED}",
        "o.proposed_at",
        "o.id",
        "o.proposed_by_id",
        "'proposed'",
        about=ABOUT_PROPOSAL,
        sort="o.kind_id",
        proposal="o.id",
        before="o.before",
        after="o.after",
        note="o.reason",
    ),
    Source(
        "verification",
        f"initiatives_verification w JOIN initiatives_proposal o ON o.id = w.proposal_id {PROPOSED}",
        "w.verified_at",
        "w.id",
        "w.verified_by_id",
        "'verified'",
        about=ABOUT_PROPOSAL,
        sort="o.kind_id",
        proposal="o.id",
        note="w.how",
    ),
    Source(
        "decision",
        f"initiatives_decision d JOIN initiatives_proposal o ON o.id = d.proposal_id {PROPOSED}",
        "d.decided_at",
        "d.id",
        "d.decided_by_id",
        "CASE WHEN d.approved THEN 'approved' WHEN d.decided_by_id = o.proposed_by_id THEN 'withdrawn' ELSE 'rejected' END",
        about=ABOUT_PROPOSAL,
        sort="o.kind_id",
        proposal="o.id",
        before="CASE WHEN d.approved THEN o.before END",
        after="CASE WHEN d.approved THEN o.after END",
        note="d.reason",
    ),
    _history("user", "h.username"),
    _history("role", "coalesce(ensomhed_user.username, h.user_id::text)", join=_of(USER, "user_id") + " " + _of(GROUP, "group_id"), shown="jsonb_build_object('rolle', auth_group.name)"),
    _history("right", "coalesce(auth_group.name, h.group_id::text)", join=_of(GROUP, "group_id") + " " + _of(PERMISSION, "permission_id"), shown="jsonb_build_object('ret', auth_permission.name)"),
    _history("permission", "coalesce(ensomhed_user.username, h.user_id::text)", join=_of(USER, "user_id") + " " + _of(PERMISSION, "permission_id"), shown="jsonb_build_object('ret', auth_permission.name)"),
    _history("group", "h.name"),
    _history("member", "coalesce(initiatives_grantee.name, h.grantee_id::text)", join=_of(GRANTEE, "grantee_id") + " " + _of(USER, "user_id"), shown="jsonb_build_object('bruger', ensomhed_user.username)"),
    _history("factor", "coalesce(ensomhed_user.username, h.user_id::text)", join=_of(USER, "user_id"), shown="jsonb_build_object('art', h.type)"),
    _history("key", "coalesce(ensomhed_user.username, h.user_id::text)", join=_of(USER, "user_id"), shown="'{}'::jsonb", one=False),
    _history("grantee", "h.name"),
    _history("earmark", "h.slug"),
    _history("frame", "h.name"),
    _history("initiative", "h.name"),
    _history("agreement", "h.name"),
    _history("localactor", "h.name"),
    _history("period", "h.code", person="h.closed_by_id"),
)  # fmt: skip
