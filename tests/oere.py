"""What the walk of the two bookkeepers counts in, and the refusals that it must have met."""

from decimal import Decimal

TELLING = (  # a run that does not meet these has proved little
    "account_limit_debits_never_exceed_credits",
    "day_limit_debits_never_exceed_credits",
    "settling: second_person_approves",
    "settling: pending_is_settled_once",
    "settling: rejection_has_a_reason",
    "period_is_open",
    "disbursement_is_inside_the_payment_window",
    "year_end_returns_what_came_back",
    "booked_anew_inherits_one_payment",
    "key_books_one_thing",
    "money_moves_along_the_tree",
)


def to_oere(kroner: Decimal) -> int:
    assert kroner * 100 == int(kroner * 100)
    return int(kroner * 100)


def to_kroner(oere: int) -> str:
    return f"{'-' if oere < 0 else ''}{abs(oere) // 100}.{abs(oere) % 100:02d}"
