#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "sinks/http_event_channel.h"
#include "sinks/http_server.h"
#include "tests/sinks/http_client.h"

namespace freshet {
namespace {

class HttpEventsTest : public ::testing::Test {
 protected:
  HttpEventsTest() {
    config_.port = 0;
    router_.get("/events", [this](const HttpRequest&, Respond respond) {
      HttpResponse response;
      response.stream = [this](auto channel) { opened_.set_value(std::move(channel)); };
      respond(std::move(response));
    });
  }

  void start() {
    auto server = HttpServer::start(config_, router_);
    ASSERT_TRUE(server) << server.error().text;
    server_ = *std::move(server);
  }

  /// The way to the client that asked last.
  std::shared_ptr<EventChannel> opened() {
    auto channel = opened_.get_future().get();
    opened_ = {};
    return channel;
  }

  HttpConfig config_;
  HttpRouter router_;
  std::promise<std::shared_ptr<EventChannel>> opened_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpEventsTest, SendsWhatComesFromAnyThreadInOrder) {
  start();
  HttpClient client(server_->port());
  client.send_get("/events");
  const auto channel = opened();
  std::jthread other([channel] {
    EXPECT_TRUE(channel->send("list", R"({"n":1})"));
    EXPECT_TRUE(channel->send("list", R"({"n":2})"));
  });
  const std::string text = client.receive_until("\"n\":2}\n\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
  EXPECT_NE(text.find("Content-Type: text/event-stream\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\r\n\r\nevent: list\ndata: {\"n\":1}\n\nevent: list\ndata: {\"n\":2}\n\n"),
            std::string::npos)
      << text;
}

TEST_F(HttpEventsTest, NoticesThatTheClientHasGone) {
  start();
  auto client = std::make_unique<HttpClient>(server_->port());
  client->send_get("/events");
  const auto channel = opened();
  client.reset();
  while (channel->open()) std::this_thread::yield();
  EXPECT_FALSE(channel->send("list", "{}"));
}

TEST_F(HttpEventsTest, CutsOffAClientThatDoesNotRead) {
  config_.request_timeout = std::chrono::milliseconds(100);
  start();
  HttpClient client(server_->port());
  client.send_get("/events");
  const auto channel = opened();
  const std::string text(10'000, 'x');
  while (channel->send("list", text)) std::this_thread::yield();
  EXPECT_FALSE(channel->open());
}

TEST_F(HttpEventsTest, BoundsTheNumberOfStreams) {
  config_.streams_max = 1;
  start();
  auto first = std::make_unique<HttpClient>(server_->port());
  first->send_get("/events");
  const auto channel = opened();
  const auto refused = HttpClient(server_->port()).get("/events");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_NE(refused.body.find("sinks.http.streams_max"), std::string::npos);
  first.reset();
  while (channel->open()) std::this_thread::yield();
  std::string answer;  // The place is free once the server has let the stream go.
  while (answer != "HTTP/1.1 200 OK\r\n") {
    HttpClient next(server_->port());
    next.send_get("/events");
    answer = next.receive_until("\r\n");
    ASSERT_FALSE(answer.empty());
  }
}

TEST_F(HttpEventsTest, EndsWithTheServer) {
  start();
  HttpClient client(server_->port());
  client.send_get("/events");
  const auto channel = opened();
  server_.reset();
  EXPECT_FALSE(channel->send("list", "{}"));
  EXPECT_TRUE(client.receive_until("never").empty());
}

TEST(EventChannel, IsClosedByWhatNobodyTakes) {
  int woken = 0;
  EventChannel channel([&] { ++woken; });
  const std::string text(EventChannel::kWaitingBytesMax / 2, 'x');
  EXPECT_TRUE(channel.send("list", text));
  EXPECT_FALSE(channel.send("list", text));
  EXPECT_FALSE(channel.open());
  EXPECT_EQ(woken, 2) << "also to be told that it is over";
}

}  // namespace
}  // namespace freshet
