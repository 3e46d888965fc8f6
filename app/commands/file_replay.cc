#include "app/commands/file_replay.h"

#include <fmt/format.h>
#include <prometheus/registry.h>

#include <thread>

#include "app/commands/live_line.h"
#include "app/commands/progress_bar.h"
#include "app/engine/encoder_choice.h"
#include "app/engine/engine.h"
#include "app/engine/network_choice.h"
#include "app/figures/pipeline_figures.h"
#include "config/stop_wait.h"
#include "ingest/file_source.h"
#include "ingest/replay_pacer.h"
#include "sinks/file_publisher.h"
#include "sinks/kafka_record_writer.h"
#include "state/memory_store.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsMax = 500;
constexpr auto kFlushWait = 60s;

/// Opens the files; the configuration learns the CSV headings that they bring.
Result<std::unique_ptr<FileSource>> open_files(Config& config, const ReplayOptions& options) {
  auto files = FileSource::open(options.paths, config.ingest);
  if (files) config.ingest.csv_columns = (*files)->csv_columns();
  return files;
}

PacedSource::TimeOf event_time_of(const Config& config) {
  auto decoder = std::make_shared<EventDecoder>(config.ingest);
  return [decoder](const Record& record) -> std::optional<EventTime> {
    auto event = decoder->decode(record);
    if (!event || !event->has_value()) return std::nullopt;
    return (*event)->event_time;
  };
}

/// Gives the records of a file the time at which they are read, for logs whose rows have none.
class StampedSource final : public RecordSource {
 public:
  StampedSource(std::unique_ptr<RecordSource> source, const Clock& clock)
      : source_(std::move(source)), clock_(clock) {}

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override {
    auto records = source_->poll(max, wait);
    if (!records) return records;
    batch_.assign(records->begin(), records->end());
    for (Record& record : batch_) record.timestamp = clock_.now();
    return std::span<const Record>(batch_);
  }
  Watermarks watermarks() const override { return source_->watermarks(); }
  bool exhausted() const override { return source_->exhausted(); }

 private:
  std::unique_ptr<RecordSource> source_;
  const Clock& clock_;
  std::vector<Record> batch_;
};

std::unique_ptr<RecordSource> paced(std::unique_ptr<RecordSource> source, const Config& config,
                                    const ReplayOptions& options, const Clock& clock,
                                    std::stop_token stop) {
  if (config.ingest.mapping.event_time.empty()) {
    source = std::make_unique<StampedSource>(std::move(source), clock);
  }
  if (options.speed <= 0) return source;
  return std::make_unique<PacedSource>(
      std::move(source), ReplayPacer(clock, options.speed), event_time_of(config),
      [stop](std::chrono::microseconds duration) { wait_for(duration, stop); });
}

void show(ProgressBar& bar, const ReplayProgress& progress, std::uint64_t count, double seconds) {
  bar.show(progress.bytes_read, progress.bytes_total,
           fmt::format("{} records, {:.0f}/s", count, static_cast<double>(count) / seconds));
}

/// Keeps a replay into Kafka at its rate. Confined to one thread.
class RateLimit {
 public:
  RateLimit(double rate, const Clock& clock)
      : rate_(rate), clock_(clock), begin_(clock.steady_now()) {}

  void wait_for_next(std::stop_token stop) {
    ++count_;
    if (rate_ <= 0) return;
    const std::chrono::duration<double> due(static_cast<double>(count_) / rate_);
    const auto early = due - (clock_.steady_now() - begin_);
    if (early > 1ms) wait_for(early, stop);
  }
  std::uint64_t count() const { return count_; }
  double seconds() const {
    return std::chrono::duration<double>(clock_.steady_now() - begin_).count();
  }

 private:
  const double rate_;
  const Clock& clock_;
  const SteadyTime begin_;
  std::uint64_t count_ = 0;
};

}  // namespace

