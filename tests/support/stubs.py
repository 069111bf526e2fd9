"""Python code for the .proto files, made anew for each run: no SDK of ours, nothing committed."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc
import grpc_tools

REPOSITORY = Path(__file__).resolve().parents[2]


def _generate(directory):
    proto = REPOSITORY / "proto"
    bundled = Path(grpc_tools.__file__).parent / "_proto"
    ours = sorted(str(p.relative_to(proto)) for p in (proto / "martlet/v1").glob("*.proto"))
    inputs = [f"-I{proto}", *ours, "google/rpc/status.proto", "google/rpc/error_details.proto"]
    outputs = [f"--python_out={directory}", f"--grpc_python_out={directory}"]
    if protoc.main(["protoc", f"-I{bundled}", *outputs, *inputs]) != 0:
        raise RuntimeError("protoc failed for " + " ".join(inputs))


def _load():
    directory = tempfile.mkdtemp(prefix="martlet-stubs-")
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(directory, ignore_errors=True))
    _generate(directory)
    sys.path.insert(0, directory)


_load()

from google.protobuf.duration_pb2 import Duration  # noqa: E402
from google.protobuf.field_mask_pb2 import FieldMask  # noqa: E402
from google.protobuf.timestamp_pb2 import Timestamp  # noqa: E402
from google.rpc import error_details_pb2 as details  # noqa: E402
from google.rpc import status_pb2  # noqa: E402
from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from martlet.v1 import bulk_service_pb2 as bulks  # noqa: E402
from martlet.v1 import bulk_service_pb2_grpc as bulks_grpc  # noqa: E402
from martlet.v1 import event_service_pb2 as events  # noqa: E402
from martlet.v1 import event_service_pb2_grpc as events_grpc  # noqa: E402
from martlet.v1 import group_service_pb2 as groups  # noqa: E402
from martlet.v1 import group_service_pb2_grpc as groups_grpc  # noqa: E402
from martlet.v1 import limit_service_pb2 as limits  # noqa: E402
from martlet.v1 import limit_service_pb2_grpc as limits_grpc  # noqa: E402
from martlet.v1 import lock_service_pb2 as locks  # noqa: E402
from martlet.v1 import lock_service_pb2_grpc as locks_grpc  # noqa: E402
from martlet.v1 import pool_service_pb2 as pools  # noqa: E402
from martlet.v1 import pool_service_pb2_grpc as pools_grpc  # noqa: E402
from martlet.v1 import schedule_service_pb2 as schedules  # noqa: E402
from martlet.v1 import schedule_service_pb2_grpc as schedules_grpc  # noqa: E402
from martlet.v1 import server_service_pb2 as servers  # noqa: E402
from martlet.v1 import server_service_pb2_grpc as servers_grpc  # noqa: E402
from martlet.v1 import stats_service_pb2 as stats  # noqa: E402
from martlet.v1 import stats_service_pb2_grpc as stats_grpc  # noqa: E402
from martlet.v1 import task_pb2 as task  # noqa: E402
from martlet.v1 import task_service_pb2 as tasks  # noqa: E402
from martlet.v1 import task_service_pb2_grpc as tasks_grpc  # noqa: E402
from martlet.v1 import task_story_pb2 as stories  # noqa: E402
from martlet.v1 import worker_service_pb2 as workers  # noqa: E402
from martlet.v1 import worker_service_pb2_grpc as workers_grpc  # noqa: E402
from martlet.v1 import workflow_service_pb2 as workflows  # noqa: E402
from martlet.v1 import workflow_service_pb2_grpc as workflows_grpc  # noqa: E402

__all__ = [
    "Duration", "FieldMask", "Timestamp", "bulks", "bulks_grpc", "details", "events",
    "events_grpc", "groups", "groups_grpc", "health_pb2", "health_pb2_grpc", "limits", "limits_grpc", "locks", "locks_grpc", "pools", "pools_grpc", "servers",
    "servers_grpc", "status_pb2", "stories", "task", "tasks", "tasks_grpc", "workers",
    "workers_grpc",
    "schedules", "schedules_grpc", "stats", "stats_grpc", "workflows", "workflows_grpc",
]
