#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sinks/http_server.h"
#include "tests/sinks/http_client.h"

namespace freshet {
namespace {

class HttpPostTest : public ::testing::Test {
 protected:
  HttpPostTest() {
    config_.port = 0;
    router_.post("/things", [](const HttpRequest& request, Respond respond) {
      respond({.status = 201, .body = request.body});
    });
    router_.get("/things", [](const HttpRequest&, Respond respond) { respond({.body = "[]"}); });
    router_.get("/things/{thing}", [](const HttpRequest&, Respond respond) { respond({}); });
  }

  HttpClient::Answer post(const std::string& headers, const std::string& body = "{}") {
    auto server = HttpServer::start(config_, router_);
    EXPECT_TRUE(server) << server.error().text;
    return HttpClient((*server)->port()).post("/things", body, headers);
  }

  HttpConfig config_;
  HttpRouter router_;
};

TEST_F(HttpPostTest, GivesTheHandlerTheBody) {
  const auto answer = post("Content-Type: application/json; charset=utf-8\r\n", R"({"a":1})");
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.body, R"({"a":1})");
}

TEST_F(HttpPostTest, RefusesWhatIsNotSaidToBeJson) {
  EXPECT_EQ(post("").status, 415U);
  EXPECT_EQ(post("Content-Type: text/plain\r\n").status, 415U);
  EXPECT_EQ(post("Content-Type: application/jsonx\r\n").status, 415U);
  EXPECT_EQ(post("Content-Type: APPLICATION/JSON\r\n").status, 201U);
  EXPECT_EQ(post("", "").status, 201U) << "what has no body has no type";
}

TEST_F(HttpPostTest, RefusesPagesOfOtherSites) {
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_EQ(post(json + "Origin: https://evil.example\r\n").status, 403U);
  EXPECT_EQ(post(json + "Origin: null\r\n").status, 403U);
  EXPECT_EQ(post(json + "Sec-Fetch-Site: cross-site\r\n").status, 403U);
  EXPECT_EQ(post(json + "Sec-Fetch-Site: same-site\r\n").status, 403U);
  EXPECT_EQ(post("Origin: https://evil.example\r\n", "").status, 403U) << "also without a body";
  EXPECT_EQ(post(json + "Origin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n").status,
            201U);
}

TEST_F(HttpPostTest, RefusesANameThatOnlyPointsAtThisMachine) {
  const std::string rebound =
      "POST /things HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
      "Sec-Fetch-Site: same-origin\r\n";
  const std::string local =
      "POST /things HTTP/1.1\r\nHost: localhost:80\r\nOrigin: http://localhost:80\r\n";
  const std::string end =
      "Content-Type: application/json\r\nContent-Length: 2\r\nAuthorization: Bearer 12345678\r\n"
      "\r\n{}";
  auto open = HttpServer::start(config_, router_);
  HttpClient client((*open)->port());
  client.send(rebound + end);
  EXPECT_EQ(client.receive().status, 403U);
  client.send(local + end);
  EXPECT_EQ(client.receive().status, 201U);
  config_.token = "12345678";
  auto guarded = HttpServer::start(config_, router_);
  HttpClient named((*guarded)->port());
  named.send(rebound + end);
  EXPECT_EQ(named.receive().status, 201U) << "no foreign page knows the token";
}

TEST_F(HttpPostTest, AsksForTheTokenBeforeAnythingElse) {
  config_.token = "12345678";
  EXPECT_EQ(post("Content-Type: text/plain\r\n").status, 401U);
}

TEST_F(HttpPostTest, NamesTheMethodsOfAnAddress) {
  auto server = HttpServer::start(config_, router_);
  HttpClient client((*server)->port());
  client.send("DELETE /things HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(client.receive().allow, "POST, GET, HEAD");
  const auto answer = client.post("/things/1", "{}");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(answer.allow, "GET, HEAD");
  EXPECT_EQ(router_.routes(),
            (std::vector<std::string>{"POST /things", "GET /things", "GET /things/{thing}"}));
}

TEST_F(HttpPostTest, KeepsASaneRequestIdAndMakesOneElse) {
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_EQ(post(json + "X-Request-Id: order-17.a\r\n").request_id, "order-17.a");
  const std::string made = post(json).request_id;
  EXPECT_EQ(made.size(), 16U);
  EXPECT_NE(post(json).request_id, made);
  EXPECT_EQ(post(json + "X-Request-Id: a b\r\n").request_id.size(), 16U);
  EXPECT_EQ(post(json + "X-Request-Id: " + std::string(65, 'a') + "\r\n").request_id.size(), 16U);
}

}  // namespace
}  // namespace freshet
