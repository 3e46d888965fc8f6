#include "app/partition/partition_task.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "app/partition/dead_letter_of.h"
#include "config/assert.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// Questions that may wait at one task.
constexpr std::size_t kQuestionsMax = 256;
/// Acknowledgements read in one round.
constexpr std::size_t kAcknowledgementsMax = 4'096;

Result<UserState> decoded(const UserId& user, std::string_view bytes) {
  auto state = decode_user_state(bytes);
  if (!state) return error(state.error().code, "user " + user + ": " + state.error().text);
  return state;
}

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
      states_(config.state.cache_bytes),
      expiry_(config.state.history_age_max),
      catch_up_(config.ingest.catch_up.lag_records),
      active_users_(config.scoring.refresh, ports.active_users),
      quarantine_(config.ingest.batch_records_max),
      questions_(kQuestionsMax) {}

PartitionTask::~PartitionTask() {
  const std::string why =
      fmt::format("partition {} is being given up: ask again", partition_.value);
  for (Question& question : questions_.pop_batch(kQuestionsMax, 0us, {}))
    question.answer(error(ErrorCode::kUnavailable, why));
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
  for (OwedList& owed : recovery->owed) outbox_.owe(std::move(owed), {.received = now});
  dead_letters_to_send_ = std::move(recovery->dead_letters);
  source_offsets_.restore(std::move(recovery->source_offsets));
  ports_.figures.set_disk_full(partition_, false);  // Seen from the start, so that alerts find it.
  forgotten_.restore(recovery->forgotten);
  watermark_ = std::move(recovery->watermark);
  has_position_ = recovery->next_offset.has_value();
  return recovery->next_offset;
}

Status PartitionTask::run(RecordSource& source, std::stop_token stop) {
  while (!stop.stop_requested()) {
    FRESHET_RETURN_IF_ERROR(run_once(source, stop));
    const bool all_sent = outbox_.size() == 0 && dead_letters_in_flight_.empty() && !stalled_;
    if (source.exhausted() && all_sent) return {};
  }
  return {};
}

Status PartitionTask::run_once(RecordSource& source, std::stop_token stop) {
  catch_up_.advance(next_offset(), source.watermarks(), ports_.clock.steady_now());
  if (!stalled_) FRESHET_RETURN_IF_ERROR(forget_users());
  if (!stalled_) FRESHET_RETURN_IF_ERROR(expire_users());
  const auto wait = stalled_ || !may_read() ? config_.ingest.poll_wait : 0ms;
  auto batch =
      stalled_ ? Result<Batch>(*std::exchange(stalled_, std::nullopt)) : next_batch(source);
  if (!batch) return tl::unexpected(batch.error());
  read_acknowledgements(*batch, wait);
  const Status done = commit(*batch);
  if (!done && done.error().code == ErrorCode::kNoSpace) {
    FRESHET_RETURN_IF_ERROR(stall(*std::move(batch), done.error()));
  } else {
    FRESHET_RETURN_IF_ERROR(done);
    go_on_after_stall();
    learn(*batch, stop);
    FRESHET_RETURN_IF_ERROR(score(*batch));
    FRESHET_RETURN_IF_ERROR(refresh_lists(*batch));
    FRESHET_RETURN_IF_ERROR(publish_dead_letters(*batch));
    keep_states(*batch);
  }
  FRESHET_RETURN_IF_ERROR(answer_questions());
  ports_.figures.set_progress(partition_, next_offset(), source.watermarks(), outbox_.size(),
                              catch_up_.ratio());
  return {};
}

Result<PartitionTask::Batch> PartitionTask::next_batch(RecordSource& source) {
  auto records = poll(source);
  if (!records) return tl::unexpected(records.error());
  FRESHET_RETURN_IF_ERROR(note_attempt(*records));
  const SteadyTime polled = ports_.clock.steady_now();
  Batch batch = decode(*records);
  batch.times = {.polled = polled, .decoded = ports_.clock.steady_now()};
  FRESHET_RETURN_IF_ERROR(load_states(batch));
  fold(batch);
  batch.times.folded = ports_.clock.steady_now();
  return batch;
}

/// Keeps the batch for the next round: its states are folded, so it cannot be read again.
Status PartitionTask::stall(Batch batch, const Error& full) {
  stalled_ = std::move(batch);
  if (stalled_since_) return {};
  stalled_since_ = ports_.clock.steady_now();
  ports_.figures.set_disk_full(partition_, true);
  spdlog::warn("partition {}: stands still until the disk has room again: {}", partition_.value,
               full.text);
  return {};
}

