#include "sinks/http_server.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/sinks/http_client.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

HttpResponse text(std::string body) {
  return {.content_type = "text/plain", .body = std::move(body)};
}

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    config_.port = 0;
    router_.get("/hello", [](const HttpRequest&, Respond respond) { respond(text("hello")); });
    router_.get("/users/{id}/list", [](const HttpRequest& request, Respond respond) {
      respond(text(request.params.at("id") + "|" + request.query.at("count")));
    });
    router_.get("/later", [this](const HttpRequest&, Respond respond) {
      std::lock_guard lock(mutex_);
      later_.push_back(std::move(respond));
      arrived_.notify_all();
    });
    router_.get("/never", [](const HttpRequest&, Respond) {});
    router_.get("/throws", [](const HttpRequest&, Respond) { throw std::runtime_error("oh"); });
  }

  std::unique_ptr<HttpServer> start() {
    auto server = HttpServer::start(config_, router_, [this](const std::string& route, unsigned s) {
      std::lock_guard lock(mutex_);
      observed_.push_back(route + " " + std::to_string(s));
    });
    EXPECT_TRUE(server) << server.error().text;
    return *std::move(server);
  }

  Respond take_later() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return !later_.empty(); });
    Respond respond = std::move(later_.back());
    later_.pop_back();
    return respond;
  }

  HttpConfig config_;
  HttpRouter router_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Respond> later_;
  std::vector<std::string> observed_;
};

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  const auto server = start();
  HttpClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/hello");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.content_type, "text/plain");
    EXPECT_TRUE(answer.keep_alive);
  }
}

TEST_F(HttpServerTest, AnswersRequestsThatDidNotWaitInTheirOrder) {
  const auto server = start();
  HttpClient client(server->port());
  client.send_get("/users/a/list?count=1");
  client.send_get("/users/b/list?count=2");
  EXPECT_EQ(client.receive().body, "a|1");
  EXPECT_EQ(client.receive().body, "b|2");
}

TEST_F(HttpServerTest, DecodesIdsAndQueries) {
  const auto server = start();
  HttpClient client(server->port());
  EXPECT_EQ(client.get("/users/a%2Fb%20%C3%A9/list?x=y&count=1%2B1+2").body, "a/b \xC3\xA9|1+1 2");
}

TEST_F(HttpServerTest, ClosesWhenAskedTo) {
  const auto server = start();
  HttpClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  const auto server = start();
  HttpClient client(server->port());
  client.send_get("/hello", "HEAD");
  const auto answer = client.receive(/*head=*/true);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_length, 5U);
  EXPECT_EQ(client.get("/hello").body, "hello") << "the connection goes on";
}

