"""Writes numbered records with an idempotent producer of librdkafka until it is told to end (a line on stdin), then reads all
back and compares. Debian's python3-confluent-kafka."""
import sys
import threading

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

bootstrap, topic, rate = sys.argv[1], sys.argv[2], int(sys.argv[3])
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": 120000})
acked, failed = set(), []


def told(number):
    return lambda error, _message: failed.append(str(error)) if error is not None else acked.add(number)


sent = 0
print("producing", flush=True)
while not ended.wait(0.05):
    for _ in range(max(1, rate // 20)):
        producer.produce(topic, key=b"k%d" % sent, value=b"%d" % sent, on_delivery=told(sent))
        sent += 1
    producer.poll(0)
left = producer.flush(120)

consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader of all", "enable.auto.commit": False, "enable.partition.eof": True})
partitions = list(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
read, open_ones = [], set(partitions)
while open_ones:
    message = consumer.poll(30)
    if message is None:
        raise SystemExit("nothing more came, and not all partitions had ended")
    if message.error() is None:
        read.append(int(message.value()))
    elif message.error().name() == "_PARTITION_EOF":
        open_ones.discard(message.partition())
    elif not message.error().retriable():
        raise KafkaException(message.error())
consumer.close()
lost, doubled = len(acked - set(read)), len(read) - len(set(read))
print("sent %d acked %d failed %d left %d lost %d doubled %d" % (sent, len(acked), len(failed), left, lost, doubled), flush=True)
