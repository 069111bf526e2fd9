"""A worker with nothing but grpcio: runs tasks of the kind `shout`, without holding a stream open."""
import grpc
from google.protobuf.duration_pb2 import Duration
from martlet.v1 import worker_service_pb2 as workers, worker_service_pb2_grpc as worker_rpc

with grpc.insecure_channel("127.0.0.1:7411") as channel:
    service = worker_rpc.WorkerServiceStub(channel)
    me = workers.WorkerHello(name="shouter", instance="shouter-1", kinds=["shout"], slots=10)
    while True:
        leased = service.LeaseTasks(workers.LeaseTasksRequest(
            worker=me, max_tasks=10, wait=Duration(seconds=30)))
        finishes = [
            workers.Finish(lease=assign.lease, result={"data": assign.task.spec.payload.upper()})
            for assign in leased.assigns]
        if finishes:
            service.FinishTasks(workers.FinishTasksRequest(finishes=finishes))
