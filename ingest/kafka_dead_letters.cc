#include "ingest/kafka_dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "ingest/kafka_client.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

/// First guess at how many records hold what is wanted; each further look is so much wider, so that
/// all looks together cost little more than the last.
constexpr std::int64_t kFirstWindow = 1'000;
constexpr std::int64_t kWider = 8;

/// Empty = no dead letter.
std::optional<StoredDeadLetter> to_letter(const rd_kafka_message_t& message) {
  const auto reason = header_of(message, "reason");
  const auto topic = header_of(message, "topic");
  const auto source =
      parse_source(fmt::format("{}:{}", header_of(message, "partition").value_or(""),
                               header_of(message, "offset").value_or("")));
  if (!reason || !topic || !source) return std::nullopt;
  const Record record = to_record(message);
  return StoredDeadLetter{.place = {record.partition, record.offset},
                          .time = record.timestamp,
                          .reason = std::string(*reason),
                          .text = std::string(header_of(message, "text").value_or("")),
                          .topic = std::string(*topic),
                          .source = *source,
                          .key = std::string(record.key),
                          .value = std::string(record.value.value_or("")),
                          .cut = header_of(message, "cut") == "true"};
}

/// What one look found. Confined to one thread.
class Findings {
 public:
  explicit Findings(const DeadLetterQuery& query)
      : query_(query), count_(query.places.empty() ? query.count : query.places.size()) {}

  void take(const rd_kafka_message_t& message) {
    if (const auto replayed = header_of(message, kReplayedHeader)) {
      if (const auto place = parse_source(fmt::format("{}:{}", message.partition, *replayed)))
        replayed_[{place->partition, place->offset}] = to_record(message).timestamp;
      return;
    }
    auto letter = to_letter(message);
    if (!letter || !is_wanted(*letter)) return;
    ++matched_[letter->place.partition];
    letters_.push_back(*std::move(letter));
    if (letters_.size() >= 2 * count_ + 100) keep_newest();
  }

  /// Whether no older letter of `partition` can be among the newest.
  bool is_full(PartitionId partition) const {
    const auto matched = matched_.find(partition);
    return matched != matched_.end() && matched->second >= count_;
  }

  std::vector<StoredDeadLetter> finish() {
    keep_newest();
    for (StoredDeadLetter& letter : letters_) {
      const auto noted = replayed_.find({letter.place.partition, letter.place.offset});
      if (noted != replayed_.end()) letter.replayed_time = noted->second;
    }
    return std::move(letters_);
  }

 private:
  bool is_wanted(const StoredDeadLetter& letter) const {
    if (!query_.places.empty())
      return std::find(query_.places.begin(), query_.places.end(), letter.place) !=
             query_.places.end();
    if (query_.since && letter.time && *letter.time < *query_.since) return false;
    return query_.reason.empty() || letter.reason == query_.reason;
  }

  void keep_newest() {
    std::sort(letters_.begin(), letters_.end(), [](const auto& a, const auto& b) {
      return std::tuple(a.time, a.place.partition, a.place.offset) <
             std::tuple(b.time, b.place.partition, b.place.offset);
    });
    if (letters_.size() > count_) letters_.erase(letters_.begin(), letters_.end() - count_);
  }

  const DeadLetterQuery& query_;
  const std::size_t count_;
  std::vector<StoredDeadLetter> letters_;
  std::map<PartitionId, std::size_t> matched_;
  std::map<std::pair<PartitionId, Offset>, std::optional<EventTime>> replayed_;
};

/// The topic's partitions, read from chosen offsets to where they end now. Confined to one thread.
class TopicTail {
 public:
  TopicTail(const KafkaSourceConfig& config, std::string topic, milliseconds timeout)
      : config_(config), topic_(std::move(topic)), timeout_(timeout) {}
  ~TopicTail() {
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }
  TopicTail(const TopicTail&) = delete;
  TopicTail& operator=(const TopicTail&) = delete;

