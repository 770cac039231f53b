from django.apps import AppConfig


class InitiativesConfig(AppConfig):
    name = "initiatives"
    verbose_name = "Initiativer"

    def ready(self) -> None:
        import initiatives.control.kinds  # noqa: F401 — the words of every kind of proposal
        from initiatives.refusals import RULES
        from ledger import refusals

        refusals.RULES.update(RULES)
