"""What PostgreSQL refuses about grants that are closed out, in the words of the person who asked."""

from ledger.refusals import BooksClosed, Figures, NotSoBooked, Rules

NEEDS = {
    "granted": "bevillingen er ikke godkendt",
    "waiting": "noget venter på godkendelse",
    "proposals": "et forslag venter på afgørelse",
    "sent": "en udbetaling er ikke sendt",
    "paid": "en udbetaling er ikke bekræftet af økonomisystemet",
    "reports": "en statusrapport eller accepten af vilkårene er ikke modtaget",
    "accounts": "et regnskab er ikke modtaget og godkendt",
    "documented": "modtagne penge er ikke dokumenteret",
    "claims": "et krav er åbent",
    "left": "der står penge på øremærkningen",
    "planned": "rateplanen viser mere, end der er udbetalt",
    "objections": "en indsigelse er åben",
}


def _lacks(f: Figures) -> str:
    lacking = ", ".join(NEEDS[need] for need in NEEDS if need in f.get("missing", []))
    return f"Tilskuddet kan ikke afsluttes endnu: {lacking}. Se på siden »Afslut tilskuddet«, hvor hver ting gøres."


RULES: Rules = {
    "close_out_lacks_nothing": (NotSoBooked, None, _lacks),
    "close_out_is_of_one_grant": (NotSoBooked, None, lambda f: "En afslutning gælder ét tilskud. Foreslå den fra tilskuddets egen side."),
    "closed_out_grant_takes_nothing": (
        BooksClosed,
        "earmark",
        lambda f: (
            "Tilskuddet er afsluttet, så der kan ikke registreres mere på det. Er det nødvendigt, så foreslå på siden »Afslut tilskuddet«, at det åbnes igen."
        ),
    ),
    "close_out_has_its_letter": (NotSoBooked, None, lambda f: "Et tilskud afsluttes sammen med sit afslutningsbrev. Godkend forslaget fra dets egen side."),
    "close_out_letter_is_of_its_decision": (
        NotSoBooked,
        None,
        lambda f: "Et afslutningsbrev hører til den beslutning, der afsluttede tilskuddet, og er en PDF. Godkend afslutningen fra forslagets egen side.",
    ),
}
