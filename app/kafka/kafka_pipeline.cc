#include "app/kafka/kafka_pipeline.h"

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "app/engine/encoder_choice.h"
#include "app/engine/network_choice.h"
#include "app/engine/thread_names.h"
#include "app/http/api.h"
#include "app/kafka/rule_shelf.h"
#include "config/rule_reader.h"
#include "config/stop_wait.h"
#include "ingest/item_decoder.h"
#include "ingest/rule_decoder.h"
#include "ingest/user_decoder.h"
#include "state/directory_snapshot_store.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectWait = 10s;
constexpr auto kFlushWait = 5s;
constexpr std::size_t kRelatedInFlightMax = 1'000;

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
  auto related = open_related_topic();
  if (!related) return tl::unexpected(related.error());
  engine_ = std::make_unique<Engine>(EngineParts{
      config_, *watched_publisher_, deliveries_, figures_, lease_, clock_, std::move(*network),
      [this](const Error& failure) { fail(failure); }, std::move(*encoder), *std::move(related)});
  FRESHET_RETURN_IF_ERROR(engine_->start());
  FRESHET_RETURN_IF_ERROR(start_items_feed());
  FRESHET_RETURN_IF_ERROR(start_users_feed());
  FRESHET_RETURN_IF_ERROR(start_rules_feed());
  FRESHET_RETURN_IF_ERROR(start_rekeyer());
  FRESHET_RETURN_IF_ERROR(start_owners_feed());

  FRESHET_RETURN_IF_ERROR(start_consumer());
  return start_http();
}

/// Ports that write nothing where there is no topic.
Result<RelatedPorts> KafkaPipeline::open_related_topic() {
  if (config_.sinks.kafka.related_topic.empty()) return RelatedPorts{};
  KafkaRecordWriter::Options options;
  options.brokers = config_.sinks.kafka.brokers;
  options.topic = config_.sinks.kafka.related_topic;
  options.properties = config_.sinks.kafka.properties;
  auto writer = KafkaRecordWriter::open(options);
  if (!writer) return tl::unexpected(std::move(writer).error());
  related_writer_ = *std::move(writer);
  RelatedPorts ports;
  ports.write = [this](std::string_view item, std::optional<std::string_view> value) {
    // Scoring must not wait for a broker.
    return related_writer_->in_flight() < kRelatedInFlightMax &&
           related_writer_->write(item, value).has_value();
  };
  ports.failed_total = [this] { return related_writer_->failed_total(); };
  return ports;
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
  auto probe =
      KafkaRecordProbe::open(config_.ingest.kafka, config_.ingest.kafka.events_topic, kConnectWait);
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

Status KafkaPipeline::start_users_feed() {
  const auto decoder = std::make_shared<UserDecoder>(config_.ingest);
  auto users = start_feed(
      "users", config_.ingest.kafka.users_topic,
      [this, decoder](const Record& record, std::stop_token stop) -> tl::expected<void, BadRecord> {
        const auto update = decoder->decode(record);
        if (!update) return tl::unexpected(update.error());
        const Status told = engine_->update_user(*update, stop);
        if (!told) fail(told.error());
        return {};
      });
  if (!users) return tl::unexpected(users.error());
  users_ = std::move(*users);
  return {};
}

/// Returns once the rules are known: no list goes out that they have nothing to say about.
Status KafkaPipeline::start_rules_feed() {
  const auto decoder = std::make_shared<RuleDecoder>(config_.ingest, rule_scope(config_));
  const auto shelf = std::make_shared<RuleShelf>(config_.scoring);
  const std::string& topic = config_.ingest.kafka.rules_topic;
  auto rules =
      start_feed("rules", topic,
                 [this, decoder, shelf](const Record& record,
                                        std::stop_token stop) -> tl::expected<void, BadRecord> {
                   auto update = decoder->decode(record);
                   if (!update) return tl::unexpected(std::move(update).error());
                   auto taken = shelf->update(std::move(*update));
                   if (taken) engine_->set_rules(shelf->rules(), stop);
                   return taken;
                 });
  if (!rules) return tl::unexpected(rules.error());
  rules_ = std::move(*rules);
  const SteadyTime deadline = clock_.steady_now() + kConnectWait;
  while (rules_ && !rules_->reached_end()) {
    if (clock_.steady_now() > deadline)
      return error(ErrorCode::kTimedOut, "topic " + topic +
                                             " could not be read to its end in time: see whether "
                                             "its broker answers, and start again");
    wait_for(10ms, {});
  }
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
                             [this] {
                               return (!items_ || items_->reached_end()) &&
                                      (!users_ || users_->reached_end());
                             },
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
  users_.reset();
  rules_.reset();
  rekeyer_thread_ = {};
  engine_.reset();
  if (related_writer_) ignore_error(related_writer_->flush(kFlushWait), "the next start writes it");
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
  // Just after an assignment the group may not have answered yet.
  constexpr auto kFirstAnswer = 1s;
  if (!has_partitions || lease_.valid()) {
    lease_lost_since_.reset();
    if (std::exchange(lease_loss_said_, false)) {
      spdlog::info("the consumer group has confirmed our partitions");
    }
    return;
  }
  if (!lease_lost_since_) lease_lost_since_ = clock_.steady_now();
  if (lease_loss_said_ || clock_.steady_now() - *lease_lost_since_ < kFirstAnswer) return;
  lease_loss_said_ = true;
  spdlog::warn(
      "no answer from the consumer group for {} ms: partitions are neither read nor published "
      "until it confirms that they are ours",
      config_.ingest.kafka.session_timeout.count());
}

void KafkaPipeline::fail(const Error& failure) {
  Error copy = failure;
  failures_.try_push(copy);  // The first failure is the one to report.
}

}  // namespace freshet
