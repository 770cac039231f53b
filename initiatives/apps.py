from django.apps import AppConfig


class InitiativesConfig(AppConfig):
    name = "initiatives"
    verbose_name = "Initiativer"

    def ready(self) -> None:
        from initiatives.refusals import RULES
        from ledger import refusals

        refusals.RULES.update(RULES)
