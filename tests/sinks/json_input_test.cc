#include "sinks/json_input.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

/// What is wrong with `text` as an object of these fields; "" = nothing.
std::string problem_with(const std::string& text) {
  std::string name;
  std::int64_t count = 0;
  std::vector<std::string> tags;
  std::map<std::string, std::string> context;
  JsonInput input(text);
  input.require("name");
  input.read("name", name);
  input.read("count", count, 1, 5);
  input.read("tags", tags, 2);
  input.read("context", context);
  input.read("inner", 2, [](JsonInput& inner) {
    bool yes = false;
    inner.require("yes");
    inner.read("yes", yes);
  });
  const Status status = input.finish();
  return status ? "" : status.error().text;
}

TEST(JsonInput, ReadsWhatIsThereAndKeepsTheRest) {
  std::string name;
  std::int64_t count = 7;
  double price = 0;
  std::vector<std::string> tags;
  std::map<std::string, std::string> context;
  JsonInput input(R"({"name":"n\u00e9","price":2,"tags":["a","b"],"context":{"device":"phone"}})");
  input.read("name", name);
  input.read("count", count, 1, 10);
  input.read("price", price);
  input.read("tags", tags, 5);
  input.read("context", context);
  ASSERT_TRUE(input.finish());
  EXPECT_EQ(name, "n\xC3\xA9");
  EXPECT_EQ(count, 7);
  EXPECT_EQ(price, 2);
  EXPECT_EQ(tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(context.at("device"), "phone");
}

TEST(JsonInput, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(problem_with(R"({"name":"x"})"), "");
  EXPECT_EQ(problem_with("{}"), "name: missing: send it");
  EXPECT_EQ(problem_with(R"({"name":1})"), "name: must be a text");
  EXPECT_EQ(problem_with(R"({"name":"x","count":6})"), "count: must be a whole number from 1 to 5");
  EXPECT_EQ(problem_with(R"({"name":"x","count":1.5})"),
            "count: must be a whole number from 1 to 5");
  EXPECT_EQ(problem_with(R"({"name":"x","tags":["a","b","c"]})"),
            "tags: must be a list of at most 2 texts");
  EXPECT_EQ(problem_with(R"({"name":"x","context":{"a":null}})"), "context.a: must be a text");
  EXPECT_EQ(problem_with(R"({"name":"x","inner":[{"yes":true},{}]})"),
            "inner[1].yes: missing: send it");
}

TEST(JsonInput, RefusesFieldsThatNobodyAskedFor) {
  EXPECT_EQ(problem_with(R"({"name":"x","nmae":1})"),
            "nmae: is not known here; known: name, count, tags, context, inner");
  EXPECT_EQ(problem_with(R"({"name":"x","inner":[{"yes":true,"no":1}]})"),
            "inner[0].no: is not known here; known: yes");
}

TEST(JsonInput, RefusesWhatIsNoObject) {
  EXPECT_NE(problem_with("").find("not JSON"), std::string::npos);
  EXPECT_NE(problem_with("{").find("not JSON"), std::string::npos);
  EXPECT_NE(problem_with("[]").find("must be a JSON object"), std::string::npos);
  EXPECT_NE(problem_with("{\"name\":\"\xFF\"}").find("not JSON"), std::string::npos);
  EXPECT_NE(problem_with(std::string(1 << 20, '[')).find("not JSON"), std::string::npos);
}

}  // namespace
}  // namespace freshet
