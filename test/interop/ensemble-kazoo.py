"""Scenarios for a member of the ensemble, driven by kazoo. Usage: ensemble-kazoo.py SCENARIO HOST:PORT

Each prints one JSON value. A line "?name" asks the test for something and waits for a line on stdin.
"""
import json
import logging
import os
import queue
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.security import CREATOR_ALL_ACL, make_acl, make_digest_acl

logging.basicConfig(level=logging.ERROR)
HOSTS = sys.argv[2]


def connect(**options):
    client = KazooClient(hosts=HOSTS, timeout=options.pop("timeout", 6), **options)
    client.start(timeout=10)
    return client


def ask(name):
    print("?" + name, flush=True)
    sys.stdin.readline()


def error_of(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except Exception as error:
        return type(error).__name__


def basics():
    c = connect()
    out = {}
    out["created"] = c.create("/a", b"one")
    out["again"] = error_of(c.create, "/a")
    out["orphan"] = error_of(c.create, "/no/parent")
    data, stat = c.get("/a")
    out["got"] = [data.decode(), stat.version, stat.data_length]
    out["set"] = c.set("/a", b"two").version
    out["bad version"] = error_of(c.set, "/a", b"three", version=0)
    out["null"] = [c.create("/empty", b""), c.get("/empty")[0].decode()]
    c.create("/a/kid")
    out["not empty"] = error_of(c.delete, "/a")
    out["children"] = c.get_children("/a")
    children, stat = c.get_children("/", include_data=True)
    out["children2"] = [sorted(children), stat.children_count]
    out["exists"] = [c.exists("/a") is not None, c.exists("/b")]
    c.delete("/a/kid")
    out["gone"] = error_of(c.get, "/a/kid")
    out["cversion"] = c.exists("/a").cversion
    out["sync"] = c.sync("/a")
    out["acl"] = [(acl.perms, acl.id.scheme, acl.id.id) for acl in c.get_acls("/a")[0]]
    out["closed acl"] = error_of(c.create, "/secret", b"", acl=[make_digest_acl("me", "secret", all=True)])
    out["closed to others"] = error_of(c.get, "/secret")
    path, stat = c.create("/with-stat", b"1234", include_data=True)
    out["create2"] = [path, stat.data_length]
    big = os.urandom(1000 * 1000)
    c.create("/big", big)
    out["big"] = c.get("/big")[0] == big
    c.stop()
    return out


def ephemeral_and_sequential():
    c, other = connect(), connect()
    out = {}
    c.create("/q")
    out["sequence"] = [c.create("/q/n-", sequence=True) for _ in range(3)]
    c.create("/q/plain")
    out["jump"] = c.create("/q/n-", sequence=True, ephemeral=True)
    out["owner"] = other.exists(out["jump"]).ephemeralOwner == c.client_id[0]
    out["child of ephemeral"] = error_of(c.create, out["jump"] + "/x")
    c.stop()
    out["after close"] = other.exists(out["jump"])
    other.stop()
    return out


def transactions():
    c = connect()
    out = {}
    c.create("/t", b"0")
    t = c.transaction()
    t.check("/t", 0)
    t.create("/t/a", b"1")
    t.set_data("/t/a", b"2", version=0)
    t.delete("/t/a", version=1)
    t.create("/t/s-", sequence=True)
    result = t.commit()
    out["done"] = [r if not hasattr(r, "version") else r.version for r in result]
    out["one zxid"] = c.exists("/t").pzxid == c.exists("/t/s-0000000001").czxid
    t = c.transaction()
    t.create("/t/b")
    t.check("/t", 7)
    t.delete("/t/b")
    out["failed"] = [type(r).__name__ for r in t.commit()]
    out["nothing left"] = c.exists("/t/b")
    out["empty"] = c.transaction().commit()
    c.stop()
    return out


def watches():
    c, other = connect(), connect()
    events = queue.Queue()
    heard = lambda event: events.put([event.type, event.path])
    c.create("/w")
    out = []
    c.get("/w", watch=heard)
    other.set("/w", b"1")
    out.append(events.get(timeout=5))
    other.set("/w", b"2")
    c.get_children("/w", watch=heard)
    other.create("/w/kid")
    out.append(events.get(timeout=5))
    c.exists("/later", watch=heard)
    other.create("/later")
    out.append(events.get(timeout=5))
    c.exists("/later", watch=heard)
    other.delete("/later")
    out.append(events.get(timeout=5))
    c.sync("/")
    c.stop(), other.stop()
    return {"events": out, "one-shot": events.empty()}


def restart():
    """The member is killed and started again: same session, same ephemerals. (kazoo does not re-arm watches.)"""
    c = connect()
    states = []
    c.add_listener(states.append)
    c.create("/r", b"before")
    c.create("/r-e", ephemeral=True)
    session = c.client_id[0]
    ask("restart")
    c.retry(c.set, "/r", b"after")
    out = {
        "session": c.client_id[0] == session,
        "ephemeral": c.exists("/r-e").ephemeralOwner == session,
        "data": c.get("/r")[0].decode(),
        "states": [s for s in states],
    }
    c.stop()
    return out


def expiry():
    """A client that dies: its ephemeral goes after its timeout, by a watch."""
    watcher = connect()
    child = os.fork()
    if child == 0:
        c = connect(timeout=4)
        c.create("/dying", ephemeral=True)
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    gone = threading.Event()
    at = time.monotonic()
    if watcher.exists("/dying", watch=lambda event: gone.set()) is None:
        return {"there": False}
    gone.wait(20)
    seconds = time.monotonic() - at
    out = {"there": True, "gone": watcher.exists("/dying"), "seconds": seconds}
    watcher.stop()
    return out


def access():
    mine, other = connect(auth_data=[("digest", "me:secret")]), connect()
    readable = [make_digest_acl("me", "secret", all=True), make_acl("world", "anyone", read=True)]
    out = {}
    mine.create("/mine", b"mine", acl=CREATOR_ALL_ACL)
    out["mine"] = [mine.get("/mine")[0].decode()] + [
        error_of(call, *arguments)
        for call, arguments in ((other.get, ["/mine"]), (other.set, ["/mine", b""]), (other.delete, ["/mine/kid"]))
    ]
    mine.create("/shown", b"", acl=readable)
    out["shown"] = [(a.id.scheme, a.id.id) for a in other.get_acls("/shown")[0] if a.id.scheme == "digest"][0]
    stat = mine.set_acls("/mine", readable)
    out["after"] = [other.get("/mine")[0].decode(), stat.acl_version]
    kept = mine.get_acls("/mine")[0][0].id
    out["auth"] = [kept.scheme, kept.id.split(":")[0]]
    out["watch"] = error_of(other.set, "/mine", b"")
    out["unknown"] = error_of(other.add_auth, "nobody", "x")
    mine.stop(), other.stop()
    return out


def recipes():
    """kazoo's own lock, counter, election and queue work on it."""
    clients = [connect() for _ in range(3)]
    counters = [c.Counter("/counter") for c in clients]
    inside, overlaps, lead = [0], [0], []

    def work(index):
        lock = clients[index].Lock("/lock", str(index))
        for _ in range(10):
            with lock:
                inside[0] += 1
                overlaps[0] += inside[0] != 1
                value = clients[index].get("/shared")[0]
                clients[index].set("/shared", str(int(value) + 1).encode())
                inside[0] -= 1
            counters[index] += 1
        clients[index].Election("/election", str(index)).run(lambda: lead.append(index))

    clients[0].create("/shared", b"0")
    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    q = clients[0].Queue("/queue")
    [q.put(str(n).encode()) for n in range(5)]
    out = {
        "shared": int(clients[0].get("/shared")[0]),
        "overlaps": overlaps[0],
        "counter": counters[0].value,
        "leaders": sorted(lead),
        "queue": [q.get().decode() for _ in range(5)],
    }
    [c.stop() for c in clients]
    return out


def words():
    c = connect()
    c.create("/words", ephemeral=True)
    c.exists("/words", watch=lambda event: None)
    names = "ruok srvr stat mntr envi conf cons dump dirs wchs wchc wchp isro gtmk crst srst"
    out = {word: c.command(word.encode()) for word in names.split()}
    out["session"] = "0x%x" % c.client_id[0]
    c.stop()
    return out


print(json.dumps(globals()[sys.argv[1]]()))
