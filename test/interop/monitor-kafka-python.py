"""What kafka-python sees of a cluster, for comparison with the monitor. Prints one JSON document a line."""
import json
import sys

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.partitioner.default import murmur2


def lag(bootstrap, group):
    """Committed, start, end and lag of every partition that has a commit."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    committed = admin.list_consumer_group_offsets(group)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    partitions = sorted(committed)
    ends = consumer.end_offsets(partitions)
    starts = consumer.beginning_offsets(partitions)
    rows = [
        [at.topic, at.partition, committed[at].offset, starts[at], ends[at], ends[at] - committed[at].offset]
        for at in partitions
    ]
    consumer.close()
    admin.close()
    return rows


def commit(bootstrap, group, topic, offsets):
    """Commits given offsets from outside of any membership."""
    from kafka.structs import OffsetAndMetadata

    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, int(partition)) for partition in offsets])
    consumer.commit({TopicPartition(topic, int(p)): OffsetAndMetadata(offset, "") for p, offset in offsets.items()})
    consumer.close()
    return True


def member(bootstrap, group, topic):
    """Joins, tells its assignment whenever it changes, until stdin ends."""
    import select

    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    told = None
    while not select.select([sys.stdin], [], [], 0)[0]:
        consumer.poll(timeout_ms=100)
        assigned = sorted(at.partition for at in consumer.assignment())
        if assigned != told:
            told = assigned
            print(json.dumps(assigned), flush=True)
    consumer.close()
    return None


def partitions(_bootstrap, count, *keys):
    return [(murmur2(key.encode()) & 0x7FFFFFFF) % int(count) for key in keys]


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if name == "commit":
        arguments[3] = json.loads(arguments[3])
    result = globals()[name](*arguments)
    if result is not None:
        print(json.dumps(result), flush=True)
