#include "app/engine/scoring_stage.h"

#include <algorithm>
#include <iterator>

#include "scoring/refresh/lost_items.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// How long the stage waits for users before it looks for deltas and questions again.
constexpr auto kIdleWait = 5ms;
constexpr std::size_t kDeltasPerRound = 64;
/// Users whose lists are looked at between two batches, and while others wait for theirs.
constexpr std::size_t kUsersLookedAt = 500;
constexpr std::size_t kUsersLookedAtUnderLoad = 100;
/// Items whose related ones are looked at then.
constexpr std::size_t kItemsLookedAt = 4;
constexpr std::size_t kItemsLookedAtUnderLoad = 1;
/// Lists asked for between two batches; more than the rate allows at once.
constexpr std::size_t kRefreshTries = 32;

}  // namespace

ScoringStage::ScoringStage(const ScoringConfig& config, const NetworkFactory& network,
                           const std::vector<std::string>& context_keys, ScoringStagePorts ports)
    : config_(config),
      ports_(ports),
      replica_(config, network, context_keys),
      refreshes_(config.refresh) {
  ports_.figures.set_rules(config.rules);
}

Status ScoringStage::run(std::stop_token stop) {
  while (!stop.stop_requested()) FRESHET_RETURN_IF_ERROR(run_once(stop));
  return {};
}

Status ScoringStage::run_once(std::stop_token stop) {
  FRESHET_RETURN_IF_ERROR(apply_deltas());
  answer_questions();
  std::vector<RankRequest> batch = next_batch(stop);
  // After the wait for users: rules that were told before a user came hold for that user.
  apply_rules();
  replica_.set_time(ports_.clock.now());
  note_rules(ListCause::kCampaign);
  if (!batch.empty()) FRESHET_RETURN_IF_ERROR(serve(std::move(batch), stop));
  // More than the next batch takes: scoring is behind, nothing comes between.
  if (ports_.ranking.size() > config_.batch_size_max) return {};
  refresh_lists();
  look_at_related();
  return {};
}

/// Who did something, or asks, goes first, with a ranking of their own.
Status ScoringStage::serve(std::vector<RankRequest> batch, std::stop_token stop) {
  const auto refreshes = std::stable_partition(
      batch.begin(), batch.end(),
      [](const RankRequest& request) { return request.cause == ListCause::kEvent; });
  FRESHET_RETURN_IF_ERROR(make({batch.begin(), refreshes}, stop));
  const auto outdated = std::remove_if(
      refreshes, batch.end(), [this](const RankRequest& refresh) { return is_outdated(refresh); });
  return make({refreshes, outdated}, stop);
}

/// The user has done something meanwhile, or was forgotten: the list would come after a newer one,
/// or after the removal. It counts as answered.
bool ScoringStage::is_outdated(const RankRequest& refresh) {
  if (refreshes_.is_current(refresh.user, refresh.position)) return false;
  ports_.deliveries.deliver(
      {.user = refresh.user, .position = refresh.position, .delivered = true});
  return true;
}

/// A list goes out while those after it are still made.
Status ScoringStage::make(std::span<const RankRequest> requests, std::stop_token stop) {
  if (requests.empty()) return {};
  const SteadyTime begin = ports_.clock.steady_now();
  std::chrono::nanoseconds ranking{0};
  SteadyTime resumed = begin;
  Status sent;
  replica_.rank(requests, effort_for(requests, begin), [&](std::size_t place, RankedList list) {
    list.times.taken = begin;
    list.times.ranked = ports_.clock.steady_now();
    ranking += list.times.ranked - resumed;
    if (sent) sent = send(requests[place], std::move(list), stop);
    resumed = ports_.clock.steady_now();
  });
  ports_.figures.record_ranking(requests.size(), ranking);
  ports_.figures.count_rule_effects(replica_.take_rule_effects());
  return sent;
}

Status ScoringStage::send(const RankRequest& request, RankedList list, std::stop_token stop) {
  if (request.reply) {
    request.reply(std::move(list));
    return {};
  }
  return request.forgets ? forget(request, stop) : publish(list, request.judged);
}

Status ScoringStage::apply_deltas() {
  const auto deltas = ports_.deltas.pop_batch(kDeltasPerRound, 0us, {});
  if (deltas.empty()) return {};
  const SteadyTime begin = ports_.clock.steady_now();
  for (const ModelUpdate& update : deltas) {
    auto leaving = items_that_may_leave(replica_.catalogue(), *update.delta);
    FRESHET_RETURN_IF_ERROR(replica_.apply(*update.delta));
    refreshes_.lost(unavailable_of(replica_.catalogue(), std::move(leaving)));
  }
  popular_ = replica_.popular(config_.list_size);
  const SteadyTime end = ports_.clock.steady_now();
  ports_.figures.record_deltas(replica_.version(), end - begin);
  for (const ModelUpdate& update : deltas)
    for (const SteadyTime received : update.received_times)
      ports_.figures.record_freshness(end - received);
  return {};
}

