#include "app/partition_task.h"

#include <algorithm>

#include "app/dead_letter_of.h"
#include "config/assert.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// Questions that may wait at one task.
constexpr std::size_t kQuestionsMax = 256;
/// Acknowledgements read in one round.
constexpr std::size_t kAcknowledgementsMax = 4'096;

BadRecord poison() {
  return {BadRecordReason::kPoison,
          "the process died three times with this record in hand and went on without it: report "
          "the record as a defect; once that is mended, send it again"};
}

}  // namespace

PartitionTask::PartitionTask(PartitionId partition, const Config& config, PartitionTaskPorts ports)
    : partition_(partition),
      config_(config),
      ports_(ports),
      decoder_(config.ingest),
      fold_(config.state),
      catch_up_(config.ingest.catch_up.lag_records),
      quarantine_(config.ingest.batch_records_max),
      questions_(kQuestionsMax) {}

PartitionTask::~PartitionTask() {
  if (store_) store_->close();
}

Result<std::optional<Offset>> PartitionTask::open(std::unique_ptr<StateStore> store,
                                                  std::shared_ptr<DeliveryInbox> inbox) {
  auto recovery = store->recover();
  if (!recovery) return tl::unexpected(recovery.error());
  store_ = std::move(store);
  inbox_ = std::move(inbox);
  epoch_ = recovery->epoch;
  quarantine_.opened(*recovery);
  next_offset_ = recovery->next_offset.value_or(Offset{0}).value;
  const SteadyTime now = ports_.clock.steady_now();
  for (OwedList& owed : recovery->owed) outbox_.owe(std::move(owed), now);
  dead_letters_to_send_ = std::move(recovery->dead_letters);
  source_offsets_.restore(std::move(recovery->source_offsets));
  return recovery->next_offset;
}

Status PartitionTask::run(RecordSource& source, std::stop_token stop) {
  while (!stop.stop_requested()) {
    FRESHET_RETURN_IF_ERROR(run_once(source, stop));
    const bool all_sent = outbox_.size() == 0 && dead_letters_in_flight_.empty();
    if (source.exhausted() && all_sent) return {};
  }
  return {};
}

Status PartitionTask::run_once(RecordSource& source, std::stop_token stop) {
  catch_up_.advance(next_offset(), source.watermarks(), ports_.clock.steady_now());
  auto records = poll(source);
  if (!records) return tl::unexpected(records.error());

  FRESHET_RETURN_IF_ERROR(note_attempt(*records));
  Batch batch = decode(*records);
  FRESHET_RETURN_IF_ERROR(load_states(batch));
  fold(batch);
  read_acknowledgements(batch, may_read() ? 0ms : config_.ingest.poll_wait);
  FRESHET_RETURN_IF_ERROR(commit(batch));
  learn(batch, stop);
  FRESHET_RETURN_IF_ERROR(score(batch));
  FRESHET_RETURN_IF_ERROR(publish_dead_letters(batch));
  FRESHET_RETURN_IF_ERROR(answer_questions());
  ports_.figures.set_progress(partition_, next_offset(), source.watermarks(), outbox_.size(),
                              catch_up_.ratio());
  return {};
}

bool PartitionTask::may_read() const {
  if (!ports_.lease.valid()) return false;
  const std::size_t letters = dead_letters_in_flight_.size() + dead_letters_to_send_.size();
  return outbox_.size() + letters < config_.state.owed_max;
}

/// A full outbox would stop the reading, and with it the catching up: then lists go out, marked.
bool PartitionTask::holds_lists() const {
  return catch_up_.active() && config_.ingest.catch_up.lists == "hold" && may_read();
}

Result<std::span<const Record>> PartitionTask::poll(RecordSource& source) {
  if (!may_read()) return std::span<const Record>{};
  const auto wait = outbox_.waiting() > 0 ? 1ms : config_.ingest.poll_wait;
  return source.poll(quarantine_.batch_records_max(), wait);
}

Status PartitionTask::note_attempt(std::span<const Record> records) {
  if (records.empty()) return {};
  const auto attempt = quarantine_.attempt(records.front().offset);
  return attempt ? store_->note(*attempt) : Status{};
}

PartitionTask::Batch PartitionTask::decode(std::span<const Record> records) {
  Batch batch;
  batch.records = records;
  batch.commit.next_offset = next_offset();
  batch.events.reserve(records.size());
  for (const Record& record : records) {
    decode_record(record, batch);
    batch.commit.next_offset = Offset{record.offset.value + 1};
  }
  if (records.empty()) return batch;
  batch.commit.source_offsets = source_offsets_.take_changes();
  batch.commit.newest_record = mark_of(records.back());
  ports_.figures.count_records(records.size());
  return batch;
}

