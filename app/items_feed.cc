#include "app/items_feed.h"

#include "app/dead_letter_of.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsMax = 500;

}  // namespace

ItemsFeed::ItemsFeed(const Config& config, Engine& engine, TitleBook& titles,
                     PipelineFigures& figures, ListPublisher& publisher)
    : config_(config),
      engine_(engine),
      titles_(titles),
      figures_(figures),
      publisher_(publisher),
      decoder_(config.ingest, config.scoring.catalogue.embedding_dim) {}

Result<std::unique_ptr<ItemsFeed>> ItemsFeed::open(const Config& config, Engine& engine,
                                                   TitleBook& titles, PipelineFigures& figures,
                                                   ListPublisher& publisher) {
  auto reader = KafkaTopicReader::open(config.ingest.kafka, config.ingest.kafka.items_topic);
  if (!reader) return tl::unexpected(reader.error());
  std::unique_ptr<ItemsFeed> feed(new ItemsFeed(config, engine, titles, figures, publisher));
  feed->reader_ = std::move(*reader);
  return feed;
}

Status ItemsFeed::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto records = reader_->poll(kRecordsMax, 100ms);
    if (!records) return tl::unexpected(records.error());
    for (const Record& record : *records) FRESHET_RETURN_IF_ERROR(take(record, stop));
    if (reader_->reached_end()) reached_end_ = true;
  }
  return {};
}

Status ItemsFeed::take(const Record& record, std::stop_token stop) {
  auto update = decoder_.decode(record);
  if (update) {
    titles_.update(*update);
    engine_.update_item(std::move(*update), stop);
    return {};
  }
  // Read from the beginning at every start, so its bad records are reported again at every start.
  const DeadLetter letter =
      dead_letter_of(record, config_.ingest.kafka.items_topic, std::move(update.error()),
                     config_.sinks.dead_letter_bytes_max);
  figures_.count_dead_letter(letter.why);
  figures_.keep_dead_letter(letter);
  return publisher_.publish(letter);
}

}  // namespace freshet
