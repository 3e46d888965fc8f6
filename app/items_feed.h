#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>

#include "app/engine.h"
#include "app/title_book.h"
#include "config/config.h"
#include "ingest/item_decoder.h"
#include "ingest/kafka_topic_reader.h"

namespace freshet {

/// Reads the compacted items topic from its beginning, for ever, into the learner's catalogue and
/// the title book. Every process reads all of it. Confined to one thread, except reached_end().
class ItemsFeed {
 public:
  /// Errors: kUnavailable, kNotFound (no items topic).
  static Result<std::unique_ptr<ItemsFeed>> open(const Config& config, Engine& engine,
                                                 TitleBook& titles, PipelineFigures& figures,
                                                 ListPublisher& publisher);

  /// Runs until `stop`. Errors: the topic is lost for good.
  Status run(std::stop_token stop);

  /// True once everything that was there at the start has been read. Thread-safe.
  bool reached_end() const { return reached_end_; }

 private:
  ItemsFeed(const Config& config, Engine& engine, TitleBook& titles, PipelineFigures& figures,
            ListPublisher& publisher);
  Status take(const Record& record, std::stop_token stop);

  const Config& config_;
  Engine& engine_;
  TitleBook& titles_;
  PipelineFigures& figures_;
  ListPublisher& publisher_;
  ItemDecoder decoder_;
  std::unique_ptr<KafkaTopicReader> reader_;
  std::atomic<bool> reached_end_{false};
};

}  // namespace freshet
