#include <gtest/gtest.h>

#include <optional>

#include "sinks/http_api.h"
#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

using What = ModelRequest::What;

class HttpModelTest : public ::testing::Test {
 protected:
  HttpModelTest() {
    ApiHandlers handlers;
    handlers.model = [this](ModelRequest request, const Answer<ModelStatus>& answer) {
      asked_ = request;
      answer(answer_);
    };
    add_api(router_, handlers, clock_);
  }

  HttpResponse send(const std::string& method, const std::string& target,
                    const std::string& body = "") {
    auto match = router_.match(method, target);
    match.request.body = body;
    HttpResponse response;
    (*match.handler)(match.request, [&](HttpResponse answer) { response = std::move(answer); });
    return response;
  }

  const StoppedClock clock_{at_ms(4321)};
  HttpRouter router_;
  std::optional<ModelRequest> asked_;
  Result<ModelStatus> answer_ = ModelStatus{.version = ModelVersion{12},
                                            .frozen = true,
                                            .learned_examples = 7,
                                            .loss = 2.5,
                                            .versions = {{.version = ModelVersion{9},
                                                          .saved_time = at_ms(1234),
                                                          .learned_examples = 5,
                                                          .hit_rate_20 = std::nullopt,
                                                          .bytes = 100}}};
};

TEST_F(HttpModelTest, TellsTheModelAndItsVersions) {
  const HttpResponse response = send("GET", "/v1/model");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body,
            R"({"version":12,"frozen":true,"guard":"healthy","learned_examples":7,"loss":2.5,)"
            R"("versions":[{"version":9,"saved_time":1234,"learned_examples":5,)"
            R"("hit_rate_20":null,"bytes":100}]})");
}

TEST_F(HttpModelTest, DoesWhatIsAsked) {
  EXPECT_EQ(send("POST", "/v1/model/versions", "{}").status, 201U);
  EXPECT_EQ(asked_->what, What::kKeep);
  send("POST", "/v1/model/versions/9/promote", "{}");
  EXPECT_EQ(asked_->what, What::kPromote);
  EXPECT_EQ(asked_->version, ModelVersion{9});
  send("POST", "/v1/model/rollback", "{}");
  EXPECT_EQ(asked_->what, What::kRollBack);
  send("POST", "/v1/model/freeze", R"({"frozen": true})");
  EXPECT_EQ(asked_->what, What::kFreeze);
  send("POST", "/v1/model/freeze", R"({"frozen": false})");
  EXPECT_EQ(asked_->what, What::kThaw);
}

TEST_F(HttpModelTest, RefusesWhatIsNotMeant) {
  EXPECT_EQ(send("POST", "/v1/model/freeze", "{}").status, 400U);
  EXPECT_EQ(send("POST", "/v1/model/freeze", R"({"frozen": 1})").status, 400U);
  EXPECT_EQ(send("POST", "/v1/model/versions/new/promote", "{}").status, 400U);
  EXPECT_FALSE(asked_);
}

TEST_F(HttpModelTest, SaysWhichVersionIsNotThere) {
  answer_ = error(ErrorCode::kNotFound, "no version 4 is kept");
  const HttpResponse response = send("POST", "/v1/model/versions/4/promote", "{}");
  EXPECT_EQ(response.status, 404U);
  EXPECT_NE(response.body.find("no version 4"), std::string::npos);
}

}  // namespace
}  // namespace freshet
