import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

PLACE = "ensomhed-bench-"
FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG")


def _sizes(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


class Command(BaseCommand):
    help = "Measures the books beside the smallest correct SQL, or the ministry's pages, on a throw-away database of its own; nothing of yours is touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject", choices=["ledger", "pages"])
        parser.add_argument("--quick", action="store_true", help="short rounds and small books: a look, not a measurement")
        parser.add_argument("--sizes", type=_sizes, help="transfers in the books, comma-separated; 1000,100000,1000000 unless told otherwise (pages: 100000)")
        parser.add_argument("--grantees", type=int, default=1000, help="grantees in all, for the pages")

    def handle(self, *args: Any, **options: Any) -> None:
        subject, quick, grantees = options["subject"], options["quick"], options["grantees"]
        usual = ([2_000] if quick else [100_000]) if subject == "pages" else [1_000, 10_000] if quick else [1_000, 100_000, 1_000_000]
        sizes = options["sizes"] or usual
        if not settings.VAR_DIR.name.startswith(PLACE):
            self.elsewhere([subject, "--sizes", ",".join(map(str, sizes)), "--grantees", str(grantees), *(["--quick"] if quick else [])])
        elif subject == "pages":
            self.measure_pages(sizes[-1], min(grantees, 50) if quick else grantees)
        else:
            self.measure(sizes, quick)

    def elsewhere(self, arguments: list[str]) -> None:
        """The same command once more, where the project finds nothing but an empty folder."""
        place = Path(tempfile.mkdtemp(prefix=PLACE))
        environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        environment |= {"ENSOMHED_VAR": str(place), "DJANGO_SETTINGS_MODULE": "ensomhed.settings", "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen([sys.executable, "-m", "django", "bench", *arguments], cwd=settings.BASE_DIR, env=environment)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()  # it was interrupted as well and stops its server first
            raise CommandError("Interrupted; nothing is left behind.", returncode=130) from None
        finally:
            shutil.rmtree(place, ignore_errors=True)
        if code:
            raise CommandError("The measurement stopped; the lines above say why.", returncode=code)

    def measure_pages(self, transfers: int, grantees: int) -> None:
        from initiatives import bench_desk, bench_pages
        from ledger import bench_ground

        call_command("migrate", verbosity=0, interactive=False)
        people = bench_desk.lay(grantees, transfers, self.stdout.write)
        self.stdout.write(f"  {bench_ground.count():,} transfers in the books")
        settings.DEBUG = False
        self.conclude(bench_pages.run(people, self.stdout.write))

    def conclude(self, short: list[str]) -> None:
        self.stdout.write("\nFalls short:" if short else "\nEverything is as wanted.")
        for line in short:
            self.stdout.write(f"  {line}")

    def measure(self, sizes: list[int], quick: bool) -> None:
        from initiatives import bench as verbs
        from ledger import bench, bench_ground

        call_command("migrate", verbosity=0, interactive=False)
        ground = verbs.ground()
        bench_ground.lay()
        verbs.describe(ground)
        bench_ground.grant(ground)
        verbs.make_ready(ground)
        bench_ground.pay(ground)
        measure = bench.Measure(rounds=1 if quick else 5, seconds=0.5 if quick else 2, sizes=sizes)
        short = bench.run(ground, measure, {"payments.register_disbursement": "initiatives.bench.register_disbursement"}, self.stdout.write)
        self.conclude(short)
        if short:
            self.stdout.write(bench.WHY)
