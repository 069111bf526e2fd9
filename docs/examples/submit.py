import grpc
from martlet.v1 import event_service_pb2 as events, event_service_pb2_grpc as event_rpc
from martlet.v1 import task_pb2 as task, task_service_pb2 as tasks, task_service_pb2_grpc as task_rpc

with grpc.insecure_channel("127.0.0.1:7411") as channel:
    service = task_rpc.TaskServiceStub(channel)
    spec = task.TaskSpec(kind="echo", payload=b"hello", content_type="text/plain")
    reply = service.SubmitTask(tasks.SubmitTaskRequest(pool="mails", spec=spec, request_id="letter-1"))
    for change in service.WaitTask(tasks.WaitTaskRequest(id=reply.task.id, view=task.TASK_VIEW_FULL)):
        print(change.task.id, task.TaskState.Name(change.task.state))
    print(change.task.result.data)
    feed = event_rpc.EventServiceStub(channel)
    for batch in feed.WatchEvents(events.WatchEventsRequest(beginning=True, pools=["mails"], until_now=True)):
        for event in batch.events:
            print(event.revision, events.EventType.Name(event.type), event.task_id)
