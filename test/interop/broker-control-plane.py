"""What kazoo, a foreign ZooKeeper client, sees and writes. One verb a run, one JSON document on stdout."""

import json
import sys
import time

from kazoo.client import KazooClient


def connected(ensemble):
    client = KazooClient(hosts=ensemble, timeout=10)
    client.start(timeout=10)
    return client


def snapshot(client, topic):
    """Every znode of Kafka's layout that matters, with data as text."""
    found = {}

    def walk(path):
        data, stat = client.get(path)
        found[path] = {
            "data": None if data is None else data.decode(),
            "ephemeral": stat.ephemeralOwner != 0,
            "version": stat.version,
        }
        if path.startswith("/brokers/topics/") and path.count("/") == 3 and not path.endswith("/" + topic):
            return
        for child in sorted(client.get_children(path)):
            walk(path.rstrip("/") + "/" + child)

    walk("/")
    return found


def layout(client, topic):
    print(json.dumps(snapshot(client, topic)))


def write_topic(client, topic, *replicas):
    """As Kafka's tools did in days of ZooKeeper: no topic id, one replica for each argument."""
    partitions = {str(i): [int(replica)] for i, replica in enumerate(replicas)}
    value = {"version": 2, "partitions": partitions, "adding_replicas": {}, "removing_replicas": {}}
    client.create("/config/topics/" + topic, json.dumps({"version": 1, "config": {}}).encode(), makepath=True)
    client.create("/brokers/topics/" + topic, json.dumps(value).encode())
    print("{}")


def mark_deleted(client, topic):
    client.create("/admin/delete_topics/" + topic)
    print("{}")


def until_gone(client, path):
    """Seconds until a znode is gone, from now."""
    start = time.monotonic()
    while client.exists(path):
        time.sleep(0.02)
    print(json.dumps({"seconds": time.monotonic() - start}))


def main():
    ensemble, verb, *arguments = sys.argv[1:]
    client = connected(ensemble)
    verbs = {f.__name__: f for f in (layout, write_topic, mark_deleted, until_gone)}
    verbs[verb](client, *arguments)
    client.stop()


main()
