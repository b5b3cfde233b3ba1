#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""Takes messages of one channel from the outbox and posts them to a URL: an example to copy, explained in actions.md.

    deliver.py email http://127.0.0.1:8000/send                     until it is stopped
    deliver.py crm https://crm.example.com/leads zoho leads         as objects of a CRM system
    deliver.py email http://127.0.0.1:8000/send --once              until nothing is due

The database is that of libpq's environment (PGHOST, PGDATABASE and so on). It needs psycopg, version 3 or 2.
"""
import http.client
import json
import sys
import time
import urllib.error
import urllib.request

try:
    import psycopg
except ImportError:
    import psycopg2 as psycopg

MOST, LEASE, TIMEOUT, IDLE = 50, 120, 10, 2  # messages at once; seconds: they are ours, one post may take, between two looks


def post(url, message_id, payload):
    """The status to report, what to say of it, and when to try again."""
    # The receiver gets the same key if the message comes twice, and can leave the second one out.
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"clientele-{message_id}"}
    request = urllib.request.Request(url, json.dumps(payload).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return "sent", f"HTTP {answer.status}", None
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        # Asked to wait, or broken over there: later. Anything else would be refused again.
        status = "failed" if error.code in (408, 425, 429) or error.code >= 500 else "undeliverable"
        return status, f"HTTP {error.code}", f"{min(int(wait), 86400)} seconds" if wait.isdecimal() else None
    except (OSError, http.client.HTTPException) as error:  # a time-out, no connection
        return "failed", str(error), None


def deliver(connection, channel, url, crm):
    """Claims messages and posts them; returns how many it has claimed."""
    cursor = connection.cursor()
    began = time.monotonic()
    cursor.execute("SELECT message_id, payload, attempt FROM clientele.claim_messages(%s, %s, make_interval(secs => %s))",
                   (channel, MOST, LEASE))
    claimed = cursor.fetchall()
    for message_id, payload, attempt in claimed:
        if time.monotonic() - began > LEASE - 2 * TIMEOUT:
            break  # the rest may soon be another deliverer's
        if crm:
            cursor.execute("SELECT clientele.crm_payload(%s, %s, %s)", (*crm, message_id))
            payload = cursor.fetchone()[0]
        status, detail, wait = post(url, message_id, payload)
        cursor.execute("SELECT clientele.report_message(%s, %s, %s, %s, %s::interval)", (message_id, status, detail, attempt, wait))
    return len(claimed)


def main(channel, url, *crm):
    once = "--once" in crm
    crm = [word for word in crm if word != "--once"]
    while True:
        try:
            connection = psycopg.connect("")
            connection.autocommit = True  # a claim holds before anything is posted
            while deliver(connection, channel, url, crm) or not once:
                time.sleep(0 if once else IDLE)
            return
        except psycopg.OperationalError as error:  # the server has gone: what was not reported is claimed again
            print(error, file=sys.stderr)
            time.sleep(IDLE)


if __name__ == "__main__":
    main(*sys.argv[1:])
