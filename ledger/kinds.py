"""The words of the books: kinds of accounts and transfers, their steps and causes. The rules about them live in PostgreSQL (migrations/0002)."""

from django.db import models


class AccountKind(models.TextChoices):
    TREASURY = "treasury", "statskassen"
    FRAME = "frame", "ramme"
    EARMARK = "earmark", "øremærkning"
    GRANTEE = "grantee", "tilskudsmodtager"
    LOCAL = "local", "lokal aktør"
    USED = "used", "dokumenteret anvendt"
    WRITTEN_OFF = "written_off", "afskrevet"


class Kind(models.TextChoices):
    APPROPRIATION = "appropriation", "bevilling"
    EARMARKING = "earmarking", "øremærkning"
    RELEASE = "release", "frigivelse"
    REALLOCATION = "reallocation", "omdisponering"
    DISBURSEMENT = "disbursement", "udbetaling"
    REPAYMENT = "repayment", "tilbagebetaling"
    REGRANT = "regrant", "videreformidling"
    REGRANT_RETURNED = "regrant_returned", "tilbageført videreformidling"
    DOCUMENTED_USE = "documented_use", "dokumenteret forbrug"
    WRITE_OFF = "write_off", "afskrivning"
    LAPSE = "lapse", "bortfald"
    REVERSAL = "reversal", "tilbageførsel"


class Step(models.TextChoices):
    SINGLE = "single", "bogført"
    PENDING = "pending", "venter på godkendelse"
    POST = "post", "godkendt"
    VOID = "void", "annulleret"


class Cause(models.TextChoices):
    """Why money came back, why a claim is given up, or why a transfer is reversed."""

    ERROR = "error", "fejl"
    CHANGED_CONDITIONS = "changed_conditions", "ændrede forudsætninger"
    UNSPENT = "unspent", "uforbrugte midler"
    DISALLOWED = "disallowed", "ikke godkendt forbrug"
    OTHER = "other", "anden årsag"
    YEAR_END = "year_end", "ikke anvendt i finansåret"
    WAIVED = "waived", "bagatelgrænse"
    BANKRUPTCY = "bankruptcy", "konkurs"
    NEVER_SENT = "never_sent", "aldrig afsendt"
    BANK_RETURNED = "bank_returned", "returneret af banken"
    BOOKED_ANEW = "booked_anew", "bogført på ny"


REPAYMENT_CAUSES = (Cause.ERROR, Cause.CHANGED_CONDITIONS, Cause.UNSPENT, Cause.DISALLOWED, Cause.OTHER)
REUSABLE_CAUSES = (Cause.ERROR, Cause.CHANGED_CONDITIONS)
WRITE_OFF_CAUSES = (Cause.WAIVED, Cause.BANKRUPTCY)
PAYMENT_REVERSAL_CAUSES = (Cause.NEVER_SENT, Cause.BANK_RETURNED, Cause.BOOKED_ANEW)
SINGLE_STEP_KINDS = (Kind.REPAYMENT, Kind.REGRANT, Kind.REGRANT_RETURNED)
VOUCHER_KINDS = (Kind.APPROPRIATION, Kind.EARMARKING, Kind.REALLOCATION, Kind.DISBURSEMENT, Kind.DOCUMENTED_USE)
