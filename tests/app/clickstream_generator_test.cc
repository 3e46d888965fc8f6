#include "app/demo/clickstream_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "config/ingest_config.h"
#include "ingest/event_decoder.h"
#include "ingest/item_decoder.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr EventTime kStart{milliseconds(1'760'000'000'000)};

GeneratorConfig small_shop() {
  GeneratorConfig config;
  config.item_count = 240;
  config.item_count_max = 260;
  config.events_per_second = 200;
  return config;
}

std::vector<GeneratedRecord> records_of(const GeneratorConfig& config, EventTime end) {
  ClickstreamGenerator generator(config, kStart);
  std::vector<GeneratedRecord> records;
  for (auto record = generator.next(); record.event_time < end; record = generator.next()) {
    records.push_back(std::move(record));
  }
  return records;
}

std::string joined(const std::vector<GeneratedRecord>& records) {
  std::string bytes;
  for (const GeneratedRecord& record : records) bytes += record.key + '\t' + record.value + '\n';
  return bytes;
}

Record as_record(const GeneratedRecord& generated) {
  return {.partition = {0},
          .offset = {0},
          .timestamp = generated.event_time,
          .key = generated.key,
          .value = generated.value};
}

// The events of the stream as the pipeline sees them.
std::vector<Event> events_of(const std::vector<GeneratedRecord>& records) {
  EventDecoder decoder{IngestConfig{}};
  std::vector<Event> events;
  for (const GeneratedRecord& record : records) {
    if (record.topic != GeneratedTopic::kEvents || record.broken) continue;
    auto event = decoder.decode(as_record(record));
    if (event && *event) events.push_back(**std::move(event));
  }
  return events;
}

TEST(ClickstreamGenerator, MakesTheSameBytesForTheSameSeed) {
  const auto first = records_of(small_shop(), kStart + seconds(30));
  const auto second = records_of(small_shop(), kStart + seconds(30));

  EXPECT_EQ(joined(first), joined(second));
}

TEST(ClickstreamGenerator, MakesOtherBytesForAnotherSeed) {
  GeneratorConfig other = small_shop();
  other.seed = 2;

  EXPECT_NE(joined(records_of(small_shop(), kStart + seconds(5))),
            joined(records_of(other, kStart + seconds(5))));
}

TEST(ClickstreamGenerator, BeginsWithTheWholeCatalogue) {
  ClickstreamGenerator generator(small_shop(), kStart);

  std::set<std::string> items;
  for (int i = 0; i < 240; ++i) {
    const GeneratedRecord record = generator.next();
    ASSERT_EQ(record.topic, GeneratedTopic::kItems);
    items.insert(record.key);
  }

  EXPECT_EQ(items.size(), 240u);
}

TEST(ClickstreamGenerator, NeverGoesBackInEventTime) {
  EventTime newest = kStart;
  for (const GeneratedRecord& record : records_of(small_shop(), kStart + minutes(2))) {
    ASSERT_GE(record.event_time, newest);
    newest = record.event_time;
  }
}

TEST(ClickstreamGenerator, KeepsTheConfiguredRate) {
  const auto records = records_of(small_shop(), kStart + minutes(5));

  const auto events = std::count_if(records.begin(), records.end(), [](const auto& record) {
    return record.topic == GeneratedTopic::kEvents;
  });

  EXPECT_NEAR(static_cast<double>(events) / 300, 200, 10);
}

TEST(ClickstreamGenerator, MakesGoodRecordsThatEveryDecoderAccepts) {
  EventDecoder events{IngestConfig{}};
  ItemDecoder items{IngestConfig{}, 0};
  for (const GeneratedRecord& record : records_of(small_shop(), kStart + minutes(2))) {
    if (record.broken) continue;
    if (record.topic == GeneratedTopic::kEvents) {
      const auto event = events.decode(as_record(record));
      ASSERT_TRUE(event) << record.value << "\n" << event.error().text;
    } else {
      const auto item = items.decode(as_record(record));
      ASSERT_TRUE(item) << record.value << "\n" << item.error().text;
    }
  }
}

TEST(ClickstreamGenerator, MakesBrokenRecordsOfEveryKindInTheConfiguredShare) {
  GeneratorConfig config = small_shop();
  config.broken_ratio = 0.02;
  EventDecoder decoder{IngestConfig{}};
  std::set<BadRecordReason> reasons;
  const auto records = records_of(config, kStart + minutes(2));

  double broken_count = 0;
  for (const GeneratedRecord& record : records) {
    if (!record.broken) continue;
    ++broken_count;
    const auto event = decoder.decode(as_record(record));
    ASSERT_FALSE(event) << record.value;
    reasons.insert(event.error().reason);
  }

  EXPECT_NEAR(broken_count / static_cast<double>(records.size()), 0.02, 0.006);
  EXPECT_EQ(reasons.size(), 8u);
}

