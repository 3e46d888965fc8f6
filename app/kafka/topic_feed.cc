#include "app/kafka/topic_feed.h"

#include <utility>

#include "app/engine/thread_names.h"
#include "app/partition/dead_letter_of.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsMax = 500;

}  // namespace

TopicFeed::TopicFeed(TopicFeedParts parts, std::string topic, TakeRecord take)
    : parts_(std::move(parts)), topic_(std::move(topic)), take_(std::move(take)) {}

Result<std::unique_ptr<TopicFeed>> TopicFeed::start(TopicFeedParts parts, const std::string& name,
                                                    const std::string& topic, TakeRecord take) {
  auto reader = KafkaTopicReader::open(parts.config.ingest.kafka, topic);
  if (!reader) return tl::unexpected(std::move(reader).error());
  std::unique_ptr<TopicFeed> feed(new TopicFeed(std::move(parts), topic, std::move(take)));
  feed->reader_ = std::move(*reader);
  feed->thread_ = std::jthread([feed = feed.get(), name](std::stop_token stop) {
    name_this_thread(name);
    if (const Status done = feed->run(stop); !done) feed->parts_.on_failure(done.error());
  });
  return feed;
}

Status TopicFeed::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto records = reader_->poll(kRecordsMax, 100ms);
    if (!records) return tl::unexpected(records.error());
    for (const Record& record : *records) {
      auto taken = take_(record, stop);
      if (!taken) FRESHET_RETURN_IF_ERROR(give_up(record, std::move(taken).error()));
    }
    if (reader_->reached_end()) reached_end_ = true;
  }
  return {};
}

// Read from the beginning at every start, so its bad records are reported again at every start.
Status TopicFeed::give_up(const Record& record, BadRecord why) {
  const DeadLetter letter =
      dead_letter_of(record, topic_, std::move(why), parts_.config.sinks.dead_letter_bytes_max);
  parts_.figures.count_dead_letter(letter.why);
  parts_.figures.keep_dead_letter(letter);
  return parts_.publisher.publish(letter);
}

}  // namespace freshet