Status replay_into_kafka(Config config, const ReplayOptions& options, std::stop_token stop) {
  auto files = open_files(config, options);
  if (!files) return tl::unexpected(files.error());
  const FileSource& progress = **files;
  const SystemClock clock;
  auto source = paced(std::move(*files), config, options, clock, stop);
  KafkaRecordWriter::Options to;
  to.brokers = config.ingest.kafka.brokers;
  to.topic = config.ingest.kafka.events_topic;
  to.properties = config.ingest.kafka.properties;
  if (options.speed > 0 || options.rate > 0) to.linger = 0ms;
  auto writer = KafkaRecordWriter::open(to);
  if (!writer) return tl::unexpected(writer.error());

  EventDecoder decoder(config.ingest);
  ProgressBar bar("replay", clock);
  RateLimit rate(options.rate, clock);
  while (!stop.stop_requested() && !source->exhausted()) {
    auto records = source->poll(kRecordsMax, 100ms);
    if (!records) return tl::unexpected(records.error());
    for (Record record : *records) {
      rate.wait_for_next(stop);
      record.timestamp = clock.now();
      const auto event = decoder.decode(record);
      const std::string key = event && event->has_value() ? (*event)->user : std::string();
      FRESHET_RETURN_IF_ERROR((*writer)->write(key, record.value));
    }
    show(bar, progress.progress(), rate.count(), rate.seconds());
  }
  FRESHET_RETURN_IF_ERROR((*writer)->flush(kFlushWait));
  fmt::print(stderr, "{} records written to {} in {:.1f} s ({} not acknowledged)\n", rate.count(),
             to.topic, rate.seconds(), (*writer)->failed_total());
  return {};
}

Status replay_here(Config config, const ReplayOptions& options, std::stop_token stop) {
  auto files = open_files(config, options);
  if (!files) return tl::unexpected(files.error());
  const FileSource& progress = **files;
  const SystemClock clock;
  auto source = paced(std::move(*files), config, options, clock, stop);
  config.scoring.learning.directory.clear();  // A replay starts anew and leaves nothing behind.

  prometheus::Registry registry;
  const TitleBook titles(config.scoring.catalogue.items_max);
  PipelineFigures figures(registry, clock, titles);
  DeliveryRouter deliveries(config);
  Lease lease(clock, 0ms);
  lease.hold_for_ever();
  const auto deliver = [&](const auto& delivery) {
    figures.record_delivery(delivery);
    deliveries.deliver(delivery);
  };
  auto publisher = FilePublisher::open({options.lists_path, options.dead_letters_path},
                                       {deliver, deliver}, clock);
  if (!publisher) return tl::unexpected(publisher.error());
  auto network = choose_network(config.scoring);
  if (!network) return tl::unexpected(network.error());
  auto encoder = choose_encoder(config.scoring);
  if (!encoder) return tl::unexpected(encoder.error());
  BoundedQueue<Error> failures(1);
  Engine engine({config, **publisher, deliveries, figures, lease, clock, std::move(*network),
                 [&](Error failure) { failures.try_push(failure); }, std::move(*encoder)});
  FRESHET_RETURN_IF_ERROR(engine.start());
  auto start = engine.open_partition(PartitionId{0}, std::make_unique<MemoryStore>());
  if (!start) return tl::unexpected(start.error());
  engine.start_partition(PartitionId{0}, Offset{0}, std::move(source));

  ProgressBar bar("replay", clock);
  const SteadyTime begin = clock.steady_now();
  while (!stop.stop_requested() && !engine.wait_until_exhausted(1s, stop)) {
    figures.tick({}, 0);
    const double seconds = std::chrono::duration<double>(clock.steady_now() - begin).count();
    show(bar, progress.progress(), figures.status().events_total, seconds);
  }
  figures.tick({}, 0);
  const auto failed = failures.pop_batch(1, 0us, {});
  if (!failed.empty()) return tl::unexpected(failed.front());
  fmt::print(stderr, "\n{}lists in {}, dead letters in {}\n", summary(figures.status()),
             options.lists_path, options.dead_letters_path);
  return {};
}

}  // namespace freshet
