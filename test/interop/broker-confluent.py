"""librdkafka through confluent-kafka, as broker-clients.test.ts drives it: one verb a run, JSON lines on stdout."""

import base64
import json
import queue
import sys
import threading

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

TIMEOUT = 30


def say(**fields):
    print(json.dumps(fields), flush=True)


def b64(data):
    return None if data is None else base64.b64encode(data).decode()


def commands():
    """Lines of stdin, without waiting for them."""
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line.strip())

    threading.Thread(target=read, daemon=True).start()
    return lines


def create(bootstrap, topic, partitions):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(topic, int(partitions), 1)], request_timeout=TIMEOUT).values():
        future.result()
    described = admin.list_topics(topic, timeout=TIMEOUT).topics[topic]
    say(partitions=sorted(described.partitions), error=str(described.error))


def delete(bootstrap, topic):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_topics([topic], operation_timeout=TIMEOUT).values():
        future.result()
    say(topics=sorted(admin.list_topics(timeout=TIMEOUT).topics))


def produce(bootstrap, topic, codec, start, count):
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "compression.codec": codec,
            "linger.ms": 20,
        }
    )
    sent = []

    def delivered(error, message):
        assert error is None, error
        sent.append(
            {
                "partition": message.partition(),
                "offset": message.offset(),
                "key": b64(message.key()),
                "value": b64(message.value()),
            }
        )

    for i in range(int(start), int(start) + int(count)):
        value = None if i % 17 == 16 else f"{codec} value {i} ".encode() + bytes(range(256))
        producer.produce(topic, key=f"key-{i}".encode(), value=value, on_delivery=delivered)
    assert producer.flush(TIMEOUT) == 0
    say(sent=sent)


def member(bootstrap, topic, group):
    """A member of the group. Commands: commit, leave."""
    lines = commands()
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 500,
        }
    )

    def assigned(_, partitions):
        say(assigned=sorted(p.partition for p in partitions))

    def revoked(_, partitions):
        say(revoked=sorted(p.partition for p in partitions))

    consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked)
    while True:
        message = consumer.poll(0.1)
        if message is not None:
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    say(error=str(message.error()))
            else:
                say(
                    partition=message.partition(),
                    offset=message.offset(),
                    key=b64(message.key()),
                    value=b64(message.value()),
                )
        try:
            command = lines.get_nowait()
        except queue.Empty:
            continue
        if command == "commit":
            done = consumer.commit(asynchronous=False)
            assert all(p.error is None for p in done)
            say(committed={str(p.partition): p.offset for p in done})
        if command == "leave":
            consumer.close()
            say(left=True)
            return


def committed(bootstrap, topic, group, partitions):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    found = consumer.committed([TopicPartition(topic, p) for p in range(int(partitions))], timeout=TIMEOUT)
    say(committed={str(p.partition): p.offset for p in found})
    consumer.close()


def load(bootstrap, topic, mode, partitions):
    """
    Writes numbered records to every partition until told to stop; each ack is a line. mode: idempotent (acks=all) or
    plain (acks=1).
    """
    lines = commands()
    settings = {"bootstrap.servers": bootstrap, "linger.ms": 2, "message.timeout.ms": 60000, "retry.backoff.ms": 50}
    settings["reconnect.backoff.max.ms"] = 500
    settings["topic.metadata.refresh.interval.ms"] = 1000
    settings["batch.num.messages"] = 50
    settings["queue.buffering.max.messages"] = 2000
    if mode == "idempotent":
        settings.update({"enable.idempotence": True, "acks": "all"})
    else:
        settings.update({"acks": "1"})
    producer = Producer(settings)
    acked = {p: [] for p in range(int(partitions))}
    failed = []
    out = []

    def delivered(error, message):
        number = int(message.value())
        if error is None:
            out.append(f"{message.partition()} {number} {message.offset()}")
        else:
            failed.append([message.partition(), number, str(error)])

    number = 0
    is_stopped = False
    while not is_stopped:
        for partition in acked:
            try:
                producer.produce(topic, value=str(number).encode(), partition=partition, on_delivery=delivered)
            except BufferError:
                producer.poll(0.05)
                continue
            number += 1
        producer.poll(0.002)
        if len(out) >= 200:
            print("\n".join(out), flush=True)
            out.clear()
        try:
            is_stopped = lines.get_nowait() == "stop"
        except queue.Empty:
            pass
    left = producer.flush(60)
    if out:
        print("\n".join(out), flush=True)
    say(done=True, left=left, failed=failed, sent=number)


def main():
    verb, *arguments = sys.argv[1:]
    verbs = {f.__name__: f for f in (create, delete, produce, member, committed, load)}
    verbs[verb](*arguments)


main()
