#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <tl/expected.hpp>

#include "app/figures/pipeline_figures.h"
#include "config/config.h"
#include "ingest/kafka_topic_reader.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// Takes one record of a feed, on the feed's thread; an error names what is wrong with it. May
/// wait, until `stop`.
using TakeRecord =
    std::function<tl::expected<void, BadRecord>(const Record& record, std::stop_token stop)>;

/// What a feed works with. All outlive it.
struct TopicFeedParts {
  const Config& config;
  PipelineFigures& figures;
  ListPublisher& publisher;  ///< Of the dead letters.
  /// Called once, on the feed's thread, when the topic is lost for good.
  std::function<void(const Error&)> on_failure;
};

/// Reads a compacted topic from its beginning, for ever, on a thread of its own. Every process
/// reads all of it. A record that cannot be taken becomes a dead letter. Thread-safe.
class TopicFeed {
 public:
  /// `name` is the thread's. Errors: kUnavailable, kNotFound (no such topic).
  static Result<std::unique_ptr<TopicFeed>> start(TopicFeedParts parts, const std::string& name,
                                                  const std::string& topic, TakeRecord take);

  /// True once everything that was there at the start has been taken.
  bool reached_end() const { return reached_end_; }

 private:
  TopicFeed(TopicFeedParts parts, std::string topic, TakeRecord take);
  Status run(std::stop_token stop);
  Status give_up(const Record& record, BadRecord why);

  const TopicFeedParts parts_;
  const std::string topic_;
  const TakeRecord take_;
  std::unique_ptr<KafkaTopicReader> reader_;
  std::atomic<bool> reached_end_{false};
  std::jthread thread_;  // Last: joined before the rest goes.
};

}  // namespace freshet
