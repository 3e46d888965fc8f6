#include "app/evaluation/evaluator.h"

#include <algorithm>
#include <chrono>

#include "state/expiry.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

/// Users whose states are measured for the mean.
constexpr std::size_t kMeasuredUsersMax = 10'000;

bool ranks(EventUse use) { return use == EventUse::kRankAndLearn || use == EventUse::kRank; }
bool learns(EventUse use) { return use == EventUse::kRankAndLearn || use == EventUse::kLearn; }

/// Adds the time it lives to `seconds`.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  double& seconds_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

Evaluator::Evaluator(const Config& config, const NetworkFactory& factory,
                     const std::vector<FollowerKind>& kinds, const PoisonOptions& poison,
                     Judge judge)
    : config_(config),
      fold_(config.state),
      learner_(config.scoring, factory),
      judge_(std::move(judge)),
      poison_(poison, config.scoring.learning.seed) {
  learner_.plant(poison_.gradient_fault());
  for (const FollowerKind& kind : kinds)
    followers_.push_back(
        std::make_unique<Follower>(config.scoring, factory, kind, config.ingest.context));
}

Status Evaluator::add(const RecordedEvent& event, EventUse use) {
  FRESHET_RETURN_IF_ERROR(add_one(event, use));
  for (const RecordedEvent& bot : poison_.bots_after(event))
    FRESHET_RETURN_IF_ERROR(add_one(bot, EventUse::kLearn));
  return {};
}

Status Evaluator::add_one(const RecordedEvent& event, EventUse use) {
  // A user stands in a micro-batch once: the next event's history holds this one.
  const bool other_kind = !pending_.empty() && learns(pending_.front().use) != learns(use);
  const bool waits = std::any_of(examples_.begin(), examples_.end(), [&](const auto& example) {
    return example.user == event.event.user;
  });
  if (waits || other_kind || pending_.size() >= config_.scoring.learning.batch_size_max ||
      event.period != period_) {
    FRESHET_RETURN_IF_ERROR(flush());
  }
  if (event.period != period_) {
    period_ = event.period;
    for (const auto& follower : followers_) FRESHET_RETURN_IF_ERROR(follower->end_period());
  }
  fold(event, use);
  return {};
}

Status Evaluator::add(std::span<const ItemUpdate> updates) {
  FRESHET_RETURN_IF_ERROR(flush());
  learner_.update_items(updates);
  return send_delta();
}

void Evaluator::fold(const RecordedEvent& event, EventUse use) {
  UserState& state = users_[event.event.user];
  EventWatermark& watermark = watermarks_[event.partition];
  if (has_expired(state.newest_event_time, watermark, config_.state.history_age_max)) state = {};
  watermark.observe(event.event.user, event.event.event_time);
  const EventPosition position{event.partition, event.offset};
  if (use == EventUse::kFold) {
    std::vector<TrainingExample> unused;
    fold_.apply(event.event, position, state, unused);
    return;
  }
  Pending pending{.first_example = examples_.size(), .period = event.period, .use = use};
  std::optional<UserState> before;
  if (ranks(use) && !followers_.empty()) before = state;
  fold_.apply(event.event, position, state, examples_);
  pending.examples = examples_.size() - pending.first_example;
  if (pending.examples == 0) return;
  if (before && !before->history.empty()) {
    pending.request = requests_.size();
    requests_.push_back({.user = event.event.user,
                         .state = std::move(*before),
                         .position = {event.partition, event.offset, Epoch{}},
                         .event_time = event.event.event_time});
  }
  pending_.push_back(pending);
}

Status Evaluator::flush() {
  std::vector<std::vector<RankedList>> lists;  // [follower][request]
  {
    const Stopwatch time(rank_seconds_);
    for (const auto& follower : followers_) lists.push_back(follower->rank(requests_));
  }
  // add() keeps events that are learned and those that are not in batches of their own.
  const bool learn = !pending_.empty() && learns(pending_.front().use);
  if (learn) {
    const Stopwatch time(learn_seconds_);
    learner_.learn(poison_.spoil(examples_));
    learned_ += examples_.size();
  }
  judge_all(std::move(lists));
  pending_.clear();
  examples_.clear();
  requests_.clear();
  return learn ? send_delta() : Status{};
}

void Evaluator::judge_all(std::vector<std::vector<RankedList>> lists) {
  static const ExampleRanks kNotRanked;
  std::vector<RankedList> own;
  for (const Pending& pending : pending_) {
    own.clear();
    if (pending.request)
      for (auto& all : lists) own.push_back(std::move(all[*pending.request]));
    for (std::size_t k = 0; k < pending.examples; ++k) {
      const std::size_t at = pending.first_example + k;
      if (examples_[at].partition == Poison::kBots) continue;
      const bool has_ranks = learns(pending.use) && !poison_.is_shuffled(examples_[at]);
      judge_({.example = examples_[at],
              .period = pending.period,
              .ranks = has_ranks ? learner_.ranks()[at] : kNotRanked,
              .lists = own,
              .request = pending.request ? &requests_[*pending.request] : nullptr});
    }
  }
}

Status Evaluator::send_delta() {
  std::shared_ptr<const Delta> delta;
  {
    const Stopwatch time(learn_seconds_);
    delta = learner_.take_delta();
  }
  const Stopwatch time(rank_seconds_);
  for (const auto& follower : followers_) FRESHET_RETURN_IF_ERROR(follower->take(delta, learned_));
  return {};
}

double Evaluator::bytes_per_user() const {
  std::size_t measured = 0;
  std::size_t bytes = 0;
  for (const auto& [name, state] : users_) {
    if (measured == kMeasuredUsersMax) break;
    bytes += encode(state).size();
    ++measured;
  }
  return measured > 0 ? static_cast<double>(bytes) / static_cast<double>(measured) : 0;
}

}  // namespace freshet
