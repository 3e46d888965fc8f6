#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/engine/engine.h"
#include "app/figures/pipeline_figures.h"
#include "app/http/event_intake.h"
#include "app/http/list_watchers.h"
#include "app/http/owner_book.h"
#include "app/kafka/partition_owner.h"
#include "app/kafka/rekeyer.h"
#include "app/kafka/snapshot_keeper.h"
#include "app/kafka/topic_feed.h"
#include "app/partition/leased_publisher.h"
#include "config/config.h"
#include "ingest/kafka_consumer.h"
#include "sinks/http_server.h"
#include "sinks/kafka_publisher.h"
#include "sinks/kafka_transactional_publisher.h"

namespace freshet {

/// The main job: events from Kafka in, lists to Kafka out, figures over HTTP. The composition root
/// of `freshet run` and `freshet demo`. Confined to the thread that made it, except status().
class KafkaPipeline {
 public:
  /// Builds and starts everything; `config` outlives it. Errors: unreachable broker, missing topic,
  /// locked state directory, port in use, damaged checkpoint; each says the remedy.
  static Result<std::unique_ptr<KafkaPipeline>> start(const Config& config, const Clock& clock);
  ~KafkaPipeline();

  /// Serves the consumer group until `stop` or until a part fails for good. `each_second` is called
  /// on this thread with the newest figures.
  Status run(std::stop_token stop, const std::function<void(const StatusFigures&)>& each_second);

  /// Newest figures. Thread-safe.
  StatusFigures status() const { return figures_.status(); }

  /// Port of the console; 0 when HTTP is off.
  std::uint16_t http_port() const { return http_ ? http_->port() : 0; }

 private:
  KafkaPipeline(const Config& config, const Clock& clock);
  Status start_parts();
  Result<std::unique_ptr<TopicFeed>> start_feed(const std::string& name, const std::string& topic,
                                                TakeRecord take);
  Result<RelatedPorts> open_related_topic();
  Status start_items_feed();
  Status start_owners_feed();
  Status start_users_feed();
  Status start_rules_feed();
  Status start_rekeyer();
  Status start_consumer();
  Status start_http();
  DeliveryHandlers delivery_handlers();
  ListPublisher& list_publisher();
  std::size_t in_flight() const;
  void tick();
  void log_catching_up() const;
  void say_lease(bool has_partitions);
  void fail(const Error& error);

  // In the order of the data path; destroyed in reverse, so that nothing writes to what is gone.
  const Config& config_;
  const Clock& clock_;
  std::shared_ptr<prometheus::Registry> registry_;
  TitleBook titles_;
  PipelineFigures figures_;
  DeliveryRouter deliveries_;
  ListWatchers watchers_;
  OwnerBook owners_;
  BoundedQueue<Error> failures_{1};
  Lease lease_;
  std::optional<SteadyTime> lease_lost_since_;
  bool lease_loss_said_ = false;
  std::unique_ptr<KafkaPublisher> publisher_;
  std::unique_ptr<KafkaTransactionalPublisher> transactional_publisher_;
  std::unique_ptr<LeasedPublisher> leased_publisher_;
  std::unique_ptr<WatchedPublisher> watched_publisher_;
  std::unique_ptr<KafkaRecordWriter> related_writer_;
  RocksDbResources rocksdb_;
  std::unique_ptr<SnapshotStore> local_;
  std::unique_ptr<SnapshotStore> snapshots_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<TopicFeed> items_;
  std::unique_ptr<TopicFeed> owners_feed_;
  std::unique_ptr<OwnerAnnouncer> announcer_;
  std::unique_ptr<TopicFeed> users_;
  std::unique_ptr<TopicFeed> rules_;
  std::unique_ptr<Rekeyer> rekeyer_;
  std::jthread rekeyer_thread_;
  std::unique_ptr<SnapshotKeeper> keeper_;
  std::unique_ptr<KafkaRecordProbe> probe_;
  std::unique_ptr<StateOwner> owner_;
  std::unique_ptr<KafkaConsumer> consumer_;
  std::unique_ptr<EventIntake> intake_;
  std::unique_ptr<HttpServer> http_;
  SteadyTime next_tick_{};
};

}  // namespace freshet
