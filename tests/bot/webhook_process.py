"""A process that sends what is due, to be killed while it does: ``python … <database> <now>``."""

import sys
from datetime import datetime

from bot.outbound import read_networks
from bot.webhooks import WebhookSender
from storage import Jobs, open_database
from storage.work_runs import InlineWork
from tests.hazards.taken import KEY

if __name__ == "__main__":
    now = datetime.fromisoformat(sys.argv[2])
    jobs = Jobs()
    WebhookSender(KEY, read_networks(["127.0.0.0/8"])).register(jobs)
    with open_database(sys.argv[1]) as database:
        InlineWork(database, jobs, lambda: now).run_due(now)