TEST_F(HttpServerTest, SaysWhatIsWrongAsProblemJson) {
  const auto server = start();
  HttpClient client(server->port());
  const auto missing = client.get("/nowhere");
  EXPECT_EQ(missing.status, 404U);
  EXPECT_EQ(missing.content_type, "application/problem+json");
  EXPECT_NE(missing.body.find("\"status\":404"), std::string::npos);
  EXPECT_EQ(client.get("/users//list").status, 404U);
  EXPECT_EQ(client.get("/users/%zz/list").status, 400U);
  client.send("DELETE /hello HTTP/1.1\r\nHost: here\r\n\r\n");
  const auto refused = client.receive();
  EXPECT_EQ(refused.status, 405U);
  EXPECT_EQ(refused.allow, "GET, HEAD");
  EXPECT_EQ(client.get("/throws").status, 500U);
  EXPECT_EQ(client.get("/hello").status, 200U);
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  const auto server = start();
  HttpClient client(server->port());
  client.send("\x16\x03\x01 this is no request\r\n\r\n");
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 400U);
  EXPECT_FALSE(answer.keep_alive);
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, RefusesOversizeRequests) {
  config_.request_bytes_max = 32 << 10;
  const auto server = start();
  HttpClient too_much(server->port());
  too_much.send("POST /hello HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n" +
                std::string(100'000, 'x'));
  EXPECT_EQ(too_much.receive().status, 413U);
  EXPECT_EQ(HttpClient(server->port()).get("/" + std::string(9'000, 'a')).status, 414U);
  EXPECT_EQ(HttpClient(server->port()).get("/" + std::string(40'000, 'a')).status, 414U);
  HttpClient long_header(server->port());
  long_header.send("GET /hello HTTP/1.1\r\nHost: here\r\nX-Long: " + std::string(40'000, 'a') +
                   "\r\n\r\n");
  EXPECT_EQ(long_header.receive().status, 431U);
}

TEST_F(HttpServerTest, SendsAnAnswerThatComesLaterFromAnotherThread) {
  const auto server = start();
  HttpClient client(server->port());
  client.send_get("/later");
  std::thread other([respond = take_later()] {
    respond(text("first"));
    respond(text("second"));
  });
  EXPECT_EQ(client.receive().body, "first");
  other.join();
  EXPECT_EQ(client.get("/hello").body, "hello") << "a second call must not answer this one";
}

TEST_F(HttpServerTest, AnswersForAHandlerThatIsTooLate) {
  config_.request_timeout = milliseconds(50);
  const auto server = start();
  HttpClient client(server->port());
  EXPECT_EQ(client.get("/never").status, 504U);
  client.send_get("/later");
  const Respond late = take_later();
  EXPECT_EQ(client.receive().status, 504U);
  late(text("too late"));
  EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST_F(HttpServerTest, HangsUpOnRequestsThatDoNotEnd) {
  config_.request_timeout = milliseconds(50);
  const auto server = start();
  HttpClient half(server->port());
  half.send("GET /hello HTTP/1.1\r\nHost:");
  EXPECT_TRUE(half.ended());
  HttpClient silent(server->port());
  EXPECT_TRUE(silent.ended());
}

TEST_F(HttpServerTest, DropsAnswersForThoseWhoHaveGone) {
  auto server = start();
  auto client = std::make_unique<HttpClient>(server->port());
  client->send_get("/later");
  const Respond respond = take_later();
  client.reset();
  respond(text("to nobody"));
  HttpClient last(server->port());
  last.send_get("/later");
  const Respond after_the_end = take_later();
  server.reset();
  after_the_end(text("to nobody"));
  EXPECT_EQ(last.receive().status, 0U);
}

TEST_F(HttpServerTest, MakesRoomByClosingTheOneIdleLongest) {
  config_.connections_max = 2;
  const auto server = start();
  HttpClient oldest(server->port());
  EXPECT_EQ(oldest.get("/hello").status, 200U);
  HttpClient second(server->port());
  EXPECT_EQ(second.get("/hello").status, 200U);
  HttpClient third(server->port());
  EXPECT_EQ(third.get("/hello").status, 200U);
  EXPECT_TRUE(oldest.ended());
  EXPECT_EQ(second.get("/hello").status, 200U);
}

TEST_F(HttpServerTest, LetsNewConnectionsWaitWhileAllAreBusy) {
  config_.connections_max = 1;
  const auto server = start();
  HttpClient busy(server->port());
  busy.send_get("/later");
  const Respond respond = take_later();
  HttpClient waiting(server->port());
  waiting.send_get("/hello");
  respond(text("done"));
  EXPECT_EQ(busy.receive().body, "done");
  EXPECT_EQ(waiting.receive().body, "hello");
}

TEST_F(HttpServerTest, ServesManyConnectionsAtATime) {
  config_.connections_max = 8;
  const auto server = start();
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 32; ++c) {
    clients.push_back(std::async(std::launch::async, [&] {
      int answered = 0;
      for (int i = 0; i < 5; ++i) {
        HttpClient client(server->port());
        answered += client.get("/hello").status == 200U;
      }
      return answered;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 5);
}

TEST_F(HttpServerTest, TellsTheObserverRouteAndStatus) {
  const auto server = start();
  HttpClient client(server->port());
  client.get("/users/a/list?count=1");
  client.get("/nowhere");
  std::lock_guard lock(mutex_);
  EXPECT_EQ(observed_, (std::vector<std::string>{"/users/{id}/list 200", "none 404"}));
}

TEST_F(HttpServerTest, SaysWhenThePortIsTaken) {
  const auto server = start();
  config_.port = server->port();
  const auto second = HttpServer::start(config_, router_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().text.find(std::to_string(config_.port)), std::string::npos);
}

}  // namespace
}  // namespace freshet
