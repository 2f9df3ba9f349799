"""Reads a whole topic with kafka-python and prints each record as JSON, every byte of it as Base64."""

import base64
import json
import sys

from kafka import KafkaConsumer, TopicPartition


def text(data):
    return None if data is None else base64.b64encode(data).decode()


def main():
    servers, topic = sys.argv[1], sys.argv[2]
    consumer = KafkaConsumer(bootstrap_servers=servers.split(","), enable_auto_commit=False)
    partitions = [TopicPartition(topic, index) for index in sorted(consumer.partitions_for_topic(topic))]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    consumer.seek_to_beginning(*partitions)
    while any(consumer.position(one) < ends[one] for one in partitions):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                fields = {
                    "partition": record.partition,
                    "offset": record.offset,
                    "timestamp": record.timestamp,
                    "key": text(record.key),
                    "value": text(record.value),
                    "headers": [[name, text(data)] for name, data in record.headers],
                }
                print(json.dumps(fields))
    consumer.close()


main()
