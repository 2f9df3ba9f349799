"""Reads a topic as a member of a group, at most `rate` records a second, committing as it goes; says "consuming" when it has
partitions. A line on stdin lifts the limit; a second one ends it. Debian's python3-kafka.

It keeps to the rate by deadlines: what a slow poll or a busy machine has cost is made up for, as long as that is no more than
`owed_seconds_max`, so that who has waited for a leader does not read all of it at once. Commits are not waited for: a group
that can read faster than is written is never kept behind by them."""
import sys
import threading
import time

from kafka import KafkaConsumer

bootstrap, topic, group, rate = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
records_at_once_max = 200
commit_seconds = 0.1
owed_seconds_max = 0.5
unlimited = threading.Event()
ended = threading.Event()


def listen():
    sys.stdin.readline()
    unlimited.set()
    sys.stdin.readline()
    ended.set()


threading.Thread(target=listen, daemon=True).start()
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=bootstrap.split(","),
    group_id=group,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    session_timeout_ms=10000,
)
# Some four polls a second while the limit holds: a slow reader's commits go on evenly.
limited_at_once = min(records_at_once_max, max(1, rate // 4))
is_uncommitted = False


def committed(_offsets, answer):
    global is_uncommitted
    if isinstance(answer, Exception):  # the coordinator may be the broker that was just killed
        print("commit: %s" % answer, flush=True)
        is_uncommitted = True


seen = 0
due = committed_at = time.monotonic()
is_told = False
while not ended.is_set():
    at_once = records_at_once_max if unlimited.is_set() else limited_at_once
    # What is read and not yet committed is not kept waiting by a topic in which nothing more comes.
    records = consumer.poll(timeout_ms=int(commit_seconds * 1000), max_records=at_once)
    if not is_told and consumer.assignment():
        is_told = True
        print("consuming", flush=True)
    count = sum(len(batch) for batch in records.values())
    if count > 0:
        seen += count
        is_uncommitted = True
        due = max(due, time.monotonic() - owed_seconds_max) + count / rate
        unlimited.wait(max(0, due - time.monotonic()))
    if is_uncommitted and time.monotonic() - committed_at >= commit_seconds:
        is_uncommitted = False
        committed_at = time.monotonic()
        consumer.commit_async(callback=committed)
print("consumed %d" % seen, flush=True)
consumer.close(autocommit=False)
