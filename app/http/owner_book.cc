#include "app/http/owner_book.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <limits>

#include "config/config.h"
#include "sinks/json_input.h"

namespace freshet {
namespace {

tl::unexpected<BadRecord> bad(std::string text) {
  return tl::unexpected(BadRecord{BadRecordReason::kMalformed, std::move(text)});
}

/// Partitions above this are no one's: the book stays bounded, whatever the topic holds.
constexpr std::int32_t kPartitionsMax = 100'000;

}  // namespace

tl::expected<void, BadRecord> OwnerBook::take(const Record& record) {
  PartitionId partition;
  const char* const end = record.key.data() + record.key.size();
  const auto parsed = std::from_chars(record.key.data(), end, partition.value);
  if (parsed.ec != std::errc() || parsed.ptr != end || partition.value < 0 ||
      partition.value >= kPartitionsMax) {
    return bad("key: must be a partition's number; only instances of Freshet may write here");
  }
  if (!record.value) {
    std::lock_guard lock(mutex_);
    owners_.erase(partition);
    return {};
  }
  Owner owner;
  JsonInput input(*record.value);
  input.require("url");
  input.read("url", owner.url);
  input.require("epoch");
  input.read("epoch", owner.epoch, 0, std::numeric_limits<std::int64_t>::max());
  if (const Status read = input.finish(); !read) return bad(read.error().text);
  if (!is_base_url(owner.url)) return bad("url: must be http:// or https://, a host and a port");
  std::lock_guard lock(mutex_);
  const auto [it, is_new] = owners_.try_emplace(partition, owner);
  if (!is_new && owner.epoch >= it->second.epoch) it->second = std::move(owner);
  return {};
}

std::optional<std::string> OwnerBook::url_of(PartitionId partition) const {
  std::lock_guard lock(mutex_);
  const auto it = owners_.find(partition);
  return it == owners_.end() ? std::nullopt : std::optional(it->second.url);
}

Result<std::unique_ptr<OwnerAnnouncer>> OwnerAnnouncer::open(const SinksConfig& config) {
  if (config.kafka.owners_topic.empty() || config.http.advertised_url.empty()) return nullptr;
  KafkaRecordWriter::Options options;
  options.brokers = config.kafka.brokers;
  options.topic = config.kafka.owners_topic;
  options.properties = config.kafka.properties;
  options.linger = std::chrono::milliseconds{0};
  auto writer = KafkaRecordWriter::open(options);
  if (!writer) return tl::unexpected(std::move(writer).error());
  return std::unique_ptr<OwnerAnnouncer>(
      new OwnerAnnouncer(config.http.advertised_url, *std::move(writer)));
}

void OwnerAnnouncer::announce(PartitionId partition, Epoch epoch) {
  const Status told =
      writer_->write(std::to_string(partition.value),
                     fmt::format(R"({{"url":"{}","epoch":{}}})", url_, epoch.value));
  if (!told)
    spdlog::warn("partition {}: cannot tell its owner: {}", partition.value, told.error().text);
}

}  // namespace freshet
