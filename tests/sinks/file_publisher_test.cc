#include "sinks/file_publisher.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class FilePublisherTest : public ::testing::Test {
 protected:
  const std::string directory_ = ::testing::TempDir() + "freshet_file_publisher_" +
                                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const FilePublisher::Options options_{directory_ + "/lists.jsonl", directory_ + "/dead.jsonl"};
  const StoppedClock clock_{at_ms(1234)};

  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }
};

TEST_F(FilePublisherTest, WritesALinePerListAndAcknowledgesAtOnce) {
  std::vector<ListDelivery> answers;
  auto publisher = FilePublisher::open(
      options_, {.on_list = [&](const ListDelivery& d) { answers.push_back(d); }}, clock_);
  ASSERT_TRUE(publisher);

  ASSERT_TRUE((*publisher)->publish(list_of("anna\nberta", Offset{1})));
  ASSERT_TRUE((*publisher)->publish(list_of("carl", Offset{2})));
  ASSERT_EQ(answers.size(), 2U);
  ASSERT_TRUE((*publisher)->flush(std::chrono::seconds(1)));

  EXPECT_TRUE(answers[1].delivered);
  EXPECT_EQ(answers[1].user, "carl");
  EXPECT_EQ(answers[1].position.offset, Offset{2});
  const auto lines = lines_of(options_.lists_path);
  ASSERT_EQ(lines.size(), 2U);
  rapidjson::Document json;
  json.Parse(lines[0].c_str());
  EXPECT_STREQ(json["user_id"].GetString(), "anna\nberta");
  EXPECT_EQ(json["published_time"].GetInt64(), 1234);
}

TEST_F(FilePublisherTest, WritesDeadLettersWithReasonAndPosition) {
  int answers = 0;
  auto publisher = FilePublisher::open(
      options_, {.on_dead_letter = [&](const DeadLetterDelivery& d) { answers += d.delivered; }},
      clock_);
  ASSERT_TRUE(publisher);
  ASSERT_TRUE((*publisher)->publish(dead_letter_of("{broken \xFF")));
  ASSERT_TRUE((*publisher)->flush(std::chrono::seconds(1)));

  EXPECT_EQ(answers, 1);
  const auto lines = lines_of(options_.dead_letters_path);
  ASSERT_EQ(lines.size(), 1U);
  rapidjson::Document json;
  json.Parse(lines[0].c_str());
  ASSERT_FALSE(json.HasParseError());
  EXPECT_STREQ(json["reason"].GetString(), "bad_time");
  EXPECT_EQ(json["offset"].GetInt64(), 5);
  EXPECT_STREQ(json["value"].GetString(), "{broken \xEF\xBF\xBD");
}

TEST_F(FilePublisherTest, SaysWhichFileCannotBeWritten) {
  const auto publisher =
      FilePublisher::open({.lists_path = directory_ + "/absent/lists.jsonl"}, {}, clock_);
  ASSERT_FALSE(publisher);
  EXPECT_EQ(publisher.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(publisher.error().text.find("absent/lists.jsonl"), std::string::npos);
}

TEST_F(FilePublisherTest, SaysWhenTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  std::vector<ListDelivery> answers;
  auto publisher = FilePublisher::open({.lists_path = "/dev/full"}, {}, clock_);
  ASSERT_TRUE(publisher);
  ignore_error((*publisher)->publish(list_of("anna")), "stdio may buffer it; flush tells");
  const Status flushed = (*publisher)->flush(std::chrono::seconds(1));
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace freshet
