"""Reads a topic as a member of a group, `rate` records a second, committing as it goes. A line on stdin lifts the limit; a
second one ends it. Debian's python3-kafka."""
import sys
import threading
import time

from kafka import KafkaConsumer

bootstrap, topic, group, rate = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
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
    max_poll_records=20,
    session_timeout_ms=10000,
)
seen = 0
print("consuming", flush=True)
while not ended.is_set():
    records = consumer.poll(timeout_ms=200)
    count = sum(len(batch) for batch in records.values())
    if count == 0:
        continue
    seen += count
    if not unlimited.is_set():
        unlimited.wait(count / rate)
    try:
        consumer.commit()
    except Exception as error:  # the coordinator may be the broker that was just killed
        print("commit: %s" % error, flush=True)
print("consumed %d" % seen, flush=True)
consumer.close(autocommit=False)
