import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from ensomhed.management.commands.serve import HOST, PORT, TAKEN, free, serve, stop_in_order


class Command(BaseCommand):
    help = "Starts everything: database, allocation, demo people, an invented story, and the site. Stop it with Ctrl-C; the data stays for the next start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument("--empty", action="store_true", help="leave the invented story out")
        parser.add_argument("--prepare", action="store_true", help="prepare everything and do not serve")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo makes people with a known password and does not run with DEBUG off.")
        if not options["prepare"] and not free(HOST, options["port"]):
            raise CommandError(TAKEN.format(host=HOST, port=options["port"]))
        stop_in_order()
        self.started = time.monotonic()
        from initiatives import demo
        from initiatives.deadlines import reminders

        self.say("Database")
        call_command("migrate", verbosity=0, interactive=False)
        self.say("Prøvepersoner")
        people = demo.create_people()
        self.say("Udmøntningen: 20,8 mio. kr. og 1,5 mio. kr.")
        demo.load_allocation(people)
        if not options["empty"]:
            self.say("Prøvehistorien 2023-2025")
            if not demo.play_story(people):
                self.say("Bøgerne har allerede egne bevægelser: historien er udeladt")
        reminders.send()  # in the place of a timer
        self.say("Klar")
        if not options["prepare"]:
            settings.DEBUG = False  # from here on as in production: no yellow pages
            serve(HOST, options["port"], lambda: self.greet(options["port"]))

    def greet(self, port: int) -> None:
        """The address, and who can log in there."""
        from initiatives import demo

        self.stdout.write(f"\n  http://{HOST}:{port}/   (adgangskode for alle: {demo.PASSWORD})\n\n")
        width = max(len(f"{person.first_name} {person.last_name}") for person in demo.PEOPLE)
        for person in demo.PEOPLE:
            self.stdout.write(f"    {person.username:<8}{f'{person.first_name} {person.last_name}':<{width}}  {person.job_title}")
        self.stdout.write("\n  Stop med Ctrl-C.\n")
        self.stdout.flush()

    def say(self, step: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.started:5.1f} s] {step}")
        self.stdout.flush()