/// Only in a log that Freshet writes itself: elsewhere the header is just a header.
bool PartitionTask::is_repeat(const Record& record) {
  return !config_.ingest.rekey.from_topic.empty() && record.source &&
         !source_offsets_.admit(*record.source);
}

void PartitionTask::decode_record(const Record& record, Batch& batch) {
  if (is_repeat(record)) {
    ports_.figures.count_repeat();
    return;
  }
  if (quarantine_.condemns(record.offset)) return give_up_record(record, poison(), batch);
  auto event = decoder_.decode(record);
  if (!event) return give_up_record(record, std::move(event.error()), batch);
  if (!event->has_value()) {
    ports_.figures.count_skipped();
    return;
  }
  const std::size_t user = user_index((*event)->user, batch);
  batch.events.push_back({std::move(**event), record.offset, user, received_time(record)});
}

void PartitionTask::give_up_record(const Record& record, BadRecord why, Batch& batch) {
  ports_.figures.count_dead_letter(why);
  batch.commit.dead_letters.push_back(dead_letter_of(record, config_.ingest.kafka.events_topic,
                                                     std::move(why),
                                                     config_.sinks.dead_letter_bytes_max));
}

std::size_t PartitionTask::user_index(const UserId& user, Batch& batch) {
  const auto [it, is_new] = batch.index.try_emplace(user, batch.user_ids.size());
  if (is_new) batch.user_ids.push_back(user);
  return it->second;
}

SteadyTime PartitionTask::received_time(const Record& record) const {
  const SteadyTime now = ports_.clock.steady_now();
  if (!record.timestamp) return now;
  return now - std::max(0ms, ports_.clock.now() - *record.timestamp);
}

Status PartitionTask::load_states(Batch& batch) {
  if (batch.user_ids.empty()) return {};
  auto stored = store_->load(batch.user_ids);
  if (!stored) return tl::unexpected(stored.error());
  FRESHET_ASSERT(stored->size() == batch.user_ids.size(), "one state slot per user");
  batch.users.resize(batch.user_ids.size());
  for (std::size_t i = 0; i < batch.users.size(); ++i) {
    if (!(*stored)[i]) continue;
    auto state = decode_user_state(*(*stored)[i]);
    if (!state)
      return error(state.error().code, "user " + batch.user_ids[i] + ": " + state.error().text);
    batch.users[i].state = std::move(*state);
  }
  return {};
}

void PartitionTask::fold(Batch& batch) {
  std::vector<TrainingExample> examples;
  for (const DecodedEvent& decoded : batch.events) {
    User& user = batch.users[decoded.user];
    const FoldOutcome outcome =
        fold_.apply(decoded.event, {partition_, decoded.offset}, user.state, examples);
    for (TrainingExample& example : examples)
      batch.examples.push_back({std::move(example), decoded.received_time});
    examples.clear();
    ports_.figures.count_event(decoded.event.action, outcome);
    if (outcome == FoldOutcome::kDuplicate) continue;
    user.changed = true;
    user.owed |= decoded.event.action != Action::kImpression;
    user.newest_offset = decoded.offset;
    user.received_time = decoded.received_time;
  }
  for (std::size_t i = 0; i < batch.users.size(); ++i) {
    const User& user = batch.users[i];
    if (user.changed) batch.commit.states.emplace_back(batch.user_ids[i], encode(user.state));
    if (!user.owed) continue;
    OwedList owed{batch.user_ids[i], user.newest_offset, user.state.newest_event_time};
    outbox_.owe(owed, user.received_time);
    batch.commit.owed.push_back(std::move(owed));
  }
}

void PartitionTask::read_acknowledgements(Batch& batch, std::chrono::microseconds wait) {
  for (const ListDelivery& delivery : inbox_->lists.pop_batch(kAcknowledgementsMax, wait, {})) {
    if (delivery.position.epoch == epoch_) --lists_unanswered_;
    if (!delivery.delivered) {
      outbox_.retry(delivery.user, delivery.position.offset);
    } else if (outbox_.settle(delivery.user, delivery.position.offset)) {
      batch.commit.settled.push_back(delivery.user);
    }
  }
  read_dead_letter_acknowledgements(batch);
}

