#include "sinks/http_api.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cmath>
#include <limits>
#include <optional>
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

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + ";";
  return all;
}

class HttpApiTest : public ::testing::Test {
 protected:
  HttpApiTest() {
    handlers_.metrics = [] { return std::string("freshet_up 1\n"); };
    handlers_.ready = [this] { return readiness_; };
    handlers_.status = [this] { return figures_; };
    handlers_.recommend = [this](std::string user, ListWish wish, auto answer) {
      asked_ = user + " " + std::to_string(wish.count);
      if (!wish.scenario.empty()) asked_ += " " + wish.scenario;
      wish_ = std::move(wish);
      answering_ = std::jthread([answer, list = list_, user]() mutable {
        if (list) list->user = user;
        answer(std::move(list));
      });
    };
    handlers_.related = [this](std::string item, std::size_t count, auto answer) {
      asked_ = item + " " + std::to_string(count);
      answer(list_of("").items);
    };
  }

  template <class Ask>
  HttpClient::Answer with_server(Ask ask) {
    HttpRouter router;
    add_api(router, handlers_, clock_);
    HttpConfig config;
    config.port = 0;
    const auto server = HttpServer::start(config, std::move(router));
    EXPECT_TRUE(server) << server.error().text;
    HttpClient client((*server)->port());
    return ask(client);
  }

  HttpClient::Answer get(const std::string& target) {
    return with_server([&](HttpClient& client) { return client.get(target); });
  }

  HttpClient::Answer post(const std::string& target, const std::string& body) {
    return with_server([&](HttpClient& client) { return client.post(target, body); });
  }

  const StoppedClock clock_{at_ms(777)};
  ApiHandlers handlers_;
  Readiness readiness_{.ready = true, .reasons = {}};
  StatusFigures figures_;
  Result<RankedList> list_ = list_of("");
  std::string asked_;
  ListWish wish_;
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

TEST_F(HttpApiTest, PassesOnWhatIsWishedOfAList) {
  get("/v1/users/anna/recommendations?exclude=lamp,a%2Fb,&without=walk&context%5Bdevice%5D=phone");
  EXPECT_EQ(joined(wish_.exclude), "lamp;a/b;");
  EXPECT_EQ(wish_.without, Source::kWalk);
  EXPECT_EQ(wish_.context, (std::map<std::string, std::string>{{"device", "phone"}}));
  for (const std::string no_expert : {"magic", "rule", "exploration"}) {
    const auto answer = get("/v1/users/anna/recommendations?without=" + no_expert);
    EXPECT_EQ(answer.status, 400U) << no_expert;
    EXPECT_NE(answer.body.find("popular, covisitation"), std::string::npos) << answer.body;
  }
}

TEST_F(HttpApiTest, SendsThoseWhoAskForAUserOfAnotherInstanceThere) {
  handlers_.elsewhere = [](const UserId& user) {
    return user == "bob" ? std::optional<std::string>("http://10.0.0.2:8080") : std::nullopt;
  };
  EXPECT_EQ(get("/v1/users/anna/recommendations").status, 200U);
  const auto answer = get("/v1/users/bob/recommendations?count=3&exclude=a%2Fb");
  EXPECT_EQ(answer.status, 307U);
  EXPECT_EQ(answer.location,
            "http://10.0.0.2:8080/v1/users/bob/recommendations?count=3&exclude=a%2Fb");
}

TEST_F(HttpApiTest, RanksAVisitorsEvents) {
  std::vector<SessionEvent> events;
  handlers_.recommend_session = [&](std::vector<SessionEvent> did, ListWish wish, auto answer) {
    events = std::move(did);
    wish_ = std::move(wish);
    answer(list_of(""));
  };
  const auto answer = post("/v1/recommendations",
                           R"({"events":[{"item_id":"lamp","action":"view","event_time":5},
                                         {"item_id":"desk","action":"cart"}],
                               "count":3,"exclude":["sofa"],"context":{"device":"tv"}})");
  EXPECT_EQ(answer.status, 200U) << answer.body;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].item, "lamp");
  EXPECT_EQ(events[0].action, Action::kClick);
  EXPECT_EQ(events[0].time, at_ms(5));
  EXPECT_EQ(events[1].action, Action::kCart);
  EXPECT_FALSE(events[1].time);
  EXPECT_EQ(wish_.count, 3U);
  EXPECT_EQ(joined(wish_.exclude), "sofa;");
  const auto json = parse(answer.body);
  EXPECT_TRUE(json["user_id"].IsNull());
  EXPECT_FALSE(json.HasMember("partition")) << "nothing is stored, so it stands nowhere";
}