void PartitionTask::go_on_after_stall() {
  if (!stalled_since_) return;
  const auto stood = ports_.clock.steady_now() - *std::exchange(stalled_since_, std::nullopt);
  ports_.figures.set_disk_full(partition_, false);
  spdlog::info("partition {}: the disk has room again, going on after {:.1f} s", partition_.value,
               std::chrono::duration<double>(stood).count());
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
  batch.commit.watermark = watermark_;
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
  batch.events.push_back(
      {std::move(**event), record.offset, user, received_time(record), record.timestamp});
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
  batch.users.resize(batch.user_ids.size());
  std::vector<std::size_t> missing;
  std::vector<UserId> missing_ids;
  for (std::size_t i = 0; i < batch.users.size(); ++i) {
    batch.users[i].known = states_.take(batch.user_ids[i], batch.users[i].state);
    if (batch.users[i].known) continue;
    missing.push_back(i);
    missing_ids.push_back(batch.user_ids[i]);
  }
  if (missing.empty()) return {};
  auto stored = store_->load(missing_ids);
  if (!stored) return tl::unexpected(stored.error());
  FRESHET_ASSERT(stored->size() == missing.size(), "one state slot per user");
  for (std::size_t k = 0; k < missing.size(); ++k) {
    if (!(*stored)[k]) continue;
    auto state = decoded(missing_ids[k], *(*stored)[k]);
    if (!state) return tl::unexpected(state.error());
    batch.users[missing[k]] = {.state = std::move(*state), .known = true};
  }
  return {};
}

/// Once the batch is committed and nothing looks at its states any more.
void PartitionTask::keep_states(Batch& batch) {
  for (std::size_t i = 0; i < batch.users.size(); ++i) {
    User& user = batch.users[i];
    if (user.known || user.changed) states_.put(batch.user_ids[i], std::move(user.state));
  }
}

void PartitionTask::fold(Batch& batch) {
  for (const DecodedEvent& decoded : batch.events) {
    User& user = batch.users[decoded.user];
    const FoldOutcome outcome = fold_event(decoded, user, batch);
    ports_.figures.count_event(decoded.event.action, outcome);
    // Whatever became of the event: then the watermark is a function of the log alone.
    batch.commit.watermark->observe(decoded.event.user, decoded.event.event_time);
    if (outcome == FoldOutcome::kDuplicate || outcome == FoldOutcome::kForgotten) continue;
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
    ListTimes times = batch.times;
    times.received = user.received_time;
    outbox_.owe(owed, times);
    batch.commit.owed.push_back(std::move(owed));
  }
}

FoldOutcome PartitionTask::fold_event(const DecodedEvent& decoded, User& user, Batch& batch) {
  const UserId& id = decoded.event.user;
  if (forgotten_.covers(id, decoded.log_time)) return FoldOutcome::kForgotten;
  if (has_expired(user.state.newest_event_time, *batch.commit.watermark,
                  config_.state.history_age_max)) {
    user.state = {};  // As if the row were gone; so a list must take the old one's place.
    user.owed |= user.known || user.changed;
  }
  std::vector<TrainingExample> examples;
  const FoldOutcome outcome =
      fold_.apply(decoded.event, {partition_, decoded.offset}, user.state, examples);
  if (!users_.consent_of(id).learn) return outcome;
  for (TrainingExample& example : examples)
    batch.examples.push_back(ReceivedExample{std::move(example), decoded.received_time});
  return outcome;
}

