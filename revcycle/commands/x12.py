"""`revcycle x12`: read, check, total, split, anonymize and generate X12 files, without a stack."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.text import Text

from revcycle.commands.options import AsJson
from revcycle.refusal import Exit, RefusalError

if TYPE_CHECKING:
    from revcycle.x12.check import Checked
    from revcycle.x12.files import Opener
    from shared.x12.claim837_views import Guide

START = datetime(2026, 7, 1)  # noqa: DTZ001 - a day: the command line gives it no zone either
DEFAULT_CLAIMS = 1000
x12 = typer.Typer(help="Read, check, total, split, anonymize and generate X12 files.", no_args_is_help=True)
OneFile: TypeAlias = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE")]
Files: TypeAlias = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE...")]


def register(app: typer.Typer) -> None:
    x12.command()(inspect)
    x12.command()(validate)
    x12.command()(totals)
    x12.command()(split)
    x12.command()(anonymize)
    x12.command()(generate)
    app.add_typer(x12, name="x12")


def inspect(
    file: OneFile,
    segments: Annotated[bool, typer.Option("--segments", help="Every segment, not only names and amounts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a file as a tree: envelopes, loops, names, amounts. Shows patient data, as the file does."""
    from revcycle.x12.files import unreadable, watched
    from revcycle.x12.outline import outline
    from revcycle.x12.show import batched, tree_json, tree_texts
    from shared.x12.findings import X12Error

    console = Console()
    plain = console.color_system is None
    with watched([file], "reading") as opened:
        try:
            nodes = outline(opened(file)(), every_segment=segments)
            if as_json:
                for pieces in batched(tree_json(nodes)):
                    typer.echo("".join(pieces), nl=False)
            else:
                for text in tree_texts(nodes):
                    typer.echo(text.plain) if plain else console.print(text, soft_wrap=True)
        except X12Error as error:
            raise unreadable(file, error) from None


def validate(
    files: Files,
    ack: Annotated[bool, typer.Option("--ack", help="Write the TA1 and 999 that answer each file.")] = False,
    out: Annotated[Path, typer.Option(help="Where --ack writes.", file_okay=False)] = Path(),
    as_json: AsJson = False,
) -> None:
    """Check files: envelope, loops, elements, sums, codes. Exit code 1 when one has an error.

    Findings name places and rules, never values of the file.
    """
    from revcycle.x12.check import check
    from revcycle.x12.files import watched
    from revcycle.x12.show import checked_json, findings_table, summary_line

    with watched(files, "checking", passes=3 if ack else 2) as opened:
        checked = {file: check(opened(file)) for file in files}
        written = _acknowledge({file: opened(file) for file in files}, checked, out) if ack else {}
    if as_json:
        found = {str(file): checked_json(one) for file, one in checked.items()}
        typer.echo(
            json.dumps({path: one | {"answers": written.get(path, [])} for path, one in found.items()}, indent=2)
        )
    else:
        console = Console()
        if any(one.findings for one in checked.values()):
            console.print(findings_table(checked))
        for file, one in checked.items():
            console.print(summary_line(file, one), soft_wrap=True)
        for paths in written.values():
            console.print(Text(f"Written: {', '.join(paths)}"), soft_wrap=True)
    if any(one.errors for one in checked.values()):
        raise typer.Exit(Exit.FAILED)


def _acknowledge(files: "dict[Path, Opener]", checked: "dict[Path, Checked]", out: Path) -> dict[str, list[str]]:
    """The paths of the answers to each readable file. Two files of one name get answers of different names."""
    from revcycle.x12.answer import answers, control_number_at
    from revcycle.x12.files import Parts

    out.mkdir(parents=True, exist_ok=True)
    at, written, taken = datetime.now(UTC), dict[str, list[str]](), set[str]()
    first, inputs = control_number_at(at), {one.resolve() for one in files}
    for index, (file, open_file) in enumerate(files.items()):
        stem = file.stem if file.stem not in taken else f"{file.stem}-{len(taken) + 1}"
        taken.add(stem)
        made = set[str]()
        if not checked[file].readable:
            continue
        with Parts() as parts:
            for extension, piece in answers(open_file(), at, first + 2 * index):
                target = out / f"{stem}.{extension}"
                if target.resolve() in inputs:
                    message = f"The answer would be written over {target}: name another place with --out."
                    raise RefusalError(message, Exit.REFUSED)
                parts.write(target, piece)
                made.add(str(target))
        if made:
            written[str(file)] = sorted(made, reverse=True)
    return written


def totals(files: Files, as_json: AsJson = False) -> None:
    """The figures of files of any kind: counts, charges, payments, adjustments, verdicts, what does not balance.

    With --json one object keyed by path, for a second reader to agree with. A file that has no figures gets an
    `error`, and the exit code is 1.
    """
    from revcycle.x12.files import watched
    from revcycle.x12.show import totals_table

    with watched(files, "adding up", passes=2) as opened:
        figures = {str(file): _figures(opened(file)) for file in files}
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        Console().print(totals_table(figures))
    if any("error" in one for one in figures.values()):
        raise typer.Exit(Exit.FAILED)


def _figures(open_file: "Opener") -> dict[str, Any]:
    from shared.x12.findings import X12Error
    from shared.x12.tokens import read_segments
    from shared.x12.totals import totals as figures_of

    try:
        next(read_segments(open_file()), None)  # says why a file cannot be read, where totals say only that it cannot
        return figures_of(open_file)
    except X12Error as error:
        return {"error": error.finding.code, "message": str(error)}