void ScoringStage::apply_rules() {
  const auto changes = ports_.rules.pop_batch(ports_.rules.capacity(), 0us, {});
  if (changes.empty()) return;
  replica_.set_time(ports_.clock.now());
  note_rules(ListCause::kCampaign);
  replica_.set_rules(changes.back());
  note_rules(ListCause::kRule);
  ports_.figures.set_rules(changes.back());
}

/// Tells of it if other rules hold than before.
void ScoringStage::note_rules(ListCause cause) {
  const std::uint64_t before = std::exchange(rules_generation_, replica_.rules_generation());
  if (before != rules_generation_) refreshes_.rules_changed(cause);
}

/// Asks for lists that are due without an event of their user; few while somebody waits.
void ScoringStage::refresh_lists() {
  const SteadyTime now = ports_.clock.steady_now();
  const bool idle = ports_.ranking.size() == 0;
  read_active_users(kUsersLookedAtUnderLoad);
  refreshes_.look(idle ? kUsersLookedAt : kUsersLookedAtUnderLoad, now, ports_.clock.now());
  std::size_t left = idle ? kRefreshTries : DeliveryInbox::kRefreshesUnderLoad;
  for (std::size_t tries = 0; tries < kRefreshTries && left > 0; ++tries) {
    const auto wish = refreshes_.next(now);
    if (!wish) break;
    switch (ports_.deliveries.ask(*wish)) {
      case DeliveryRouter::Asked::kYes:
        refreshes_.asked(*wish, now);
        --left;
        break;
      case DeliveryRouter::Asked::kFull:
        refreshes_.postpone(*wish);
        break;
      case DeliveryRouter::Asked::kNotOurs:
        refreshes_.forget(wish->user);
        break;
    }
  }
  ports_.figures.set_refreshes(refreshes_.size(), refreshes_.waiting());
}

void ScoringStage::look_at_related() {
  if (ports_.related == nullptr) return;
  const std::size_t items = ports_.ranking.size() == 0 ? kItemsLookedAt : kItemsLookedAtUnderLoad;
  ports_.figures.count_related(ports_.related->look(replica_, items));
}

void ScoringStage::read_active_users(std::size_t count_max) {
  if (ports_.active_users == nullptr) return;
  for (const ActiveUser& user : ports_.active_users->pop_batch(count_max, 0us, {}))
    refreshes_.found(user, ports_.clock.steady_now(), ports_.clock.now());
}

/// A list that is made again is never late, and must not be worse than the one it replaces.
RankEffort ScoringStage::effort_for(std::span<const RankRequest> requests, SteadyTime now) const {
  const bool backlog = ports_.ranking.size() > 0;
  const bool late = std::all_of(requests.begin(), requests.end(), [&](const RankRequest& request) {
    return request.cause == ListCause::kEvent && now - request.queued_time > config_.rank_deadline;
  });
  return backlog && late ? RankEffort::kCounts : RankEffort::kFull;
}

void ScoringStage::answer_questions() {
  for (const auto& ask : ports_.questions.pop_batch(ports_.questions.capacity(), 0us, {})) {
    ask(replica_);
  }
}

std::vector<RankRequest> ScoringStage::next_batch(std::stop_token stop) {
  std::vector<RankRequest> batch =
      ports_.ranking.pop_batch(config_.batch_size_max, kIdleWait, stop);
  if (batch.empty() || config_.batch_linger_max == 0us) return batch;
  const SteadyTime deadline = ports_.clock.steady_now() + config_.batch_linger_max;
  while (batch.size() < config_.batch_size_max) {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline - ports_.clock.steady_now());
    if (left <= 0us) break;
    auto more = ports_.ranking.pop_batch(config_.batch_size_max - batch.size(), left, stop);
    if (more.empty()) break;
    std::move(more.begin(), more.end(), std::back_inserter(batch));
  }
  return batch;
}

// What was made of the user before stood in this queue before: it has gone out by now.
Status ScoringStage::forget(const RankRequest& request, std::stop_token stop) {
  FRESHET_RETURN_IF_ERROR(ports_.publisher.publish(
      {.user = request.user, .position = request.position, .forgets = true}));
  // Who was found before the forgetting must not come after it.
  if (ports_.active_users != nullptr) read_active_users(ports_.active_users->capacity());
  refreshes_.forget(request.user);
  ports_.figures.forget_user(request.user);
  // The learner never waits for scoring, so this ends.
  ports_.learning.push(ForgottenInput{request.user}, stop);
  return {};
}

Status ScoringStage::publish(RankedList& list, bool judged) {
  refreshes_.made(list, ports_.clock.steady_now(), ports_.clock.now());
  FRESHET_RETURN_IF_ERROR(ports_.publisher.publish(list));
  ports_.figures.count_list(list);
  if (!judged) return {};
  ServedList served{list.user, list.position, {}, popular_};
  served.items.reserve(list.items.size());
  for (const RankedItem& item : list.items) served.items.push_back(item.id);
  // A full learner must not hold up lists: what it is not told of is not judged, nothing else.
  LearningInput input = std::move(served);
  ports_.learning.try_push(input);
  return {};
}

}  // namespace freshet
