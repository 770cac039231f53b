"""What is paid."""

from ledger.models import Transfer


class Payment(Transfer):
    """What moves between the ministry and a grantee, with its rights: registering, approving. The rows are the books' own."""

    class Meta:
        proxy = True
        verbose_name = "udbetaling"
        verbose_name_plural = "udbetalinger"
        default_permissions = ()
        permissions = [
            ("register_payment", "Kan registrere udbetalinger, tilbageførsler, tilbagebetalinger, videreformidlinger og modtagne regnskaber"),
            ("approve_payment", "Kan godkende udbetalinger og tilbageførsler"),
            ("check_accounts", "Kan kontrollere og godkende tilskudsmodtagernes regnskaber"),
            ("release_payments", "Kan frigive betalingsfiler"),
            ("reconcile_payments", "Kan afstemme betalinger"),
        ]
