#include "app/commands/init_sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/event_decoder.h"
#include "ingest/file_source.h"
#include "ingest/kafka_topic_reader.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSampleBytesMax = 32 << 20;
constexpr int kSilentPollsMax = 50;
constexpr auto kPollWait = 100ms;

/// Takes what `source` has until there is enough. True = enough.
class Collector {
 public:
  Collector(EventSample& sample, std::size_t count) : sample_(sample), count_(count) {}

  bool is_full() const { return sample_.records.size() >= count_ || bytes_ >= kSampleBytesMax; }

  void take(std::span<const Record> records) {
    for (const Record& record : records) {
      if (is_full()) return;
      if (!record.value) continue;
      sample_.records.emplace_back(*record.value);
      sample_.keys.emplace_back(record.key);
      bytes_ += record.value->size();
    }
  }

 private:
  EventSample& sample_;
  const std::size_t count_;
  std::size_t bytes_ = 0;
};

Result<EventSample> unless_empty(EventSample sample) {
  if (!sample.records.empty()) return sample;
  return error(ErrorCode::kInvalidConfig,
               sample.from + ": no record to look at: name a file or topic that has events");
}

}  // namespace

Result<EventSample> sample_file(const std::string& path, std::size_t count) {
  EventSample sample;
  sample.from = path;
  auto source = FileSource::open({path}, IngestConfig{});
  if (!source) return tl::unexpected(source.error());
  Collector collector(sample, count);
  while (!collector.is_full() && !(*source)->exhausted()) {
    const auto records = (*source)->poll(count, 0ms);
    // A file that is cut off still shows its beginning.
    if (!records && !sample.records.empty()) break;
    if (!records) return tl::unexpected(records.error());
    collector.take(*records);
  }
  return unless_empty(std::move(sample));
}

Result<EventSample> sample_topic(const KafkaSourceConfig& config, const std::string& topic,
                                 std::size_t count) {
  EventSample sample;
  sample.from = fmt::format("topic {} on {}", topic, config.brokers);
  sample.is_topic = true;
  auto reader = KafkaTopicReader::open(config, topic);
  if (!reader) return tl::unexpected(reader.error());
  Collector collector(sample, count);
  for (int silent = 0; !collector.is_full() && !(*reader)->reached_end();) {
    const auto records = (*reader)->poll(count, kPollWait);
    if (!records) return tl::unexpected(records.error());
    collector.take(*records);
    silent = records->empty() ? silent + 1 : 0;
    if (silent == kSilentPollsMax) break;
  }
  return unless_empty(std::move(sample));
}

SampleTrial try_mapping(const EventSample& sample, const IngestConfig& config) {
  EventDecoder decoder(config);
  SampleTrial trial;
  for (std::size_t k = 0; k < sample.records.size(); ++k) {
    Record record;
    record.value = sample.records[k];
    // Any time will do where the log's own stands in.
    if (config.mapping.event_time.empty())
      record.timestamp = EventTime{std::chrono::hours{500'000}};
    const auto event = decoder.decode(record);
    if (!event) {
      const std::string& text = event.error().text;
      ++trial.refused[fmt::format("{}: {}", to_string(event.error().reason),
                                  text.substr(0, text.find_first_of(":;")))];
    } else if (!event->has_value()) {
      ++trial.ignored;
    } else {
      ++trial.read;
      trial.keyed_by_user += (*event)->user == sample.keys[k] ? 1 : 0;
    }
  }
  return trial;
}

}  // namespace freshet