void PartitionTask::read_dead_letter_acknowledgements(Batch& batch) {
  for (const auto& delivery : inbox_->dead_letters.pop_batch(kAcknowledgementsMax, 0us, {})) {
    const auto it = dead_letters_in_flight_.find(delivery.offset);
    if (it == dead_letters_in_flight_.end()) continue;
    if (delivery.delivered) {
      batch.commit.settled_dead_letters.push_back(delivery.offset);
    } else {
      dead_letters_to_send_.push_back(std::move(it->second));
    }
    dead_letters_in_flight_.erase(it);
  }
}

Status PartitionTask::commit(Batch& batch) {
  const Commit& commit = batch.commit;
  if (batch.records.empty() && commit.settled.empty() && commit.settled_dead_letters.empty())
    return {};
  const SteadyTime begin = ports_.clock.steady_now();
  FRESHET_RETURN_IF_ERROR(store_->commit(commit));
  next_offset_ = commit.next_offset.value;
  if (!batch.records.empty()) {
    quarantine_.committed(batch.records.front().offset, batch.records.size());
  }
  ports_.figures.record_commit(ports_.clock.steady_now() - begin, commit.states.size());
  return {};
}

void PartitionTask::learn(Batch& batch, std::stop_token stop) {
  for (ReceivedExample& example : batch.examples) {
    if (!ports_.learning.push(std::move(example), stop)) return;
  }
}

Status PartitionTask::score(Batch& batch) {
  if (holds_lists()) return {};
  while (const PendingList* pending = outbox_.front()) {
    // What is answered has room in the inbox: an answer that is lost would be waited for for ever.
    if (lists_unanswered_ >= config_.sinks.kafka.in_flight_max || !ports_.lease.valid()) return {};
    if (ports_.ranking.size() >= ports_.ranking.capacity()) return {};
    auto request = request_for(*pending, batch);
    if (!request) return tl::unexpected(request.error());
    if (!ports_.ranking.try_push(*request)) return {};
    outbox_.pop_front();
    ++lists_unanswered_;
  }
  return {};
}

Result<RankRequest> PartitionTask::request_for(const PendingList& pending, Batch& batch) {
  const OwedList& owed = pending.owed;
  RankRequest request;
  if (const auto it = batch.index.find(owed.user); it != batch.index.end()) {
    request = make_request(owed.user, batch.users[it->second].state, owed.offset);
  } else {
    auto stored = store_->load({&owed.user, 1});
    if (!stored) return tl::unexpected(stored.error());
    auto state = decode_user_state(stored->front().value_or(""));
    if (!state) return error(state.error().code, "user " + owed.user + ": " + state.error().text);
    request = make_request(owed.user, std::move(*state), owed.offset);
  }
  request.received_time = pending.received_time;
  request.more_scenarios = config_.sinks.kafka.scenarios;
  return request;
}

RankRequest PartitionTask::make_request(UserId user, UserState state, Offset offset) const {
  RankRequest request;
  request.user = std::move(user);
  request.event_time = state.newest_event_time;
  request.state = std::move(state);
  request.position = {partition_, offset, epoch_};
  request.catching_up = catch_up_.active();
  request.received_time = request.queued_time = ports_.clock.steady_now();
  return request;
}

Status PartitionTask::publish_dead_letters(Batch& batch) {
  auto& fresh = batch.commit.dead_letters;
  std::move(fresh.begin(), fresh.end(), std::back_inserter(dead_letters_to_send_));
  auto letter = dead_letters_to_send_.begin();
  for (; letter != dead_letters_to_send_.end(); ++letter) {
    const bool room = dead_letters_in_flight_.size() < config_.sinks.kafka.in_flight_max;
    if (!room || !ports_.lease.valid()) break;
    FRESHET_RETURN_IF_ERROR(ports_.publisher.publish(*letter));
    ports_.figures.keep_dead_letter(*letter);
    dead_letters_in_flight_.insert_or_assign(letter->offset, std::move(*letter));
  }
  dead_letters_to_send_.erase(dead_letters_to_send_.begin(), letter);
  return {};
}

Status PartitionTask::answer_questions() {
  for (Question& question : questions_.pop_batch(kQuestionsMax, 0us, {})) {
    auto stored = store_->load({&question.user, 1});
    if (!stored) return tl::unexpected(stored.error());
    if (!stored->front()) {
      question.answer(std::nullopt);
      continue;
    }
    auto state = decode_user_state(*stored->front());
    if (!state) return tl::unexpected(state.error());
    question.answer(make_request(question.user, std::move(*state), Offset{next_offset_ - 1}));
  }
  return {};
}

}  // namespace freshet