  Status open() {
    KafkaProperties properties = reader_properties(config_);
    properties["group.id"] = config_.group + "." + topic_;  // Never joined.
    properties["enable.partition.eof"] = "true";
    properties["auto.offset.reset"] = "earliest";
    auto handle = open_kafka_reader(properties);
    if (!handle) return tl::unexpected(std::move(handle).error());
    handle_ = std::move(*handle);
    const auto count = count_kafka_partitions(handle_.get(), config_.brokers, topic_, timeout_);
    if (!count) return tl::unexpected(count.error());
    for (std::size_t i = 0; i < *count; ++i) {
      const PartitionId partition{static_cast<int>(i)};
      auto marks = query_kafka_watermarks(handle_.get(), topic_, partition, timeout_);
      if (!marks) return tl::unexpected(marks.error());
      marks_[partition] = *marks;
    }
    return {};
  }

  const std::map<PartitionId, Watermarks>& marks() const { return marks_; }

  /// Visits all records from `starts` on, in the order of each partition.
  Status read(const std::map<PartitionId, Offset>& starts,
              const std::function<void(const rd_kafka_message_t&)>& visit) {
    const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
    std::set<std::int32_t> unread;
    for (const auto& [partition, start] : starts) {
      if (start >= marks_.at(partition).high) continue;
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value)->offset =
          start.value;
      unread.insert(partition.value);
    }
    const auto answer = rd_kafka_assign(handle_.get(), list.get());
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return error(ErrorCode::kInternal,
                   fmt::format("reading {}: {}", topic_, rd_kafka_err2str(answer)));
    }
    while (!unread.empty()) {
      const KafkaMessage message(
          rd_kafka_consumer_poll(handle_.get(), static_cast<int>(timeout_.count())));
      if (!message) {
        return error(ErrorCode::kTimedOut,
                     fmt::format("reading {}: {} sent nothing for {} s", topic_, config_.brokers,
                                 timeout_.count() / 1000));
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        unread.erase(message->partition);
      } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        FRESHET_RETURN_IF_ERROR(judge_kafka_error(*message, topic_));
      } else {
        visit(*message);
      }
    }
    return {};
  }

 private:
  const KafkaSourceConfig config_;
  const std::string topic_;
  const milliseconds timeout_;
  KafkaHandle handle_;
  std::map<PartitionId, Watermarks> marks_;
};

/// What is noted of a letter stands behind it in its partition, so nothing in front is read.
Result<std::vector<StoredDeadLetter>> read_places(TopicTail& tail, const DeadLetterQuery& query) {
  std::map<PartitionId, Offset> starts;
  for (const SourcePosition& place : query.places) {
    const auto marks = tail.marks().find(place.partition);
    if (marks == tail.marks().end()) continue;
    const Offset at = std::max(place.offset, marks->second.low);
    const auto [start, is_new] = starts.emplace(place.partition, at);
    start->second = std::min(start->second, at);
  }
  Findings found(query);
  FRESHET_RETURN_IF_ERROR(
      tail.read(starts, [&](const rd_kafka_message_t& message) { found.take(message); }));
  return found.finish();
}

Result<std::vector<StoredDeadLetter>> read_newest(TopicTail& tail, const DeadLetterQuery& query) {
  for (std::int64_t window = kFirstWindow;; window *= kWider) {
    std::map<PartitionId, Offset> starts;
    for (const auto& [partition, marks] : tail.marks())
      starts[partition] = Offset{std::max(marks.low.value, marks.high.value - window)};
    Findings found(query);
    std::map<PartitionId, EventTime> first_times;
    FRESHET_RETURN_IF_ERROR(tail.read(starts, [&](const rd_kafka_message_t& message) {
      if (const auto time = to_record(message).timestamp)
        first_times.emplace(PartitionId{message.partition}, *time);
      found.take(message);
    }));
    const bool reaches_back = std::all_of(starts.begin(), starts.end(), [&](const auto& start) {
      const auto& [partition, offset] = start;
      const auto first = first_times.find(partition);
      const bool too_old =
          query.since && first != first_times.end() && first->second < *query.since;
      return too_old || found.is_full(partition) || offset <= tail.marks().at(partition).low;
    });
    if (reaches_back) return found.finish();
  }
}

}  // namespace

Result<std::vector<StoredDeadLetter>> read_dead_letters(const KafkaSourceConfig& config,
                                                        const std::string& topic,
                                                        const DeadLetterQuery& query,
                                                        milliseconds timeout) {
  TopicTail tail(config, topic, timeout);
  FRESHET_RETURN_IF_ERROR(tail.open());
  return query.places.empty() ? read_newest(tail, query) : read_places(tail, query);
}

}  // namespace freshet
