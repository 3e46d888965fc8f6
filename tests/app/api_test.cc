#include "app/http/api.h"

#include <gtest/gtest.h>

#include "tests/app/running_engine.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// The API's functions on a running engine.
class ApiTest : public RunningEngine {
 protected:
  ApiTest() {
    config_.sinks.http.advertised_url = "http://us:1";
    handlers_ = make_api_handlers({config_, clock_, *engine_, figures_, titles_, registry_,
                                   watchers_, [] { return true; }, &owners_, nullptr});
  }

  /// Calls `ask` with a function to answer with, and waits for the answer.
  template <class T, class Ask>
  Result<T> answer_to(Ask ask) {
    std::promise<Result<T>> answer;
    ask([&](Result<T> value) { answer.set_value(std::move(value)); });
    return answer.get_future().get();
  }

  Result<RankedList> list_of(const UserId& user, const ListWish& wish = {}) {
    return answer_to<RankedList>([&](auto answer) { handlers_.recommend(user, wish, answer); });
  }

  /// A user whose partition, of two, is `partition`.
  UserId user_in_two(std::int32_t partition) {
    engine_->set_partition_count(2);
    for (int i = 0;; ++i) {
      const UserId user = "u" + std::to_string(i);
      if (engine_->partition_of_user(user) == PartitionId{partition}) return user;
    }
  }

  void tell(std::int32_t partition, const std::string& url, int epoch) {
    const std::string key = std::to_string(partition);
    const std::string value = R"({"url":")" + url + R"(","epoch":)" + std::to_string(epoch) + "}";
    Record record;
    record.key = key;
    record.value = value;
    ASSERT_TRUE(owners_.take(record));
  }

  ListWatchers watchers_{clock_, nullptr};
  OwnerBook owners_;
  ApiHandlers handlers_;
};

TEST_F(ApiTest, MakesAListAsWished) {
  serve_partition(0);
  const auto plain = list_of("0-1", {.count = 6});
  ASSERT_TRUE(plain) << plain.error().text;
  ASSERT_EQ(plain->items.size(), 6U);
  const std::string best = plain->items.front().name;
  const auto other = list_of("0-1", {.count = 6, .exclude = {best}, .context = {{"device", "tv"}}});
  ASSERT_TRUE(other) << other.error().text;
  EXPECT_EQ(other->items.size(), 6U);
  for (const RankedItem& item : other->items) EXPECT_NE(item.name, best);
}

TEST_F(ApiTest, RefusesAContextThatIsNotDeclared) {
  const auto list = list_of("0-1", {.context = {{"weather", "wet"}}});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(list.error().text.find("weather"), std::string::npos);
}

TEST_F(ApiTest, RanksAVisitorLikeAUserWhoDidTheSame) {
  serve_partition(0);
  const auto user = answer_to<UserView>([&](auto answer) { handlers_.user("0-1", answer); });
  ASSERT_TRUE(user) << user.error().text;
  std::vector<SessionEvent> events;
  for (const HistoryEntry& entry : user->state.history)
    events.push_back({user->items.at(entry.item).name, entry.action, entry.event_time});
  const auto visitor = answer_to<RankedList>(
      [&](auto answer) { handlers_.recommend_session(events, {.count = 5}, answer); });
  const auto list = list_of("0-1", {.count = 5});
  ASSERT_TRUE(visitor) << visitor.error().text;
  ASSERT_TRUE(list);
  EXPECT_EQ(visitor->user, "");
  ASSERT_EQ(visitor->items.size(), list->items.size());
  for (std::size_t i = 0; i < list->items.size(); ++i)
    EXPECT_EQ(visitor->items[i].name, list->items[i].name);
  EXPECT_EQ(visitor->fallback, Fallback::kNone);
}

TEST_F(ApiTest, ShowsWhatIsKnownOfAUserAndOfNobodyElse) {
  serve_partition(0);
  const auto user = answer_to<UserView>([&](auto answer) { handlers_.user("0-1", answer); });
  ASSERT_TRUE(user);
  EXPECT_EQ(user->state.history.size(), static_cast<std::size_t>(kEvents / kUsers));
  EXPECT_EQ(user->offset, Offset{kEvents - 1});
  EXPECT_EQ(user->items.at(user->state.history.back().item).name.front(), 'i');
  const auto nobody = answer_to<UserView>([&](auto answer) { handlers_.user("nobody", answer); });
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
}

TEST_F(ApiTest, FindsItemsAndWhatStandsAroundThem) {
  serve_partition(0);
  const auto page = answer_to<ItemPage>(
      [&](auto answer) { handlers_.items({.words = "i1", .count = 3}, answer); });
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 11U) << "i1 and i10 to i19";
  EXPECT_EQ(page->items.size(), 3U);
  const auto item = answer_to<ItemFigures>([&](auto answer) { handlers_.item("i1", answer); });
  ASSERT_TRUE(item);
  EXPECT_GT(item->seen_times, 0U);
  using Items = std::vector<RankedItem>;
  const auto similar = answer_to<Items>([&](auto answer) { handlers_.similar("i1", 0, answer); });
  ASSERT_TRUE(similar) << "a known item that nothing is like";
  EXPECT_TRUE(similar->empty());
  const auto related = answer_to<Items>([&](auto answer) { handlers_.related("x", 0, answer); });
  ASSERT_FALSE(related);
  EXPECT_NE(related.error().text.find("no item \"x\""), std::string::npos);
}

TEST_F(ApiTest, ExplainsTheBestItemOfAList) {
  serve_partition(0);
  const auto list = list_of("0-1", {.count = 3});
  ASSERT_TRUE(list);
  const auto explain = [&](const UserId& user, const std::string& item) {
    return answer_to<Explanation>(
        [&](auto answer) { handlers_.explain(user, item, "en", answer); });
  };
  const auto why = explain("0-1", list->items.front().name);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->verdict, Verdict::kInList);
  EXPECT_EQ(why->rank, 1U);
  EXPECT_FALSE(why->sentence.empty());
  EXPECT_EQ(explain("0-1", "x")->verdict, Verdict::kUnknownItem);
  EXPECT_TRUE(explain("nobody", "i1"));
}

TEST_F(ApiTest, SendsAQuestionToTheOwnerOfAForeignPartition) {
  const UserId ours = user_in_two(0), theirs = user_in_two(1);
  EXPECT_FALSE(handlers_.elsewhere(theirs)) << "nobody has told anything";
  tell(1, "http://them:1", 4);
  tell(0, "http://former:1", 9);
  EXPECT_EQ(handlers_.elsewhere(theirs), "http://them:1");
  EXPECT_EQ(handlers_.elsewhere(ours), "http://former:1") << "no partition is ours yet";
  run_partition(0);
  EXPECT_FALSE(handlers_.elsewhere(ours)) << "what we own we answer, whatever the book says";
  tell(1, "http://us:1", 5);
  EXPECT_FALSE(handlers_.elsewhere(theirs)) << "we gave it up and nobody has taken it";
}

}  // namespace
}  // namespace freshet
