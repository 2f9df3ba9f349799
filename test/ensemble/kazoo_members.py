"""A pytest plug-in: kazoo's own tests, as Debian ships them, on members of our ensemble in the place of ZooKeeper's.

Loaded by `pytest -p kazoo_members`. LAGOON_MEMBER is the bundle of a member (ensemble-process.js), LAGOON_NODE what runs it.
What kazoo's tests ask of a cluster is here: members that run, stop, are reset and destroyed, each with its address.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from kazoo.testing import common, harness

NODE = os.environ["LAGOON_NODE"]
MEMBER = os.environ["LAGOON_MEMBER"]
# As kazoo's harness gives it to ZooKeeper: super:test.
SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="
TICK_MS = 2000
START_SECONDS = 20


class Member(object):
    def __init__(self, info, peers):
        self.server_info = info
        self.peers = peers
        self.host = "127.0.0.1"
        self.working_path = tempfile.mkdtemp(prefix="lagoon-kazoo-")
        self.is_founding = True
        self.process = None

    @property
    def client_port(self):
        return self.server_info.client_port

    @property
    def address(self):
        return "%s:%s" % (self.host, self.client_port)

    @property
    def running(self):
        return self.process is not None

    def run(self):
        if self.running:
            return
        configuration = {
            "memberId": self.server_info.server_id,
            "host": self.host,
            "port": self.client_port,
            "dataDir": os.path.join(self.working_path, "data"),
            "sessionTimeoutMinMs": 2 * TICK_MS,
            "sessionTimeoutMaxMs": 20 * TICK_MS,
            "superDigest": SUPER_DIGEST,
        }
        if self.peers:
            configuration["peers"] = {
                "ensembleId": "kazoo",
                "port": self.server_info.leader_port,
                "isFounding": self.is_founding,
                "others": [{"memberId": p.server_id, "port": p.leader_port} for p in self.peers],
            }
        self.said = open(os.path.join(self.working_path, "said"), "ab")
        self.process = subprocess.Popen(
            [NODE, MEMBER, json.dumps(configuration)], stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said
        )
        self.is_founding = False

    def stop(self):
        if not self.running:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait()
        self.process = None
        self.said.close()
        if code != 0:
            raise RuntimeError("member %s ended with %s" % (self.server_info.server_id, code))

    def reset(self):
        self.stop()
        shutil.rmtree(os.path.join(self.working_path, "data"), True)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.working_path, True)

    def serves(self):
        """It leads or follows: what it answers to isro."""
        try:
            with connected(self.host, self.client_port) as connection:
                connection.sendall(b"isro")
                return connection.recv(4) == b"rw"
        except OSError:
            return False


def connected(host, port):
    return socket.create_connection((host, port), timeout=2)


class Cluster(common.ZookeeperCluster):
    def __init__(self, size=3, port_offset=20000, **_unused):
        infos = [
            common.ServerInfo(i + 1, port_offset + 10 * i, None, port_offset + 10 * i + 2, None, "participant")
            for i in range(size)
        ]
        self._servers = [Member(info, [other for other in infos if other is not info]) for info in infos]

    def start(self):
        for server in self:
            server.run()
        end = time.monotonic() + START_SECONDS
        while not all(server.serves() for server in self):
            if time.monotonic() > end:
                raise RuntimeError("the ensemble did not serve within %s s" % START_SECONDS)
            time.sleep(0.02)


harness.ZookeeperCluster = Cluster

# Left out, each for what an ensemble of ours does not do on purpose, or ZooKeeper itself does not do.
LEFT_OUT = {
    # reconfig is disabled, as it is in ZooKeeper unless configured; kazoo's harness enables it. kazoo knows no RECONFIGDISABLED:
    # its reader thread ends, and the test waits for ever.
    "TestReconfig": "reconfig is disabled",
    # There is no SASL. That a wrong password is refused holds, but kazoo says so only when the refusal comes after its own thread
    # has seen that it was connected, which a member is too quick for now and then.
    "SASLDigestAuthentication": "there is no SASL",
    # Debian's ZooKeeper 3.8 fails it, too: a server that lost its quorum does not serve reads within the 6 s that it is given.
    "TestReadOnlyMode::test_read_only": "a member without a quorum serves nobody",
}


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if any(name in item.nodeid for name in LEFT_OUT)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
