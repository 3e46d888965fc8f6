#include "sinks/http_guard.h"

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using std::chrono::milliseconds;

HttpConfig guarded() {
  HttpConfig config;
  config.token = "correct horse";
  config.requests_per_second_max = 10;
  return config;
}

std::string basic(const std::string& user_and_password) {
  return "Basic " + absl::Base64Escape(user_and_password);
}

TEST(HttpGuard, TakesTheTokenAsBearerOrAsAnyUsersPassword) {
  const HttpGuard guard(guarded());
  EXPECT_FALSE(guard.authorize("Bearer correct horse"));
  EXPECT_FALSE(guard.authorize("bearer correct horse"));
  EXPECT_FALSE(guard.authorize(basic("me:correct horse")));
  EXPECT_FALSE(guard.authorize(basic(":correct horse")));
}

TEST(HttpGuard, TurnsEverythingElseAway) {
  const HttpGuard guard(guarded());
  for (const std::string& wrong :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Bearer correct"),
        std::string("Bearer correct horses"), std::string("correct horse"), basic("correct horse"),
        basic("me:wrong"), basic(""), std::string("Basic !!!"), std::string("Basic ")}) {
    const auto refusal = guard.authorize(wrong);
    ASSERT_TRUE(refusal) << wrong;
    EXPECT_EQ(refusal->status, 401U);
    EXPECT_EQ(refusal->body.find("correct"), std::string::npos) << "the token must not be told";
    EXPECT_TRUE(refusal->headers.contains("WWW-Authenticate"));
  }
}

TEST(HttpGuard, AsksForNothingWithoutAToken) {
  EXPECT_FALSE(HttpGuard(HttpConfig{}).authorize(""));
}

TEST(HttpGuard, LetsABurstThroughAndThenTheRate) {
  HttpGuard guard(guarded());
  HttpGuard::TimePoint now{};
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(guard.admit("10.0.0.1", now));
  const auto refusal = guard.admit("10.0.0.1", now);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429U);
  EXPECT_EQ(refusal->headers.at("Retry-After"), "1");
  EXPECT_FALSE(guard.admit("10.0.0.2", now)) << "another client has its own";
  now += milliseconds(100);
  EXPECT_FALSE(guard.admit("10.0.0.1", now));
  EXPECT_TRUE(guard.admit("10.0.0.1", now));
}

TEST(HttpGuard, ForgetsSilentClientsAndStaysBounded) {
  HttpConfig config = guarded();
  config.requests_per_second_max = 1;
  HttpGuard guard(config);
  HttpGuard::TimePoint now{};
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(guard.admit("first-" + std::to_string(i), now));
  EXPECT_FALSE(guard.admit("second", now)) << "the shared bucket holds one";
  EXPECT_TRUE(guard.admit("third", now)) << "no room: shares a bucket with the second";
  now += milliseconds(2'000);
  EXPECT_FALSE(guard.admit("fourth", now));
  EXPECT_FALSE(guard.admit("fifth", now)) << "the silent ones have made room";
}

}  // namespace
}  // namespace freshet
