#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "ingest/event_decoder.h"
#include "ingest/item_decoder.h"

namespace freshet {
namespace {

constexpr int kRounds = 20'000;

const std::vector<std::string> kJsonEvents{
    R"({"event_id":"e1","type":"purchase","user_id":"u1","session_id":"s","items":[{"item_id":"a",)"
    R"("quantity":2,"price":1.5},"b"],"event_time":"2024-01-31T12:00:00.250Z","value":"3.5"})",
    R"({"type":"click","user_id":1,"item_id":"\u00e9\ud83d\ude00","event_time":1706702400000,)"
    R"("quantity":1,"context":{"device":"phone","country":null,"page":true}})"};

const std::vector<std::string> kCsvEvents{"purchase,u1,\"a \"\"b\"\"\",1706702400000",
                                          "click,\xC3\xA9,i2,2024-01-31T12:00:00Z"};

const std::vector<std::string> kItems{
    R"({"item_id":"i1","title":"Shirt","category":["a","b"],"price":19.5,"available":false,)"
    R"("embedding":[0.5,-1,2e-3],"attributes":{"size":"M"},"updated_time":1706702400000})"};

// Breaks a record as the world does: bytes flipped, dropped, doubled, swapped for another's.
class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string mutate(const std::vector<std::string>& from) {
    std::string bytes = from[below(from.size())];
    for (std::size_t times = 1 + below(4); times > 0; --times) mutate_once(bytes, from);
    return bytes;
  }

 private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  void mutate_once(std::string& bytes, const std::vector<std::string>& from) {
    if (bytes.empty()) return;
    const std::size_t at = below(bytes.size());
    const std::size_t length = std::min(1 + below(12), bytes.size() - at);
    const std::string_view special = "{}[]\",:\\0-eE.n\n\xFF\xC0";
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] = special[below(special.size())];
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 4:
        bytes.resize(at);
        break;
      default: {
        const std::string& other = from[below(from.size())];
        const std::size_t begin = below(other.size());
        bytes.replace(at, length, other.substr(begin, 1 + below(20)));
      }
    }
  }

  std::mt19937 random_;
};

class DecoderFuzz : public testing::Test {
 protected:
  DecoderFuzz() : seed_(std::random_device{}()), mutator_(seed_) {
    RecordProperty("seed", std::to_string(seed_));
    printf("seed %u\n", seed_);
  }

  void expect_event_or_reason(EventDecoder& decoder, const std::vector<std::string>& from) {
    for (int i = 0; i < kRounds; ++i) {
      const std::string bytes = mutator_.mutate(from);
      Record record;
      record.value = bytes;
      const auto decoded = decoder.decode(record);
      if (!decoded) {
        ASSERT_FALSE(decoded.error().text.empty()) << "seed " << seed_ << ": " << bytes;
        continue;
      }
      if (!*decoded) continue;
      const Event& event = **decoded;
      ASSERT_FALSE(event.user.empty()) << "seed " << seed_ << ": " << bytes;
      ASSERT_FALSE(event.items.empty()) << "seed " << seed_ << ": " << bytes;
      for (const EventItem& item : event.items) {
        ASSERT_GT(item.quantity, 0) << "seed " << seed_ << ": " << bytes;
        ASSERT_FALSE(item.name.empty()) << "seed " << seed_ << ": " << bytes;
      }
    }
  }

  const std::uint32_t seed_;
  Mutator mutator_;
};

TEST_F(DecoderFuzz, BrokenJsonIsAnEventOrHasAReason) {
  EventDecoder decoder{IngestConfig{}};
  expect_event_or_reason(decoder, kJsonEvents);
}

TEST_F(DecoderFuzz, BrokenCsvIsAnEventOrHasAReason) {
  IngestConfig config;
  config.format = "csv";
  config.csv_columns = {"type", "user_id", "item_id", "event_time"};
  EventDecoder decoder{config};
  expect_event_or_reason(decoder, kCsvEvents);
}

TEST_F(DecoderFuzz, ABrokenItemIsAnUpdateOrHasAReason) {
  ItemDecoder decoder{IngestConfig{}, 3};
  for (int i = 0; i < kRounds; ++i) {
    const std::string bytes = mutator_.mutate(kItems);
    Record record;
    record.value = bytes;
    const auto item = decoder.decode(record);
    if (item) {
      ASSERT_NE(item->id.value, 0u) << "seed " << seed_ << ": " << bytes;
    } else {
      ASSERT_FALSE(item.error().text.empty()) << "seed " << seed_ << ": " << bytes;
    }
  }
}

}  // namespace
}  // namespace freshet