TEST_F(HttpApiTest, NamesWhatIsWrongWithAVisitorsEvents) {
  handlers_.recommend_session = [](const auto&, const auto&, auto) { FAIL(); };
  const std::pair<const char*, const char*> wrong[] = {
      {"{}", "events: missing"},
      {R"({"events":[],"user":"x"})", "user: is not known"},
      {R"({"events":[{"item_id":"a","action":"steal"}]})", "action must be one of"},
      {R"({"events":[{"action":"click"}]})", "events[0].item_id: missing"},
      {R"({"events":[],"count":501})", "count: must be"}};
  for (const auto& [body, what] : wrong) {
    const auto answer = post("/v1/recommendations", body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_NE(answer.body.find(what), std::string::npos) << answer.body;
  }
}

TEST_F(HttpApiTest, SaysWhereAnEventStandsOnceItIsInTheLog) {
  std::string taken;
  handlers_.accept_event = [&](std::string event, auto answer) {
    taken = std::move(event);
    if (taken == "{}") return answer(error(ErrorCode::kInvalidConfig, "user_id: missing"));
    answer(AcceptedEvent{PartitionId{3}, Offset{41}});
  };
  const auto answer = post("/v1/events", R"({"user_id":"anna"})");
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.body, R"({"partition":3,"offset":41})");
  EXPECT_EQ(taken, R"({"user_id":"anna"})");
  EXPECT_EQ(post("/v1/events", "{}").status, 400U);
}

TEST_F(HttpApiTest, ShowsAUserNewestFirst) {
  handlers_.user = [](const UserId& user, auto answer) {
    UserView view{.user = user,
                  .partition = PartitionId{1},
                  .offset = Offset{9},
                  .state = {},
                  .context_keys = {"device", "country"},
                  .items = {}};
    view.state.history = {{ItemId{1}, Action::kClick, true, false, at_ms(10)},
                          {ItemId{2}, Action::kCart, false, false, at_ms(20)}};
    view.state.bought = {{ItemId{2}, at_ms(20), 3}};
    view.state.disliked = {ItemId{1}, ItemId{2}};
    view.state.context = {"phone", ""};
    view.items[ItemId{2}] = {"desk", "A desk"};
    answer(std::move(view));
  };
  const auto json = parse(get("/v1/users/anna").body);
  EXPECT_STREQ(json["user_id"].GetString(), "anna");
  EXPECT_EQ(json["offset"].GetInt(), 9);
  EXPECT_STREQ(json["history"][0]["title"].GetString(), "A desk");
  EXPECT_STREQ(json["history"][0]["action"].GetString(), "cart");
  EXPECT_TRUE(json["history"][1]["item_id"].IsNull()) << "it left the catalogue";
  EXPECT_EQ(json["bought"][0]["count"].GetInt(), 3);
  EXPECT_EQ(json["disliked"].Size(), 1U);
  EXPECT_STREQ(json["context"]["device"].GetString(), "phone");
  EXPECT_FALSE(json["context"].HasMember("country"));
}

TEST_F(HttpApiTest, ShowsItemsPageByPage) {
  ItemQuery asked;
  handlers_.items = [&](ItemQuery query, auto answer) {
    asked = std::move(query);
    ItemPage page;
    ItemFigures lamp;
    lamp.item.name = "lamp";
    lamp.item.title = "A lamp";
    lamp.item.category = {"home", "light"};
    lamp.item.price = 9.5;
    page.items.push_back(std::move(lamp));
    page.total = 41;
    page.categories = {"desk"};
    answer(std::move(page));
  };
  const auto json = parse(get("/v1/items?query=a+lamp&category=home&from=40&count=2").body);
  EXPECT_EQ(asked.words, "a lamp");
  EXPECT_EQ(asked.category, "home");
  EXPECT_EQ(asked.from, 40U);
  EXPECT_EQ(asked.count, 2U);
  EXPECT_EQ(json["total"].GetInt(), 41);
  EXPECT_EQ(json["items"][0]["price"].GetDouble(), 9.5);
  EXPECT_STREQ(json["items"][0]["category"].GetString(), "home/light");
  EXPECT_FALSE(json["items"][0].HasMember("brand"));
  EXPECT_STREQ(json["categories"][0].GetString(), "desk");
  EXPECT_EQ(get("/v1/items?page=2").status, 400U);
}

TEST_F(HttpApiTest, ExplainsAnItemInTheLanguageAskedFor) {
  std::string asked;
  handlers_.explain = [&](const auto& user, const auto& item, const auto& language, auto answer) {
    asked = user + " " + item + " " + language;
    Explanation explanation;
    explanation.user = user;
    explanation.item = item;
    explanation.verdict = Verdict::kFiltered;
    explanation.filter = "bought";
    explanation.experts = {{Source::kWalk, 0.25F, 3, 1.0F}, {Source::kRepeat, 0, {}, 0}};
    answer(std::move(explanation));
  };
  handlers_.title_of = [](const RankedItem& item) { return "A fine " + item.name; };
  const auto json = parse(get("/v1/users/anna/items/lamp?language=de").body);
  EXPECT_EQ(asked, "anna lamp de");
  EXPECT_STREQ(json["title"].GetString(), "A fine lamp");
  EXPECT_STREQ(json["verdict"].GetString(), "filtered");
  EXPECT_FALSE(json["in_list"].GetBool());
  EXPECT_STREQ(json["filter"].GetString(), "bought");
  EXPECT_TRUE(json["rank"].IsNull());
  EXPECT_EQ(json["experts"][0]["rank"].GetInt(), 3);
  EXPECT_TRUE(json["experts"][1]["rank"].IsNull());
  EXPECT_EQ(get("/v1/users/anna/items/lamp?language=xx").status, 400U);
}