def split(
    file: OneFile,
    out: Annotated[Path, typer.Option(help="The directory of the parts.", file_okay=False)],
    claims: Annotated[int | None, typer.Option(min=1, help="So many claims of an 837 in a part.")] = None,
    transactions: Annotated[bool, typer.Option("--transactions", help="One transaction set in a part.")] = False,
    size: Annotated[str | None, typer.Option(help="No part larger than this, for example 20MB.")] = None,
    first_control_number: Annotated[
        int | None, typer.Option(min=1, max=999_999_999, help="ISA13 of the first part; without it, the file's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Split a file into files with envelopes and counts of their own: by claim, by transaction set, or by size."""
    from revcycle.x12.files import unreadable, watched
    from revcycle.x12.parts import write_parts
    from shared.x12.findings import X12Error
    from shared.x12.split import Rule
    from shared.x12.split import split as split_file

    if [claims is not None, transactions, size is not None].count(True) != 1:
        raise typer.BadParameter("name one of --claims N, --transactions and --size BYTES")
    rule = Rule(claims, _size_bytes(size), first_control_number)
    with watched([file], "splitting") as opened:
        try:
            written = write_parts(split_file(opened(file)(), rule), out, file)
        except X12Error as error:
            raise unreadable(file, error) from None
    if as_json:
        typer.echo(json.dumps({"parts": [str(one) for one in written]}, indent=2))
    else:
        Console().print(Text(f"{len(written)} parts in {out}"), soft_wrap=True)
    if not written:
        message = f"{file}: nothing to split: it holds no transaction set, or an 837 without claims."
        raise RefusalError(message)


def _size_bytes(text: str | None) -> int | None:
    from revcycle.x12.files import parse_size

    try:
        return None if text is None else parse_size(text)
    except ValueError:
        raise typer.BadParameter("a size is a number of bytes, or like 500k, 20MB, 1GB", param_hint="--size") from None


def anonymize(
    files: Files,
    out: Annotated[Path, typer.Option(help="The directory of the anonymized files.", file_okay=False)],
    secret_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What the fakes hang on; without it, a secret nobody keeps."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the files with fake names, identifiers and dates of the same form. Amounts and codes stay.

    One value has one fake in all files of a call, and in later calls with the same secret. File names stay.
    """
    import secrets

    from revcycle.x12.files import unreadable, watched, whole
    from shared.x12.anonymize import Anonymizer
    from shared.x12.findings import X12Error

    if len({file.name for file in files}) < len(files):
        raise RefusalError("Two of the files have the same name: anonymize them into different directories.")
    anonymizer = Anonymizer(secret_file.read_bytes() if secret_file else secrets.token_bytes(32))
    out.mkdir(parents=True, exist_ok=True)
    with watched(files, "anonymizing") as opened:
        for file in files:
            try:
                with whole(out / file.name) as target:
                    target.writelines(anonymizer.file(opened(file)()))
            except X12Error as error:
                raise unreadable(file, error) from None
    written = [str(out / file.name) for file in files]
    typer.echo(json.dumps({"files": written}, indent=2) if as_json else "\n".join(written))


def generate(
    kind: Annotated[str, typer.Argument(help="837P, 837I, 837D, 835, 270, 271, 276, 277, 277CA, 278 or 999.")],
    out: Annotated[Path, typer.Option(help="The file to write.", dir_okay=False)],
    claims: Annotated[
        int | None, typer.Option(min=1, help="So many claims, or questions and answers about them.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Until the file is so big, for example 1GB.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds, equal claims, in every kind.")] = 2026,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Services lie in the weeks before.")] = START,
    defect: Annotated[list[str] | None, typer.Option(help="What should be wrong; may be given more than once.")] = None,
    every: Annotated[int, typer.Option(min=1, help="One claim, and one transaction set, in so many is wrong.")] = 10,
    guide: Annotated[str, typer.Option(help="Whose claims the other kinds speak of: 837P, 837I or 837D.")] = "837P",
    as_json: AsJson = False,
) -> None:
    """Write a file about people who do not exist, of any size, sound or with the defects you name."""
    from revcycle.x12.files import counted, whole
    from shared.x12.generate import Order
    from shared.x12.generate import generate as pieces_of

    size_bytes = _size_bytes(size)
    if claims is None and size_bytes is None:
        claims = DEFAULT_CLAIMS
    try:
        order = Order(
            kind.upper(), claims, size_bytes, seed, start.date(), frozenset(defect or ()), every, guide=_guide(guide)
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    written_bytes = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole(out) as file, counted("generating", size_bytes) as wrote:
        for piece in pieces_of(order):
            written_bytes += file.write(piece)
            wrote(len(piece))
    if as_json:
        typer.echo(json.dumps({"file": str(out), "kind": order.kind, "bytes": written_bytes, "seed": seed}, indent=2))
    else:
        Console().print(Text(f"{out}: {written_bytes:,} bytes"), soft_wrap=True)


def _guide(text: str) -> "Guide":
    match text.upper():
        case "837P" | "837I" | "837D" as guide:
            return guide
        case _:
            raise typer.BadParameter("claims are of 837P, 837I or 837D", param_hint="--guide")
