#include "sinks/http_api.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <limits>
#include <string>
#include <thread>

#include "sinks/http_server.h"
#include "tests/sinks/http_client.h"
#include "tests/sinks/sample_lists.h"
#include "tests/sinks/sample_status.h"

namespace freshet {
namespace {

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  EXPECT_FALSE(document.HasParseError()) << json;
  return document;
}

class HttpApiTest : public ::testing::Test {
 protected:
  HttpApiTest() {
    handlers_.metrics = [] { return std::string("freshet_up 1\n"); };
    handlers_.ready = [this] { return readiness_; };
    handlers_.status = [this] { return figures_; };
    handlers_.recommend = [this](const ListQuestion& question, auto answer) {
      asked_ = question.user + " " + std::to_string(question.count);
      if (!question.scenario.empty()) asked_ += " " + question.scenario;
      answering_ = std::jthread([answer, list = list_, user = question.user]() mutable {
        if (list) list->user = user;
        answer(std::move(list));
      });
    };
    handlers_.related = [this](std::string item, std::size_t count, auto answer) {
      asked_ = item + " " + std::to_string(count);
      answer(list_of("").items);
    };
  }

  HttpClient::Answer get(const std::string& target) {
    HttpRouter router;
    add_api(router, handlers_, clock_);
    HttpConfig config;
    config.port = 0;
    const auto server = HttpServer::start(config, std::move(router));
    EXPECT_TRUE(server) << server.error().text;
    return HttpClient((*server)->port()).get(target);
  }

  const StoppedClock clock_{at_ms(777)};
  ApiHandlers handlers_;
  Readiness readiness_{.ready = true, .reasons = {}};
  StatusFigures figures_;
  Result<RankedList> list_ = list_of("");
  std::string asked_;
  std::jthread answering_;
};

TEST_F(HttpApiTest, ServesHealthAndMetricsAsText) {
  EXPECT_EQ(get("/healthz").body, "ok\n");
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.body, "freshet_up 1\n");
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(HttpApiTest, SaysWhyItIsNotReady) {
  EXPECT_EQ(get("/readyz").status, 200U);
  readiness_ = {.ready = false, .reasons = {"no partition is assigned yet"}};
  const auto answer = get("/readyz");
  EXPECT_EQ(answer.status, 503U);
  const auto json = parse(answer.body);
  EXPECT_FALSE(json["ready"].GetBool());
  EXPECT_STREQ(json["reasons"][0].GetString(), "no partition is assigned yet");
}

TEST_F(HttpApiTest, AnswersAUsersList) {
  const auto answer = get("/v1/users/anna%2F1/recommendations?count=7");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(asked_, "anna/1 7");
  const auto json = parse(answer.body);
  EXPECT_STREQ(json["user_id"].GetString(), "anna/1");
  EXPECT_EQ(json["published_time"].GetInt64(), 777);
  EXPECT_STREQ(json["items"][0]["item_id"].GetString(), "lamp");
  EXPECT_FALSE(json["items"][0].HasMember("title"));
}

TEST_F(HttpApiTest, AddsTitlesWhereTheAppKnowsThem) {
  handlers_.title_of = [](const RankedItem& item) { return "A fine " + item.name; };
  const auto json = parse(get("/v1/users/anna/recommendations").body);
  EXPECT_STREQ(json["items"][0]["title"].GetString(), "A fine lamp");
  EXPECT_EQ(asked_, "anna 0") << "no count = the configured size";
}

TEST_F(HttpApiTest, HandsTheScenarioOnAndSaysWhichItIs) {
  list_->scenario = "home";
  const auto json = parse(get("/v1/users/anna/recommendations?scenario=home&count=3").body);
  EXPECT_EQ(asked_, "anna 3 home");
  EXPECT_STREQ(json["scenario"].GetString(), "home");
  EXPECT_EQ(get("/v1/items/desk/related?scenario=home").status, 400U);
}

TEST_F(HttpApiTest, AnswersRelatedItems) {
  const auto json = parse(get("/v1/items/desk/related?count=3").body);
  EXPECT_EQ(asked_, "desk 3");
  EXPECT_STREQ(json["item_id"].GetString(), "desk");
  EXPECT_EQ(json["items"].Size(), 1U);
}

TEST_F(HttpApiTest, RefusesCountsThatAreNone) {
  for (const char* query : {"count=0", "count=-1", "count=ten", "count=501", "count=", "count=5x",
                            "count=99999999999999999999", "cuont=5"}) {
    const auto answer = get(std::string("/v1/users/anna/recommendations?") + query);
    EXPECT_EQ(answer.status, 400U) << query;
    EXPECT_EQ(answer.content_type, "application/problem+json");
  }
}

TEST_F(HttpApiTest, TurnsErrorsIntoStatuses) {
  const std::pair<ErrorCode, unsigned> expected[] = {{ErrorCode::kNotFound, 404},
                                                     {ErrorCode::kUnavailable, 503},
                                                     {ErrorCode::kTimedOut, 504},
                                                     {ErrorCode::kInternal, 500}};
  for (const auto& [code, status] : expected) {
    list_ = error(code, "the reason");
    const auto answer = get("/v1/users/anna/recommendations");
    EXPECT_EQ(answer.status, status);
    EXPECT_STREQ(parse(answer.body)["detail"].GetString(), "the reason");
  }
}

TEST_F(HttpApiTest, ServesEveryFigureOfTheStatus) {
  figures_ = sample_status(300);
  figures_.loss = std::numeric_limits<double>::quiet_NaN();
  const auto json = parse(get("/v1/status").body);
  EXPECT_EQ(json["uptime_ms"].GetInt64(), 300'000);
  EXPECT_EQ(json["lag"].Size(), 4U);
  EXPECT_EQ(json["lag"][1]["partition"].GetInt(), 1);
  EXPECT_DOUBLE_EQ(json["served"]["hit_rate_20"].GetDouble(), figures_.served.hit_rate_20);
  EXPECT_DOUBLE_EQ(json["mixture_weights"]["covisitation"].GetDouble(), 0.25);
  EXPECT_TRUE(json["loss"].IsNull());
  EXPECT_EQ(json["newest_lists"].Size(), 6U);
  EXPECT_TRUE(json["newest_lists"][0]["items"][0]["title"].IsString());
  EXPECT_STREQ(json["newest_dead_letters"][1]["first_bytes"].GetString(),
               "{\"user_id\":\"<img src=x onerror=alert(1)>\x01\xEF\xBF\xBD");
}

TEST_F(HttpApiTest, ServesTheConsoleAndItsFiles) {
  const auto page = get("/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("<title>Freshet</title>"), std::string::npos);
  EXPECT_EQ(page.body.find("//"), page.body.find("://")) << "no outside host is named";
  EXPECT_EQ(get("/console.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(get("/console.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/charts.js").status, 200U);
  EXPECT_EQ(get("/favicon.ico").status, 404U);
}

}  // namespace
}  // namespace freshet
