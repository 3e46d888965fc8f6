#include "sinks/http_client.h"

#include <gtest/gtest.h>

#include "sinks/http_server.h"
#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

TEST(HttpClient, ReadsAnAddress) {
  const auto target = parse_target("https://shop.example:8443/");
  ASSERT_TRUE(target);
  EXPECT_TRUE(target->tls);
  EXPECT_EQ(target->host, "shop.example");
  EXPECT_EQ(target->port, "8443");
  EXPECT_EQ(parse_target("http://[::1]:80")->host, "::1");
  EXPECT_EQ(parse_target("http://here")->port, "80");
}

TEST(HttpClient, RefusesWhatIsNoAddress) {
  for (const char* url : {"here:8080", "ftp://here", "http://", "http://here/path", "http://here:"})
    EXPECT_FALSE(parse_target(url)) << url;
}

TEST(HttpClient, EncodesEveryByteThatIsNotPlain) {
  EXPECT_EQ(percent_encode("u-1/ä %"), "u-1%2F%C3%A4%20%25");
}

/// A server with one route that answers as it is told.
class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() {
    HttpRouter router;
    router.get("/v1/thing", [this](const HttpRequest& request, Respond respond) {
      asked_ = request.query.contains("q") ? request.query.at("q") : "";
      respond(answer_);
    });
    HttpConfig config;
    config.port = 0;
    config.token = "secret";
    auto server = HttpServer::start(config, std::move(router), [](const auto&, unsigned) {});
    EXPECT_TRUE(server) << server.error().text;
    server_ = std::move(*server);
    target_ = {.host = "127.0.0.1", .port = std::to_string(server_->port()), .token = "secret"};
  }

  HttpResponse answer_{.body = "{}"};
  std::string asked_;
  std::unique_ptr<HttpServer> server_;
  HttpTarget target_;
};

TEST_F(HttpClientTest, ReturnsTheBody) {
  const auto body = ask_http(target_, "/v1/thing?q=" + percent_encode("a b&c"));
  ASSERT_TRUE(body) << body.error().text;
  EXPECT_EQ(*body, "{}");
  EXPECT_EQ(asked_, "a b&c");
}

TEST_F(HttpClientTest, TellsTheProblemsDetail) {
  answer_ = problem(404, "no such thing; ask for another");
  const auto body = ask_http(target_, "/v1/thing");
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(body.error().text, "no such thing; ask for another");
}

TEST_F(HttpClientTest, FollowsARedirectButNotForEver) {
  answer_ = {.status = 307,
             .headers = {{"Location", "http://127.0.0.1:" + target_.port + "/v1/thing"}}};
  const auto body = ask_http(target_, "/v1/thing");
  ASSERT_FALSE(body);
  EXPECT_NE(body.error().text.find("redirects"), std::string::npos) << body.error().text;
}

TEST_F(HttpClientTest, SaysThatTheTokenIsWrong) {
  target_.token = "guess";
  EXPECT_EQ(ask_http(target_, "/v1/thing").error().code, ErrorCode::kInvalidConfig);
}

TEST_F(HttpClientTest, SaysThatNobodyAnswers) {
  server_.reset();
  const auto body = ask_http(target_, "/v1/thing");
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(body.error().text.find("127.0.0.1:" + target_.port), std::string::npos);
}

}  // namespace
}  // namespace freshet
