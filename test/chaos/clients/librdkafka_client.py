"""
librdkafka through confluent-kafka as clients of a chaos run. A line of stdout is `NAME KIND …` (client-lines.ts); times
are of CLOCK_MONOTONIC in milliseconds, which all clients of a machine share. Ends when stdin says "stop", or ends.
"""

import queue
import random
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

CALL_TIMEOUT = 5
FLUSH_TIMEOUT = 90
COMMIT_EVERY = 0.3
LOOK_EVERY = 0.15
PATIENCE = {
    "retry.backoff.ms": 50,
    "reconnect.backoff.max.ms": 500,
    "topic.metadata.refresh.interval.ms": 1000,
    "socket.timeout.ms": 6000,
}


saying = threading.Lock()


def now():
    return time.monotonic() * 1000


class Teller:
    def __init__(self, name):
        self.name = name
        self.lines = []

    def tell(self, kind, *words):
        self.lines.append(f"{self.name} {kind} {' '.join(str(word) for word in words)}\n")

    def flush(self):
        if self.lines:
            with saying:
                sys.stdout.write("".join(self.lines))
                sys.stdout.flush()
            self.lines.clear()


def commands():
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line.strip())
        lines.put("stop")

    threading.Thread(target=read, daemon=True).start()
    return lines


def is_over(lines):
    try:
        return lines.get_nowait() == "stop"
    except queue.Empty:
        return False


def padding(chance):
    """Most records are small, some are not."""
    draw = chance.random()
    return "" if draw < 0.9 else " " + "x" * int(chance.random() * (3000 if draw < 0.995 else 60000))


def produce(bootstrap, topic, name, mode, partitions, rate):
    """Bursts of numbered records. mode: idempotent (acks=all) or acks1."""
    chance = random.Random(name)
    teller = Teller(name)
    lines = commands()
    settings = {"bootstrap.servers": bootstrap, "linger.ms": 2, "message.timeout.ms": 0, **PATIENCE}
    settings.update({"enable.idempotence": True, "acks": "all"} if mode == "idempotent" else {"acks": "1"})

    def failed(error):
        if error.fatal():
            teller.tell("!", f"fatal: {error.str()}")

    producer = Producer({**settings, "error_cb": failed})
    refused = []

    def delivered(error, message):
        if error is None:
            number = message.value().split(b" ", 1)[0].split(b":")[1].decode()
            offset = message.offset()
            # A duplicate of what is there was told without its place.
            teller.tell("a", now(), message.partition(), number, -1 if offset is None else offset)
        else:
            refused.append(str(error))

    number = 0
    due = time.monotonic()
    while not is_over(lines):
        partition = chance.randrange(int(partitions))
        burst = chance.choice([1, 1, 2, 5, 20, 60])
        for _ in range(burst):
            number += 1
            teller.tell("s", now(), partition, number)
            value = f"{name}:{number}{padding(chance)}".encode()
            while True:
                try:
                    producer.produce(topic, value=value, partition=partition, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.05)
                    teller.flush()
        due = max(due + burst / float(rate), time.monotonic() - 1)
        while True:
            producer.poll(max(0, min(0.02, due - time.monotonic())))
            teller.flush()
            if time.monotonic() >= due:
                break
    left = producer.flush(FLUSH_TIMEOUT)
    teller.tell("d", number, left, len(refused))
    for reason in sorted(set(refused)):
        teller.tell("~", f"not delivered: {reason}")
    teller.flush()


def tell_record(teller, message):
    """False when it is none."""
    if message is None:
        return False
    error = message.error()
    if error is None:
        value = message.value().split(b" ", 1)[0].decode()
        teller.tell("r", now(), message.partition(), message.offset(), value)
        return True
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        teller.tell("!", f"its place is out of range: {error.str()}")
    elif error.code() != KafkaError._PARTITION_EOF:
        teller.tell("~", error.str())
    return False


def consumer_of(bootstrap, group):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "error",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 1000,
            "fetch.wait.max.ms": 100,
            **PATIENCE,
        }
    )


