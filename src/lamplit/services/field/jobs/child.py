"""The process of one job: `python -m lamplit.services.field.jobs.child HOME JOB`.

Its standard input is the line to its server: when that ends, so does the job.
"""

from __future__ import annotations

import os
import sys
import threading

from lamplit.services.field.jobs.work import perform
from lamplit.services.field.office import Office
from lamplit.services.home import Home

NICER = 5
"""Requests go first."""
ORPHANED = 3


def main(home: str, job_id: str) -> None:
    """Do the job."""
    os.nice(NICER)
    threading.Thread(target=_with_the_server, daemon=True).start()
    office = Office.open(Home.open(home))
    try:
        perform(office, job_id)
    finally:
        office.db.close()


def _with_the_server() -> None:
    # Unbuffered, so that an end of the job itself waits for no lock of this thread's.
    while os.read(sys.stdin.fileno(), 1):
        continue
    # Nothing is left half done by it: writes are renames and transactions.
    os._exit(ORPHANED)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
