#include "app/kafka_pipeline.h"

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

#include "app/api.h"
#include "app/encoder_choice.h"
#include "app/network_choice.h"
#include "app/thread_names.h"
#include "ingest/item_decoder.h"
#include "state/directory_snapshot_store.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectWait = 10s;
constexpr auto kFlushWait = 5s;

}  // namespace

KafkaPipeline::KafkaPipeline(const Config& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      registry_(std::make_shared<prometheus::Registry>()),
      titles_(config.scoring.catalogue.items_max),
      figures_(*registry_, clock, titles_),
      deliveries_(config),
      watchers_(clock, [this](const RankedItem& item) { return titles_.title_of(item.id); }),
      lease_(clock, config.ingest.kafka.session_timeout),
      rocksdb_(config.state) {}

Result<std::unique_ptr<KafkaPipeline>> KafkaPipeline::start(const Config& config,
                                                            const Clock& clock) {
  if (config.ingest.format == "csv" && config.ingest.csv_columns.empty()) {
    return error(ErrorCode::kInvalidConfig,
                 "ingest.csv_columns: empty: name the columns, since records in Kafka bring no "
                 "headings");
  }
  std::unique_ptr<KafkaPipeline> pipeline(new KafkaPipeline(config, clock));
  FRESHET_RETURN_IF_ERROR(pipeline->start_parts());
  return pipeline;
}

Status KafkaPipeline::start_parts() {
  auto publisher = KafkaPublisher::create(config_.sinks, delivery_handlers(), clock_);
  if (!publisher) return tl::unexpected(publisher.error());
  publisher_ = std::move(*publisher);
  FRESHET_RETURN_IF_ERROR(publisher_->check(kConnectWait));
  leased_publisher_ =
      std::make_unique<LeasedPublisher>(list_publisher(), lease_, delivery_handlers());
  watched_publisher_ = std::make_unique<WatchedPublisher>(*leased_publisher_, watchers_);

  auto network = choose_network(config_.scoring);
  if (!network) return tl::unexpected(network.error());
  auto encoder = choose_encoder(config_.scoring);
  if (!encoder) return tl::unexpected(encoder.error());
  engine_ = std::make_unique<Engine>(EngineParts{
      config_, *watched_publisher_, deliveries_, figures_, lease_, clock_, std::move(*network),
      [this](const Error& failure) { fail(failure); }, std::move(*encoder)});
  FRESHET_RETURN_IF_ERROR(engine_->start());
  FRESHET_RETURN_IF_ERROR(start_items_feed());
  FRESHET_RETURN_IF_ERROR(start_rekeyer());
  FRESHET_RETURN_IF_ERROR(start_owners_feed());

  FRESHET_RETURN_IF_ERROR(start_consumer());
  return start_http();
}

Status KafkaPipeline::start_consumer() {
  auto local = DirectorySnapshotStore::open(config_.state.directory);
  if (!local) return tl::unexpected(local.error());
  local_ = std::move(*local);
  if (const std::string& directory = config_.state.snapshots.directory; !directory.empty()) {
    auto snapshots = DirectorySnapshotStore::open(directory);
    if (!snapshots) return tl::unexpected(snapshots.error());
    snapshots_ = std::move(*snapshots);
    keeper_ =
        std::make_unique<SnapshotKeeper>(config_.state, *snapshots_, figures_.state(), clock_);
  }
  auto probe = KafkaRecordProbe::open(config_.ingest.kafka, kConnectWait);
  if (!probe) return tl::unexpected(probe.error());
  probe_ = std::move(*probe);
  owner_ = std::make_unique<StateOwner>(
      StateOwnerParts{config_, rocksdb_, *engine_, *probe_, *local_, snapshots_.get(),
                      keeper_.get(), figures_.state(), announcer_.get(), lease_, clock_});
  auto consumer = KafkaConsumer::open(config_.ingest.kafka, *owner_, kConnectWait);
  if (!consumer) return tl::unexpected(consumer.error());
  consumer_ = std::move(*consumer);
  return {};
}

ListPublisher& KafkaPipeline::list_publisher() {
  if (!config_.sinks.kafka.transactions) return *publisher_;
  const KafkaSourceConfig& source = config_.ingest.kafka;
  transactional_publisher_ = std::make_unique<KafkaTransactionalPublisher>(
      config_.sinks, source.group + "." + source.events_topic, *publisher_, delivery_handlers(),
      clock_);
  return *transactional_publisher_;
}

std::size_t KafkaPipeline::in_flight() const {
  const std::size_t in_transactions =
      transactional_publisher_ ? transactional_publisher_->in_flight() : 0;
  return publisher_->in_flight() + in_transactions;
}

DeliveryHandlers KafkaPipeline::delivery_handlers() {
  const auto deliver = [this](const auto& delivery) {
    figures_.record_delivery(delivery);
    deliveries_.deliver(delivery);
  };
  const auto deliver_list = [this, deliver](const ListDelivery& delivery) {
    deliver(delivery);
    watchers_.arrived(delivery);
  };
  return {.on_list = deliver_list, .on_dead_letter = deliver};
}

Result<std::unique_ptr<TopicFeed>> KafkaPipeline::start_feed(const std::string& name,
                                                             const std::string& topic,
                                                             TakeRecord take) {
  if (topic.empty()) return nullptr;
  return TopicFeed::start(
      {config_, figures_, *publisher_, [this](const Error& failure) { fail(failure); }}, name,
      topic, std::move(take));
}

Status KafkaPipeline::start_items_feed() {
  const auto decoder =
      std::make_shared<ItemDecoder>(config_.ingest, config_.scoring.catalogue.embedding_dim);
  auto items = start_feed(
      "items", config_.ingest.kafka.items_topic,
      [this, decoder](const Record& record, std::stop_token stop) -> tl::expected<void, BadRecord> {
        auto update = decoder->decode(record);
        if (!update) return tl::unexpected(std::move(update).error());
        titles_.update(*update);
        engine_->update_item(std::move(*update), stop);
        return {};
      });
  if (!items) return tl::unexpected(items.error());
  items_ = std::move(*items);
  return {};
}

Status KafkaPipeline::start_owners_feed() {
  auto announcer = OwnerAnnouncer::open(config_.sinks);
  if (!announcer) return tl::unexpected(announcer.error());
  announcer_ = std::move(*announcer);
  auto feed =
      start_feed("owners", config_.sinks.kafka.owners_topic,
                 [this](const Record& record, std::stop_token) { return owners_.take(record); });
  if (!feed) return tl::unexpected(feed.error());
  owners_feed_ = std::move(*feed);
  return {};
}

Status KafkaPipeline::start_rekeyer() {
  if (config_.ingest.rekey.from_topic.empty()) return {};
  auto rekeyer = Rekeyer::open(config_.ingest, figures_, clock_);
  if (!rekeyer) return tl::unexpected(rekeyer.error());
  rekeyer_ = std::move(*rekeyer);
  rekeyer_thread_ = std::jthread([this](std::stop_token stop) {
    name_this_thread("rekey");
    if (const Status done = rekeyer_->run(stop); !done) fail(done.error());
  });
  return {};
}

Status KafkaPipeline::start_http() {
  if (!config_.sinks.http.enabled) return {};
  if (config_.sinks.http.accept_events) {
    auto intake = EventIntake::open(config_, clock_);
    if (!intake) return tl::unexpected(intake.error());
    intake_ = std::move(*intake);
  }
  HttpRouter router;
  add_api(router,
          make_api_handlers({config_, clock_, *engine_, figures_, titles_, *registry_, watchers_,
                             [this] { return !items_ || items_->reached_end(); },
                             owners_feed_ ? &owners_ : nullptr, intake_.get()}),
          clock_);
  auto http = HttpServer::start(
      config_.sinks.http, std::move(router),
      [this](const std::string& route, unsigned status) { figures_.count_http(route, status); });
  if (!http) return tl::unexpected(http.error());
  http_ = std::move(*http);
  return {};
}

KafkaPipeline::~KafkaPipeline() {
  http_.reset();
  if (consumer_) consumer_->close();
  owners_feed_.reset();
  items_.reset();
  rekeyer_thread_ = {};
  engine_.reset();
  if (leased_publisher_) {
    ignore_error(leased_publisher_->flush(kFlushWait), "the outbox sends it again");
  }
}

Status KafkaPipeline::run(std::stop_token stop,
                          const std::function<void(const StatusFigures&)>& each_second) {
  next_tick_ = clock_.steady_now() + 1s;
  while (!stop.stop_requested()) {
    FRESHET_RETURN_IF_ERROR(consumer_->run_once(50ms));
    const auto failures = failures_.pop_batch(1, 0us, {});
    if (!failures.empty()) return tl::unexpected(failures.front());
    if (clock_.steady_now() < next_tick_) continue;
    next_tick_ += 1s;
    tick();
    each_second(figures_.status());
  }
  return {};
}

void KafkaPipeline::tick() {
  const auto next_offsets = engine_->next_offsets();
  for (const auto& [partition, next] : next_offsets) consumer_->commit(partition, next);
  say_lease(!next_offsets.empty());
  owner_->record_figures();
  figures_.tick(
      {{"learning", engine_->learning_queue_ratio()}, {"ranking", engine_->ranking_queue_ratio()}},
      in_flight());
  log_catching_up();
}

void KafkaPipeline::log_catching_up() const {
  constexpr int kWidth = 20;
  for (const PartitionLag& lag : figures_.status().lag) {
    if (lag.caught_up_ratio >= 1) continue;
    const int filled = static_cast<int>(lag.caught_up_ratio * kWidth);
    spdlog::info("partition {}: catching up [{:█<{}}{:░<{}}] {:.0f} %, {} records to go",
                 lag.partition.value, "", filled, "", kWidth - filled, lag.caught_up_ratio * 100,
                 lag.lag_records);
  }
}

void KafkaPipeline::say_lease(bool has_partitions) {
  const bool lost = has_partitions && !lease_.valid();
  if (lost && !lease_lost_) {
    spdlog::warn(
        "no answer from the consumer group for {} ms: partitions are neither read nor published "
        "until it confirms that they are ours",
        config_.ingest.kafka.session_timeout.count());
  }
  if (!lost && lease_lost_) spdlog::info("the consumer group has confirmed our partitions");
  lease_lost_ = lost;
}

void KafkaPipeline::fail(const Error& failure) {
  Error copy = failure;
  failures_.try_push(copy);  // The first failure is the one to report.
}

}  // namespace freshet