def committed_of(consumer, partitions):
    """When it was asked, when it was answered, and what each partition has."""
    began = now()
    found = consumer.committed(partitions, timeout=CALL_TIMEOUT)
    return began, now(), found


def member(bootstrap, topic, name, group):
    """Reads from what its group has committed, and commits what it has read."""
    teller = Teller(name)
    lines = commands()
    consumer = consumer_of(bootstrap, group)
    following = {}
    done = {}

    def assigned(_, partitions):
        while partitions:
            try:
                began, ended, found = committed_of(consumer, partitions)
                problem = next((one.error for one in found if one.error), None)
                if problem is None:
                    break
                teller.tell("~", f"its offsets are not told: {problem}")
            except KafkaException as error:
                teller.tell("~", f"its offsets are not told: {error}")
                time.sleep(0.1)
        following.clear()
        done.clear()
        if not partitions:
            return
        for one in found:
            teller.tell("o", began, ended, one.partition, max(one.offset, -1))
            one.offset = max(one.offset, 0)
            teller.tell("k", ended, one.partition, one.offset)
        consumer.assign(found)

    def commit():
        asked = [TopicPartition(topic, p, at) for p, at in following.items() if done.get(p) != at]
        if not asked:
            return
        began = now()
        try:
            answered = consumer.commit(offsets=asked, asynchronous=False)
        except KafkaException as error:
            teller.tell("~", f"not committed: {error}")
            return
        for one in answered:
            if one.error is None:
                teller.tell("c", began, now(), one.partition, one.offset)
                done[one.partition] = one.offset

    def revoked(_, partitions):
        commit()
        following.clear()

    def lost(_, partitions):
        following.clear()

    consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked, on_lost=lost)
    commit_at = time.monotonic()
    while not is_over(lines):
        for message in consumer.consume(200, 0.1):
            if tell_record(teller, message):
                following[message.partition()] = message.offset() + 1
        if time.monotonic() >= commit_at:
            commit()
            commit_at = time.monotonic() + COMMIT_EVERY
        teller.flush()
    consumer.close()
    teller.flush()


def read(bootstrap, topic, name, partitions):
    """Reads all of it from the beginning, and is in no group."""
    teller = Teller(name)
    lines = commands()
    consumer = consumer_of(bootstrap, f"{name}-none")
    consumer.assign([TopicPartition(topic, p, 0) for p in range(int(partitions))])
    while not is_over(lines):
        for message in consumer.consume(500, 0.1):
            tell_record(teller, message)
        teller.flush()
    consumer.close()


def look(bootstrap, topic, name, partitions, *groups):
    """Asks where each partition ends, and what groups have committed, again and again."""
    teller = Teller(name)
    lines = commands()
    asked = [TopicPartition(topic, p) for p in range(int(partitions))]
    ends = consumer_of(bootstrap, f"{name}-none")
    of_groups = {group: consumer_of(bootstrap, group) for group in groups}

    def look_at_ends():
        of_ends = Teller(name)
        while True:
            for one in asked:
                try:
                    _, high = ends.get_watermark_offsets(one, timeout=CALL_TIMEOUT)
                    of_ends.tell("e", now(), one.partition, high)
                except KafkaException as error:
                    of_ends.tell("~", f"no end: {error}")
                of_ends.flush()
            time.sleep(LOOK_EVERY)

    threading.Thread(target=look_at_ends, daemon=True).start()
    while not is_over(lines):
        for group, consumer in of_groups.items():
            try:
                began, ended, found = committed_of(consumer, asked)
                for one in found:
                    if one.error is None:
                        teller.tell("o", began, ended, one.partition, max(one.offset, -1), group)
            except KafkaException as error:
                teller.tell("~", f"nothing of {group}: {error}")
        teller.flush()
        time.sleep(LOOK_EVERY)


def main():
    verb, *arguments = sys.argv[1:]
    {f.__name__: f for f in (produce, member, read, look)}[verb](*arguments)


main()
