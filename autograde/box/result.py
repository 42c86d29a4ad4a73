"""What became of a cell, made from what a student's process sent, which may be anything."""

from dataclasses import dataclass, field

from ..student import protocol

ROOM = 1_000  # characters for what the recorder says of itself, and for what a program prints


@dataclass(frozen=True)
class CellResult:
    """What became of one cell. `status`: "ok", "error", "timeout", "died" or "not run".

    outputs: valid nbformat outputs; error, message: the name and the text of an exception; line: of
    the cell where it came up, from 1.
    """

    status: str
    outputs: list = field(default_factory=list)
    error: str | None = None
    message: str | None = None
    line: int | None = None

    @property
    def sentence(self) -> str | None:
        """The error in one line, or None."""
        return f"{self.error}: {self.message}".removesuffix(": ") if self.error else None


def cell_result(reply: dict, seconds: float) -> CellResult:
    """The result in a reply to a cell that had `seconds` to run. Raises nothing."""
    outputs = kept_outputs(as_list(reply.get("outputs")))
    error = reply.get("error") if isinstance(reply.get("error"), dict) else None
    if reply.get("interrupted"):
        message = f"this cell was stopped after {seconds:g} seconds; is there an endless loop?"
        shown = error_output("Timeout", message)
        return CellResult("timeout", [*outputs, shown], "Timeout", message, line_of(error))
    if error is None:
        return CellResult("ok", outputs)
    name = str(error.get("ename"))[: protocol.ERROR_NAME]
    message = str(error.get("evalue"))[: protocol.ERROR_TEXT]
    lines = as_list(error.get("traceback"))[: protocol.TRACEBACK_LINES]
    shown = error_output(name, message, [str(line)[: protocol.ERROR_TEXT] for line in lines])
    return CellResult("error", [*outputs, shown], name, message, line_of(error))


def as_list(value):
    return value if isinstance(value, list) else []


def line_of(error):
    line = error.get("line") if error else None
    return line if isinstance(line, int) and 0 < line < 1_000_000 else None


def error_output(name, message, traceback=None):
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": traceback or [f"{name}: {message}"],
    }


def kept_outputs(outputs):
    """Valid nbformat outputs made from `outputs`, no more of them and no longer than they may be;
    a student's process that keeps to the rules has sent no more."""
    kept, left = [], {"stream": protocol.CELL_TEXT + ROOM, "data": protocol.CELL_PICTURES}
    for output in map(clean_output, outputs[: protocol.CELL_OUTPUTS]):
        if output is None:
            continue
        kind = "stream" if output["output_type"] == "stream" else "data"
        left[kind] -= (
            len(output["text"]) if kind == "stream" else sum(map(len, output[kind].values()))
        )
        if left[kind] >= 0:
            kept.append(output)
    return kept


def clean_output(output):
    """A valid nbformat output made from `output`, or None: only text and pictures, nothing that a
    browser would run."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        return clean_stream(output)
    if kind in ("display_data", "execute_result"):
        return clean_display(kind, output.get("data"))
    return None


def clean_stream(output):
    name, text = output.get("name"), output.get("text")
    if name not in ("stdout", "stderr") or not isinstance(text, str):
        return None
    return {"output_type": "stream", "name": name, "text": text}


def clean_display(kind, data):
    shown = data if isinstance(data, dict) else {}
    kept = {mime: shown[mime] for mime in protocol.SHOWN if isinstance(shown.get(mime), str)}
    count = {"execution_count": None} if kind == "execute_result" else {}
    return {"output_type": kind, "data": kept, "metadata": {}, **count} if kept else None
