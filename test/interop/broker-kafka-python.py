"""kafka-python, as broker-clients.test.ts drives it: one verb a run, JSON lines on stdout."""

import base64
import json
import queue
import sys
import threading

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic


def say(**fields):
    print(json.dumps(fields), flush=True)


def b64(data):
    return None if data is None else base64.b64encode(data).decode()


def commands():
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line.strip())

    threading.Thread(target=read, daemon=True).start()
    return lines


def create(bootstrap, topic, partitions):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    answer = admin.create_topics([NewTopic(topic, int(partitions), 1)], timeout_ms=30000)
    errors = [list(error) for error in answer.topic_errors]
    described = admin.describe_topics([topic])[0]
    say(partitions=sorted(p["partition"] for p in described["partitions"]), error=str(errors[0][1]))
    admin.close()


def delete(bootstrap, topic):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    admin.delete_topics([topic], timeout_ms=30000)
    say(topics=sorted(admin.list_topics()))
    admin.close()


def produce(bootstrap, topic, codec, start, count):
    producer = KafkaProducer(
        bootstrap_servers=bootstrap.split(","),
        acks="all",
        compression_type=None if codec == "none" else codec,
        linger_ms=20,
    )
    sent = []
    for i in range(int(start), int(start) + int(count)):
        key = f"key-{i}".encode()
        value = None if i % 17 == 16 else f"{codec} value {i} ".encode() + bytes(range(256))
        sent.append((key, value, producer.send(topic, key=key, value=value)))
    producer.flush(30)
    records = []
    for key, value, future in sent:
        meta = future.get(30)
        records.append({"partition": meta.partition, "offset": meta.offset, "key": b64(key), "value": b64(value)})
    say(sent=records)
    producer.close()


class Listener(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        say(revoked=sorted(p.partition for p in revoked))

    def on_partitions_assigned(self, assigned):
        say(assigned=sorted(p.partition for p in assigned))


def member(bootstrap, topic, group):
    lines = commands()
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
    )
    consumer.subscribe([topic], listener=Listener())
    while True:
        for records in consumer.poll(100).values():
            for record in records:
                say(partition=record.partition, offset=record.offset, key=b64(record.key), value=b64(record.value))
        try:
            command = lines.get_nowait()
        except queue.Empty:
            continue
        if command == "commit":
            consumer.commit()
            own = sorted(consumer.assignment(), key=lambda p: p.partition)
            say(committed={str(p.partition): consumer.committed(p) for p in own})
        if command == "leave":
            consumer.close(autocommit=False)
            say(left=True)
            return


def committed(bootstrap, topic, group, partitions):
    consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), group_id=group, enable_auto_commit=False)
    found = {str(p): consumer.committed(TopicPartition(topic, p)) for p in range(int(partitions))}
    say(committed=found)
    consumer.close(autocommit=False)


def main():
    verb, *arguments = sys.argv[1:]
    verbs = {f.__name__: f for f in (create, delete, produce, member, committed)}
    verbs[verb](*arguments)


main()
