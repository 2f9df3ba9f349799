"""Writes `rate` records a second to a topic until it is told to end (a line on stdin). Debian's python3-kafka."""
import sys
import threading
import time

from kafka import KafkaProducer

bootstrap, topic, rate = sys.argv[1], sys.argv[2], int(sys.argv[3])
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
producer = KafkaProducer(bootstrap_servers=bootstrap.split(","), acks=1, retries=1000, max_block_ms=60000)
sent = 0
begun = time.monotonic()
print("producing", flush=True)
while not ended.is_set():
    due = int((time.monotonic() - begun) * rate)
    while sent < due:
        producer.send(topic, key=b"k%d" % sent, value=b"record %d" % sent)
        sent += 1
    ended.wait(0.05)
producer.flush(30)
print("produced %d" % sent, flush=True)
