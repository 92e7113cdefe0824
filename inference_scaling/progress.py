"""Messages on how far long work is: to a file that another process follows, or to a terminal."""

import json
import os
import sys

VARIABLE = "INFERENCE_SCALING_PROGRESS"


def report(event: str, name: str, done: int, of: int, seconds: float) -> None:
    """Report one event.

    Parameters
    ----------
    event : {"fit-start", "fit-done", "fit-stored"}
    name : str
        What is being fitted.
    done, of : int
        How many are finished, and of how many.
    seconds : float
        Wall time that it took so far.
    """
    file = os.environ.get(VARIABLE)
    if file:
        line = {"event": event, "name": name, "done": done, "of": of, "seconds": round(seconds, 3)}
        number = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(number, (json.dumps(line) + "\n").encode())
        finally:
            os.close(number)
    elif event == "fit-done" and sys.stderr.isatty():
        print(f"fit {done} of {of}: {name} ({seconds:.1f} s)", file=sys.stderr)
