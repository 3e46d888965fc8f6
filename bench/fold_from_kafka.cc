// The fold on a real broker as Kafka Streams' users would measure theirs: events of one partition
// from Kafka, decoded, folded, committed with the outbox, a list of the newest ten items of every
// touched user to Kafka, acknowledged. The partition's task is the one of `freshet run`; ranking is
// left out, since the peer has none. See kafka_streams.sh.
#include <fmt/format.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <thread>

#include "app/engine/thread_names.h"
#include "app/partition/partition_task.h"
#include "ingest/kafka_consumer.h"
#include "sinks/kafka_publisher.h"
#include "state/rocksdb_store.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kListSize = 10;
constexpr std::size_t kQueueMax = 4'096;

struct Options {
  std::string brokers, events_topic, lists_topic, directory;
  std::int64_t events = 0;
};

void check(const Status& status) {
  if (!status) throw std::runtime_error(status.error().text);
}

Config config_of(const Options& options) {
  Config config;
  config.ingest.kafka.brokers = config.sinks.kafka.brokers = options.brokers;
  config.ingest.kafka.events_topic = options.events_topic;
  config.ingest.kafka.group = "fold-from-kafka-" + options.lists_topic;
  config.sinks.kafka.lists_topic = options.lists_topic;
  config.state.directory = options.directory;
  config.sinks.kafka.linger = 5ms;
  config.state.cache_bytes = 64u << 20;
  config.state.bot_events_per_minute_max = 1'000'000;
  return config;
}

RankedList newest_items_of(const RankRequest& request) {
  RankedList list{.user = request.user,
                  .position = request.position,
                  .event_time = request.event_time,
                  .model_version = {},
                  .items = {},
                  .times = request.times};
  const auto& history = request.state.history;
  for (std::size_t i = history.size(); i-- > 0 && list.items.size() < kListSize;) {
    list.items.push_back({.id = history[i].item,
                          .name = fmt::format("{:016x}", history[i].item.value),
                          .score = 0.5f,
                          .probability = 0.5f,
                          .reasons = {}});
  }
  return list;
}

/// The stages around one partition's task, each on its thread as in the program.
class Pipeline final : public PartitionOwner {
 public:
  explicit Pipeline(const Options& options)
      : options_(options),
        config_(config_of(options)),
        registry_(std::make_shared<prometheus::Registry>()),
        titles_(1),
        figures_(*registry_, clock_, titles_),
        deliveries_(config_),
        lease_(clock_, config_.ingest.kafka.session_timeout),
        resources_(config_.state),
        learning_(kQueueMax),
        ranking_(kQueueMax) {
    const auto deliver = [this](const auto& delivery) { deliveries_.deliver(delivery); };
    auto publisher = KafkaPublisher::create(config_.sinks, {deliver, deliver}, clock_);
    if (!publisher) throw std::runtime_error(publisher.error().text);
    publisher_ = std::move(*publisher);
    lease_.hold_for_ever();
  }

  ~Pipeline() override { task_thread_ = {}; }

  Status counted(std::size_t partitions) override {
    if (partitions == 1) return {};
    return error(ErrorCode::kInvalidConfig, "the events topic must have one partition");
  }

  Result<Offset> assigned(PartitionId partition, Watermarks broker,
                          std::unique_ptr<RecordSource> source) override {
    auto store = RocksDbStore::open(options_.directory, resources_);
    if (!store) return tl::unexpected(store.error());
    task_.emplace(partition, config_,
                  PartitionTaskPorts{learning_, ranking_, *publisher_, figures_, lease_, clock_});
    auto next = task_->open(std::move(*store), deliveries_.open(partition));
    if (!next) return tl::unexpected(next.error());
    task_->start_from(broker.low);
    source_ = std::move(source);
    task_thread_ = std::jthread([this](std::stop_token stop) {
      name_this_thread("partition-0");
      check(task_->run(*source_, stop));
    });
    return broker.low;
  }

  void revoked(PartitionId /*partition*/) override {
    task_thread_ = {};
    source_.reset();
  }
  void confirmed(BootTime /*asked*/) override {}

  /// Returns the events per second between the first fifth and the end.
  double run() {
    auto consumer = KafkaConsumer::open(config_.ingest.kafka, *this);
    if (!consumer) throw std::runtime_error(consumer.error().text);
    const SteadyTime begin = wait_for(**consumer, options_.events / 5);
    const SteadyTime end = wait_for(**consumer, options_.events);
    const double seconds = std::chrono::duration<double>(end - begin).count();
    (*consumer)->close();
    return static_cast<double>(options_.events - options_.events / 5) / seconds;
  }

 private:
  SteadyTime wait_for(KafkaConsumer& consumer, std::int64_t events) {
    while (!task_ || task_->next_offset().value < events) check(consumer.run_once(20ms));
    return clock_.steady_now();
  }

  const Options options_;
  const Config config_;
  SystemClock clock_;
  std::shared_ptr<prometheus::Registry> registry_;
  TitleBook titles_;
  PipelineFigures figures_;
  DeliveryRouter deliveries_;
  Lease lease_;
  RocksDbResources resources_;
  LearningQueue learning_;
  RankQueue ranking_;
  std::unique_ptr<KafkaPublisher> publisher_;
  std::optional<PartitionTask> task_;
  std::unique_ptr<RecordSource> source_;
  std::jthread learning_thread_{[this](std::stop_token stop) {
    while (!stop.stop_requested()) learning_.pop_batch(kQueueMax, 5ms, stop);
  }};
  std::jthread ranking_thread_{[this](std::stop_token stop) {
    while (!stop.stop_requested()) {
      for (const RankRequest& request : ranking_.pop_batch(kQueueMax, 5ms, stop))
        check(publisher_->publish(newest_items_of(request)));
    }
  }};
  std::jthread task_thread_;
};

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app{
      "Events folded per second from a real broker, beside Kafka Streams: use kafka_streams.sh"};
  app.add_option("--brokers", options.brokers, "Kafka brokers")->required();
  app.add_option("--events-topic", options.events_topic, "Input topic of one partition")
      ->required();
  app.add_option("--lists-topic", options.lists_topic, "Output topic")->required();
  app.add_option("--directory", options.directory, "New directory for the state")->required();
  app.add_option("--events", options.events, "Events in the input topic")->required();
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::err);
  try {
    freshet::Pipeline pipeline(options);
    std::printf("%.0f\n", pipeline.run());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fold_from_kafka: %s\n", e.what());
    return 1;
  }
  return 0;
}