TEST(ClickstreamGenerator, SendsSomeEventsTwice) {
  GeneratorConfig config = small_shop();
  config.duplicate_ratio = 0.05;
  const auto events = events_of(records_of(config, kStart + minutes(1)));

  std::set<std::uint64_t> ids;
  for (const Event& event : events) ids.insert(event.event_id);

  EXPECT_NEAR(1 - static_cast<double>(ids.size()) / static_cast<double>(events.size()), 0.05, 0.02);
}

TEST(ClickstreamGenerator, HasMoreClicksThanCartsThanPurchases) {
  std::map<Action, int> counts;
  for (const Event& event : events_of(records_of(small_shop(), kStart + minutes(2)))) {
    ++counts[event.action];
  }

  EXPECT_GT(counts[Action::kClick], counts[Action::kImpression]);
  EXPECT_GT(counts[Action::kImpression], counts[Action::kCart]);
  EXPECT_GT(counts[Action::kCart], counts[Action::kPurchase]);
  EXPECT_GT(counts[Action::kPurchase], 100);
  EXPECT_GT(counts[Action::kDislike], 0);
}

TEST(ClickstreamGenerator, LetsTheLastClickForetellTheNextOne) {
  std::map<std::string, ItemId> last_of_session;
  std::map<std::pair<ItemId, ItemId>, int> steps;
  std::map<ItemId, int> popularity;
  int step_count = 0;
  for (const Event& event : events_of(records_of(small_shop(), kStart + minutes(5)))) {
    if (event.action != Action::kClick || event.user.starts_with("bot-")) continue;
    const ItemId item = event.items[0].id;
    ++popularity[item];
    if (auto last = last_of_session.find(event.session); last != last_of_session.end()) {
      ++steps[{last->second, item}];
      ++step_count;
    }
    last_of_session[event.session] = item;
  }

  // The commonest successor of each item, against the commonest item of all.
  std::map<ItemId, int> best_step;
  for (const auto& [step, count] : steps) {
    best_step[step.first] = std::max(best_step[step.first], count);
  }
  int foretold = 0;
  for (const auto& [item, count] : best_step) foretold += count;
  int most_popular = 0;
  for (const auto& [item, count] : popularity) most_popular = std::max(most_popular, count);
  EXPECT_GT(foretold, 0.25 * step_count);
  EXPECT_LT(most_popular, 0.05 * step_count);
}

TEST(ClickstreamGenerator, AddsProductsThatAreSoonClicked) {
  const auto records = records_of(small_shop(), kStart + minutes(5));
  std::set<ItemId> added;
  for (const GeneratedRecord& record : records) {
    const bool is_new = record.topic == GeneratedTopic::kItems && record.event_time > kStart &&
                        record.key >= "p-10240";
    if (is_new) added.insert(item_id_of(record.key));
  }

  std::set<ItemId> clicked;
  for (const Event& event : events_of(records)) {
    if (event.action == Action::kClick && added.contains(event.items[0].id)) {
      clicked.insert(event.items[0].id);
    }
  }

  EXPECT_GT(added.size(), 40u);
  EXPECT_GT(clicked.size(), added.size() * 8 / 10);
}

TEST(ClickstreamGenerator, MovesPopularityWithinMinutes) {
  std::array<std::map<ItemId, int>, 2> counts;
  for (const Event& event : events_of(records_of(small_shop(), kStart + minutes(10)))) {
    const bool late = event.event_time > kStart + minutes(8);
    if (late || event.event_time < kStart + minutes(2)) ++counts[late][event.items[0].id];
  }
  auto top = [](const std::map<ItemId, int>& items) {
    std::vector<std::pair<int, ItemId>> ranked;
    for (const auto& [item, count] : items) ranked.emplace_back(count, item);
    std::sort(ranked.rbegin(), ranked.rend());
    std::set<ItemId> best;
    for (std::size_t i = 0; i < 20; ++i) best.insert(ranked[i].second);
    return best;
  };

  const auto early_top = top(counts[0]);
  const auto late_top = top(counts[1]);
  const auto kept = std::count_if(early_top.begin(), early_top.end(),
                                  [&](ItemId item) { return late_top.contains(item); });

  EXPECT_LT(kept, 15);
}

TEST(ClickstreamGenerator, HasBotsFarBusierThanAnyVisitor) {
  std::map<UserId, int> counts;
  for (const Event& event : events_of(records_of(small_shop(), kStart + minutes(1)))) {
    ++counts[event.user];
  }

  EXPECT_GT(counts["bot-1"], 200);
  for (const auto& [user, count] : counts) {
    const bool is_bot = user.starts_with("bot-");
    EXPECT_TRUE(is_bot || count < 100) << user;
  }
}

}  // namespace
}  // namespace freshet
