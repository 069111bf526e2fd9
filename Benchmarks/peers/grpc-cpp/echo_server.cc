// The same service as rpc-echo-server's, on gRPC C++: `echo_server PORT`. Asynchronous, two completion
// queues with a thread each: the fastest of its ways.
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "martlet/echo/v1/echo_service.grpc.pb.h"

using martlet::echo::v1::EchoRequest;
using martlet::echo::v1::EchoResponse;
using Service = martlet::echo::v1::EchoService::AsyncService;

namespace {

// One call: waits for a request, answers, goes.
class Call {
 public:
  Call(Service* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), responder_(&context_) {
    service_->RequestEcho(&context_, &request_, &responder_, queue_, queue_, this);
  }

  void Proceed(bool ok) {
    if (!ok || is_answered_) {
      delete this;
      return;
    }
    is_answered_ = true;
    new Call(service_, queue_);
    response_.set_text(request_.text());
    response_.set_number(request_.number());
    responder_.Finish(response_, grpc::Status::OK, this);
  }

 private:
  Service* service_;
  grpc::ServerCompletionQueue* queue_;
  grpc::ServerContext context_;
  grpc::ServerAsyncResponseWriter<EchoResponse> responder_;
  EchoRequest request_;
  EchoResponse response_;
  bool is_answered_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < 2; ++i) queues.push_back(builder.AddCompletionQueue());
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::vector<std::thread> threads;
  for (auto& queue : queues) {
    threads.emplace_back([&service, &queue] {
      for (int i = 0; i < 100; ++i) new Call(&service, queue.get());
      void* tag = nullptr;
      bool ok = false;
      while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
    });
  }
  for (auto& thread : threads) thread.join();
  return 0;
}
