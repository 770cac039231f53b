"""What PostgreSQL refuses about year profiles, in the words of the person who asked."""

from ledger.refusals import NotSoBooked, Rules, SecondPerson

ASK = "Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren."

RULES: Rules = {
    "year_profile_is_recorded_with_the_right": (SecondPerson, None, lambda f: f"Kun controlleren skriver finanslovens tal ind. {ASK}"),
    "year_profile_names_its_source": (
        NotSoBooked,
        "source",
        lambda f: "Angiv, hvor tallene står, for eksempel »Finanslov 2023, § 15.71.13.10, standardkonto 46«.",
    ),
    "year_profile_says_why_it_changed": (
        NotSoBooked,
        "reason",
        lambda f: f"Finanslovens tal er allerede skrevet ind (version {f.get('number')}). Angiv, hvorfor de ændres; begge versioner bliver stående.",
    ),
    "year_profile_has_figures": (NotSoBooked, None, lambda f: "Angiv tallet for mindst ét finansår."),
    "year_profile_has_each_year_once": (NotSoBooked, None, lambda f: "Hvert finansår har ét tal. Genindlæs siden, og prøv igen."),
    "year_figure_is_in_whole_oere": (
        NotSoBooked,
        None,
        lambda f: f"Tallet for {f.get('year')} kan ikke bruges: det er 0 kr. eller mere, under 1.000.000.000.000 kr. og i hele øre. Ret det.",
    ),
}
