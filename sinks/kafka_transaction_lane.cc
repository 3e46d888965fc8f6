#include "sinks/kafka_transaction_lane.h"

#include <spdlog/spdlog.h>

#include "config/stop_wait.h"
#include "sinks/kafka_list_record.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// Lists of one transaction: what waits beyond goes into the next.
constexpr std::size_t kListsMax = 1'000;
constexpr auto kIdleWait = 50ms;
constexpr auto kInitWait = 1s;
constexpr auto kRetryWait = 100ms;

KafkaProducer::Options producer_options(const KafkaSinkConfig& config, const std::string& id) {
  auto properties = config.properties;
  properties.try_emplace("client.id", "freshet-" + id);
  return {.brokers = config.brokers,
          .delivery_timeout = config.delivery_timeout,
          .linger = config.linger,
          .in_flight_max = kListsMax,
          .properties = std::move(properties),
          .transactional_id = id};
}

/// Worth another try of the same call.
bool is_passing(const Status& status) {
  return !status && status.error().code == ErrorCode::kTimedOut;
}

}  // namespace

KafkaTransactionLane::KafkaTransactionLane(const KafkaSinkConfig& config,
                                           std::string transactional_id, Epoch epoch,
                                           OnAnswer on_answer, const Clock& clock)
    : config_(config),
      transactional_id_(std::move(transactional_id)),
      epoch_(epoch),
      on_answer_(std::move(on_answer)),
      clock_(clock),
      queue_(config.in_flight_max),
      thread_([this](std::stop_token stop) { run(stop); }) {}

KafkaTransactionLane::~KafkaTransactionLane() {
  thread_.request_stop();
  thread_.join();
  answer(queue_.pop_batch(queue_.capacity(), 0us, {}), false);
}

Status KafkaTransactionLane::push(const RankedList& list) {
  if (auto why = failure()) return tl::unexpected(*std::move(why));
  queue_.push(list, {});
  return {};
}

void KafkaTransactionLane::run(std::stop_token stop) {
  if (const Status opened = open(stop); !opened) fail(opened.error());
  while (!stop.stop_requested()) {
    const auto lists = queue_.pop_batch(kListsMax, kIdleWait, stop);
    if (lists.empty()) continue;
    const Status written = failure() ? Status(tl::unexpected(*failure())) : write(lists);
    if (!written && !failure()) end_failed_transaction(written.error(), stop);
    answer(lists, written.has_value());
  }
}

Status KafkaTransactionLane::open(std::stop_token stop) {
  auto producer = KafkaProducer::create(producer_options(config_, transactional_id_));
  if (!producer) return tl::unexpected(std::move(producer).error());
  producer_ = *std::move(producer);
  Status opened = producer_->init_transactions(kInitWait);
  while (is_passing(opened) && !stop.stop_requested()) {
    opened = producer_->init_transactions(kInitWait);
  }
  return opened;
}

Status KafkaTransactionLane::write(const std::vector<RankedList>& lists) {
  FRESHET_RETURN_IF_ERROR(producer_->begin_transaction());
  for (const RankedList& list : lists) {
    const EncodedList encoded = encode_list_record(list, clock_.now());
    FRESHET_RETURN_IF_ERROR(send_list(*producer_, config_.lists_topic, encoded, nullptr));
  }
  return producer_->commit_transaction();
}

/// A transaction that can neither be committed nor aborted is the end of its producer.
void KafkaTransactionLane::end_failed_transaction(const Error& why, std::stop_token stop) {
  if (why.code == ErrorCode::kFenced) return fail(why);
  spdlog::warn("{}: {}; its lists are sent again", transactional_id_, why.text);
  Status aborted = producer_->abort_transaction();
  while (is_passing(aborted) && !stop.stop_requested()) {
    wait_for(kRetryWait, stop);
    aborted = producer_->abort_transaction();
  }
  if (!aborted) fail(aborted.error());
}

void KafkaTransactionLane::answer(const std::vector<RankedList>& lists, bool delivered) {
  for (const RankedList& list : lists) on_answer_(list, delivered);
}

std::optional<Error> KafkaTransactionLane::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void KafkaTransactionLane::fail(Error why) {
  why.text += why.code == ErrorCode::kFenced
                  ? "; another instance owns the partition by now, or the broker gave the "
                    "transaction up: restart to go on, lists not yet acknowledged are sent again"
                  : "; restart to go on, lists not yet acknowledged are sent again";
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(why);
}

}  // namespace freshet