TEST_F(HttpApiTest, ServesWhatMovesAndWhatIsNewByCategory) {
  std::string asked;
  const auto take = [&](const ItemListQuestion& question, auto answer) {
    asked = question.category + " " + std::to_string(question.count);
    for (const auto& [key, value] : question.context) asked += " " + key + "=" + value;
    answer(ItemPage());
  };
  handlers_.trending = take;
  handlers_.newest = take;
  EXPECT_EQ(get("/v1/trending?category=home%2Flight&count=7").status, 200U);
  EXPECT_EQ(asked, "home/light 7");
  EXPECT_EQ(get("/v1/new").status, 200U);
  EXPECT_EQ(asked, " 20");
  EXPECT_EQ(get("/v1/trending?context[place]=berlin").status, 200U);
  EXPECT_EQ(asked, " 20 place=berlin");
  EXPECT_EQ(get("/v1/trending?context[place]=berlin&context[device]=phone").status, 400U);
}

TEST_F(HttpApiTest, TakesOrdersForTheModel) {
  const auto answer_with = [&](const std::string& order) {
    return [&, order](auto answer) {
      asked_ = order;
      ModelStatus model{.version = ModelVersion{9}, .frozen = true, .guard = GuardState::kHealthy};
      model.versions = {{.version = ModelVersion{8}, .saved_time = at_ms(5), .hit_rate_20 = {}}};
      answer(std::move(model));
    };
  };
  handlers_.model = answer_with("show");
  handlers_.save_version = answer_with("save");
  handlers_.roll_back = answer_with("back");
  handlers_.promote = [&](ModelVersion version, auto answer) {
    answer_with("promote " + std::to_string(version.value))(answer);
  };
  handlers_.freeze = [&](bool frozen, auto answer) {
    answer_with(frozen ? "freeze" : "thaw")(answer);
  };
  const auto json = parse(get("/v1/model").body);
  EXPECT_EQ(json["versions"][0]["version"].GetInt(), 8);
  EXPECT_TRUE(json["versions"][0]["hit_rate_20"].IsNull());
  EXPECT_EQ(post("/v1/model/versions", "").status, 201U);
  EXPECT_EQ(asked_, "save");
  EXPECT_EQ(post("/v1/model/versions/17/promote", "{}").status, 200U);
  EXPECT_EQ(asked_, "promote 17");
  EXPECT_EQ(post("/v1/model/rollback", "").status, 200U);
  EXPECT_EQ(asked_, "back");
  EXPECT_EQ(post("/v1/model/freeze", R"({"frozen":true})").status, 200U);
  EXPECT_EQ(asked_, "freeze");
  for (const char* body : {"{}", "", R"({"frozen":1})", R"({"frozen":true,"for":1})"})
    EXPECT_EQ(post("/v1/model/freeze", body).status, 400U) << body;
  EXPECT_EQ(post("/v1/model/rollback", R"({"to":1})").status, 400U);
  EXPECT_EQ(post("/v1/model/versions/new/promote", "").status, 400U);
  EXPECT_EQ(asked_, "freeze");
}

TEST_F(HttpApiTest, ServesThePastInColumns) {
  std::chrono::seconds back{0};
  handlers_.history = [&](std::chrono::seconds wanted) {
    back = wanted;
    return FigureColumns{{at_ms(1'000)}, {{"loss", {std::nan("")}}}};
  };
  EXPECT_EQ(get("/v1/history?seconds=60").body, R"({"time":[1000],"loss":[null]})");
  EXPECT_EQ(back, std::chrono::seconds(60));
  get("/v1/history");
  EXPECT_EQ(back, std::chrono::seconds(600));
  EXPECT_EQ(get("/v1/history?seconds=7201").status, 400U);
}

TEST_F(HttpApiTest, ServesTheContractToEverybody) {
  const auto answer = get("/openapi.yaml");
  EXPECT_EQ(answer.content_type, "application/yaml");
  EXPECT_TRUE(answer.body.starts_with("openapi: 3.1")) << answer.body.substr(0, 40);
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
  for (const char* file : {"/api.js", "/page-shop.js", "/uplot.js", "/uplot.css"})
    EXPECT_EQ(get(file).status, 200U) << file;
  EXPECT_NE(get("/uplot-license.txt").body.find("Leon Sorokin"), std::string::npos);
  EXPECT_EQ(get("/favicon.ico").status, 404U);
}

}  // namespace
}  // namespace freshet