void PartitionTask::read_acknowledgements(Batch& batch, std::chrono::microseconds wait) {
  for (const ListDelivery& delivery : inbox_->lists.pop_batch(kAcknowledgementsMax, wait, {})) {
    if (delivery.position.epoch == epoch_) --lists_unanswered_;
    if (!delivery.delivered) {
      outbox_.retry(delivery.user, delivery.position.offset, delivery.forgets);
    } else if (outbox_.settle(delivery.user, delivery.position.offset, delivery.forgets)) {
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
  if (batch.records.empty() && commit.settled.empty() && commit.settled_dead_letters.empty() &&
      commit.erased.empty())
    return {};
  const SteadyTime begin = ports_.clock.steady_now();
  FRESHET_RETURN_IF_ERROR(store_->commit(commit));
  next_offset_ = commit.next_offset.value;
  if (!batch.records.empty()) {
    has_position_ = true;
    watermark_ = *commit.watermark;
    if (const auto time = watermark_.time()) ports_.figures.set_watermark(partition_, *time);
    quarantine_.committed(batch.records.front().offset, batch.records.size());
  }
  const SteadyTime end = ports_.clock.steady_now();
  outbox_.committed(commit.owed, batch.times.folded, end);
  ports_.figures.record_commit(end - begin, commit.states.size());
  return {};
}

void PartitionTask::learn(Batch& batch, std::stop_token stop) {
  ports_.learning.push_all(std::move(batch.examples), stop);
}

/// Lists that no event asks for: behind all users who did something, few at a time while such users
/// wait for scoring, and none where the log or scoring's queue holds more than one batch takes. In
/// memory alone, as is what asks for them.
Status PartitionTask::refresh_lists(Batch& batch) {
  const std::size_t in_front = ports_.ranking.size();
  if (outbox_.waiting() > 0 || in_front > config_.scoring.batch_size_max ||
      catch_up_.lag() > config_.ingest.batch_records_max)
    return {};
  const Position newest{partition_, Offset{next_offset_ - 1}, epoch_};
  FRESHET_RETURN_IF_ERROR(active_users_.look(*store_, newest, ports_.clock.now()));
  const std::size_t count =
      in_front > 0 ? DeliveryInbox::kRefreshesUnderLoad : DeliveryInbox::kRefreshesMax;
  for (RefreshWish& wish : inbox_->refreshes.pop_batch(count, 0us, {})) {
    // A newer list is on its way, or the one to be replaced is a former ownership's.
    if (outbox_.contains(wish.user) || wish.position.epoch != epoch_) continue;
    const auto state = state_of(wish.user);
    if (!state) return tl::unexpected(state.error());
    if (!*state) continue;  // Forgotten meanwhile, or expired.
    outbox_.refresh({.owed = {std::move(wish.user), wish.position.offset, {}},
                     .cause = wish.cause,
                     .revision = wish.position.revision});
  }
  return score(batch);
}

/// All at once, so that scoring wakes to a batch of users instead of the first.
Status PartitionTask::score(Batch& batch) {
  if (outbox_.front() == nullptr) return {};
  std::vector<RankRequest> requests;
  const std::size_t room = room_for_requests();
  while (const PendingList* pending = outbox_.front()) {
    if (requests.size() == room || (holds_lists() && !pending->owed.forgets)) break;
    auto request = request_for(*pending, batch);
    if (!request) return tl::unexpected(request.error());
    requests.push_back(*std::move(request));
    outbox_.pop_front();
  }
  const std::size_t taken = ports_.ranking.try_push_all(requests);
  lists_unanswered_ += taken;
  // Another partition's task was faster: they wait again.
  for (std::size_t i = taken; i < requests.size(); ++i)
    outbox_.retry(requests[i].user, requests[i].position.offset, requests[i].forgets);
  return {};
}

/// What is answered has room in the inbox: an answer that is lost would be waited for for ever.
std::size_t PartitionTask::room_for_requests() const {
  if (!ports_.lease.valid()) return 0;
  return std::min(config_.sinks.kafka.in_flight_max - lists_unanswered_,
                  ports_.ranking.capacity() - ports_.ranking.size());
}

/// As readers see it: whether an expired history is still stored must make no difference.
std::optional<UserState> PartitionTask::unless_expired(UserState state) const {
  if (has_expired(state.newest_event_time, watermark_, config_.state.history_age_max))
    return std::nullopt;
  return state;
}

/// As committed; empty = unknown.
Result<std::optional<UserState>> PartitionTask::state_of(const UserId& user) {
  if (const UserState* known = states_.find(user)) return unless_expired(*known);
  const auto stored = store_->load({&user, 1});
  if (!stored) return tl::unexpected(stored.error());
  if (!stored->front()) return std::nullopt;
  auto state = decoded(user, *stored->front());
  if (!state) return tl::unexpected(state.error());
  return unless_expired(*std::move(state));
}

Result<RankRequest> PartitionTask::request_for(const PendingList& pending, Batch& batch) {
  const OwedList& owed = pending.owed;
  RankRequest request;
  if (owed.forgets) {
    request = make_request(owed.user, {}, owed.offset);
    request.forgets = true;
    return request;
  }
  if (const auto it = batch.index.find(owed.user); it != batch.index.end()) {
    auto state = unless_expired(batch.users[it->second].state);
    request = make_request(owed.user, std::move(state).value_or(UserState{}), owed.offset);
  } else {
    auto state = state_of(owed.user);
    if (!state) return tl::unexpected(state.error());
    request = make_request(owed.user, std::move(*state).value_or(UserState{}), owed.offset);
  }
  request.times = pending.times;
  request.cause = pending.cause;
  request.position.revision = pending.revision;
  request.more_scenarios = config_.sinks.kafka.scenarios;
  return request;
}

RankRequest PartitionTask::make_request(UserId user, UserState state, Offset offset) const {
  RankRequest request;
  request.user = std::move(user);
  request.event_time = state.newest_event_time;
  const Consent consent = users_.consent_of(request.user);
  request.opted_out = !consent.personalise;
  request.judged = consent.learn;
  if (consent.personalise) request.state = std::move(state);
  request.position = {partition_, offset, epoch_};
  request.catching_up = catch_up_.active();
  request.queued_time = ports_.clock.steady_now();
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
    auto state = state_of(question.user);
    if (!state) return tl::unexpected(state.error());
    if (!*state) {
      question.answer(std::nullopt);
      continue;
    }
    question.answer(make_request(question.user, **std::move(state), Offset{next_offset_ - 1}));
  }
  return {};
}

}  // namespace freshet
