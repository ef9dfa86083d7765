"""The list of commands. To add one: a module with `add_arguments(parser)` and
`run(arguments) -> exit status`, and a line here."""

from dataclasses import dataclass


def gettext(text: str) -> str:
    """Marks a text for translation; it is translated when it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Command:
    """One command. Internal ones are started by others and not shown in the help."""

    name: str
    summary: str
    module_name: str = ""
    internal: bool = False

    @property
    def module(self) -> str:
        """Named like the command unless Python keeps that name for itself, as it does `import`."""
        return f"{__name__}.{self.module_name or self.name}"


COMMANDS = (
    Command("serve", gettext("start everything: database, worker, web server")),
    Command("demo", gettext("fill an empty base with a simulated company")),
    Command("doctor", gettext("check this installation and say what to do")),
    Command("backup", gettext("write the database and all files into one file")),
    Command("restore", gettext("take the database and all files from a backup")),
    Command("import", gettext("import customers, products or orders"), "import_file"),
    Command("export", gettext("export records as CSV, XLSX or Parquet")),
    Command("score", gettext("compute all scores now")),
    Command("duplicates", gettext("look for customers who are on file twice")),
    Command("recycle", gettext("take customers back into their pools by the rules")),
    Command("disclose", gettext("write everything known of a person into one file")),
    Command("erase", gettext("erase a person and print the certificate")),
    Command("segment", gettext("count and list the customers a filter selects")),
    Command("prove", gettext("check every statistical method against its published table")),
    Command("user", gettext("create users")),
    Command("token", gettext("create tokens for the API")),
    Command("migrate", gettext("bring the database up to date")),
    Command("worker", gettext("do the jobs that wait, until stopped")),
    Command("web", gettext("answer the browsers, until stopped")),
    Command("prepare", gettext("what `serve` does before it opens the doors"), internal=True),
    Command(
        "settle", gettext("what `restore` does before the restored database is used"), internal=True
    ),
)
