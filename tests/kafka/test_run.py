"""`python -m revcycle.kafka`: refused before anything starts, or running until it is told to stop."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from revcycle.kafka.cluster import plan_cluster, settings
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.ports import free_port
from tests.servers import Kafka


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "revcycle.kafka", *words]


def test_a_cluster_of_three_votes_and_keeps_three_copies(tmp_path: Path) -> None:
    cluster = plan_cluster(tmp_path, 3, first_port=40000)
    assert cluster.servers == "127.0.0.1:40000,127.0.0.1:40001,127.0.0.1:40002"
    second = settings(cluster, cluster.brokers[1])
    assert second["node.id"] == "2"
    assert second["controller.quorum.voters"].count("@127.0.0.1:") == 3
    assert (second["offsets.topic.replication.factor"], second["min.insync.replicas"]) == ("3", "2")
    elsewhere = plan_cluster(tmp_path, 3, first_port=40000, host="10.0.0.1")
    assert elsewhere.servers.startswith("10.0.0.1:40000,")
    assert "127.0.0.1" not in str(settings(elsewhere, elsewhere.brokers[1]))
    alone = plan_cluster(tmp_path, 1)
    assert settings(alone, alone.brokers[0])["min.insync.replicas"] == "1"
    with pytest.raises(RefusalError, match="one broker, or three"):
        plan_cluster(tmp_path, 2)


@pytest.mark.slow
def test_a_taken_port_and_a_folder_of_another_cluster_are_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = command(f"--port={port}", f"--dir={tmp_path}")
        refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (refused.returncode, f"Port {port} is in use" in refused.stderr) == (Exit.CONFLICT, True)
    (tmp_path / "broker-1").mkdir()
    words = command("--brokers=3", f"--port={free_port()}", f"--dir={tmp_path}")
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (refused.returncode, "holds a cluster of 1" in refused.stderr) == (Exit.CONFLICT, True)


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_it_runs_until_it_is_told_to_stop(apache_kafka: Kafka, tmp_path: Path) -> None:
    port = free_port()
    words = command(f"--port={port}", f"--dir={tmp_path / 'kafka'}")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert f"revcycle up --kafka 127.0.0.1:{port}" in running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert (tmp_path / "kafka" / "broker-1" / "data" / ".kafka_cleanshutdown").exists(), "it was stopped, not killed"
