#include "scoring/learning/learner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace freshet {
namespace {

constexpr std::size_t kRankMax = 20;

/// Rate of the figures' running means.
constexpr double kFigureRate = 0.001;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Running mean that starts as a plain mean.
void follow(double& mean, double value, std::uint64_t count) {
  mean += std::max(kFigureRate, 1.0 / static_cast<double>(count)) * (value - mean);
}

/// A user stands in a micro-batch once: the later event's history holds the earlier one.
bool conflicts(std::span<const TrainingExample* const> batch, const TrainingExample& example) {
  return std::any_of(batch.begin(), batch.end(), [&](const TrainingExample* other) {
    return other->user == example.user && other->offset != example.offset;
  });
}

std::uint32_t distinct_place(const Context& context, ItemRow target) {
  for (std::size_t k = 0; k < context.distinct.size(); ++k)
    if (context.distinct[k].row == target) return static_cast<std::uint32_t>(k);
  return kNotInHistory;
}

std::size_t place_of(const std::vector<ItemRow>& rows, ItemRow row) {
  return static_cast<std::size_t>(std::find(rows.begin(), rows.end(), row) - rows.begin());
}

/// Rank by the mixture of candidate `target`; 0 = first.
std::size_t mixture_rank(const CandidateSet& set, std::size_t target) {
  std::size_t rank = 0;
  for (std::size_t j = 0; j < set.base.size(); ++j)
    if (set.base[j] > set.base[target] || (set.base[j] == set.base[target] && j < target)) ++rank;
  return rank;
}

/// Notes what the experts and their mixture made of candidate `target`.
void note_ranks(const CandidateSet& set, std::size_t target, ExampleRanks& ranks) {
  for (std::size_t m = 0; m < kSourceCount; ++m)
    if (set.ranks[target][m] < kRankMissing)
      ranks.by_source[m] = static_cast<std::uint32_t>(set.ranks[target][m]);
  ranks.by_mixture = ranks.final = static_cast<std::uint32_t>(mixture_rank(set, target));
  ranks.probability = std::exp(set.base[target]);
}

}  // namespace

void HitTotals::add(std::size_t rank) {
  ++events;
  if (rank >= kRankMax) return;
  ++hits_at_20;
  reciprocal_ranks_at_20 += 1 / static_cast<double>(1 + rank);
}

Learner::Learner(const ScoringConfig& config, const NetworkFactory& factory)
    : config_(config),
      factory_(factory),
      knowledge_(config, factory),
      scorer_(config, knowledge_),
      trainers_(config),
      negatives_(
          {.recent_ratio = config.network.recent_negatives_ratio, .seed = config.learning.seed}) {}

void Learner::learn(std::span<const TrainingExample> examples) {
  std::vector<const TrainingExample*> batch;
  ranks_.assign(examples.size(), {});
  for (const TrainingExample& example : examples) {
    if (!offsets_.admit(example)) {
      ++figures_.repeated;
      continue;
    }
    if (example.action == Action::kDislike || example.action == Action::kImpression) continue;
    if (batch.size() >= config_.learning.batch_size_max || conflicts(batch, example)) {
      learn_batch(batch, examples.data());
      batch.clear();
    }
    batch.push_back(&example);
  }
  if (!batch.empty()) learn_batch(batch, examples.data());
  figures_.mixture_weights.fill(0);
  for (const PerSource& bucket : trainers_.mixture().of) {
    const PerSource able = awake_weights(bucket, scorer_.able());
    for (std::size_t m = 0; m < kSourceCount; ++m)
      figures_.mixture_weights[m] += able[m] / static_cast<float>(kLengthBuckets);
  }
  note_guard();
}

void Learner::note_guard() {
  figures_.guard = trainers_.guard();
  figures_.clipped_gradients = trainers_.gradients().clipped();
  figures_.refused_gradients = trainers_.gradients().refused();
}

/// `first`: the example that ranks_[0] belongs to.
void Learner::learn_batch(std::span<const TrainingExample* const> batch,
                          const TrainingExample* first) {
  std::vector<Context> contexts;
  contexts.reserve(batch.size());
  const std::size_t sequence_max =
      knowledge_.network() != nullptr ? config_.network.history_max : 0;
  for (const TrainingExample* example : batch)
    contexts.push_back(make_context(example->history, knowledge_.catalogue(), sequence_max));
  scorer_.start_batch(contexts);
  for (std::size_t k = 0; k < batch.size(); ++k)
    learn_ranking(*batch[k], contexts[k], ranks_[static_cast<std::size_t>(batch[k] - first)]);
  Delta change = transitions_of(batch, contexts);
  change.mixture = trainers_.mixture();
  if (trainers_.has_second_stage()) change.second_stage = trainers_.second_stage();
  apply(change);
  train_network(contexts, change);
}

/// Bounds what a flood of events on one item can do: counts cannot be rolled back. An item of a
/// small catalogue may have ten times its even share.
bool Learner::teaches(ItemRow row) const {
  if (!config_.guard.enabled || row >= knowledge_.catalogue().size()) return true;
  const auto even = 1 / static_cast<double>(knowledge_.catalogue().size());
  return knowledge_.popularity().share(0, row) <= std::max(config_.guard.item_share_max, 10 * even);
}

/// Scores one event with what was known before its micro-batch, then moves the weights of mixture
/// and second stage. Counts move later, all at once.
void Learner::learn_ranking(const TrainingExample& example, const Context& context,
                            ExampleRanks& ranks) {
  if (context.empty()) return;
  scorer_.score(context, set_);
  const ItemRow row = knowledge_.catalogue().find(example.item);
  const std::size_t target = row == kNoRow ? set_.rows.size() : place_of(set_.rows, row);
  const bool among = target < set_.rows.size();
  ranks.ranked = true;
  if (among) note_ranks(set_, target, ranks);
  figures_.mixture_ranks.add(ranks.by_mixture);
  const bool teaches = !set_.network_failed && this->teaches(row);
  if (trainers_.has_second_stage() && !set_.network_failed) {
    const SecondStageTrainer::Outcome outcome = trainers_.learn(set_, target, teaches);
    if (among) {
      ranks.final = static_cast<std::uint32_t>(outcome.rank);
      ranks.probability = outcome.probability;
    }
  }
  figures_.final_ranks.add(ranks.final);
  follow(figures_.candidate_share, among ? 1 : 0, figures_.final_ranks.events);
  if (!teaches) return;
  trainers_.judge(ranks.by_mixture, ranks.by_source[index_of(Source::kCovisitation)],
                  ranks.by_source[index_of(Source::kPopular)]);
  if (row == kNoRow) return;
  const float loss =
      trainers_.learn_mixture(context.session_length, scorer_.probabilities(row), scorer_.awake());
  follow(figures_.mixture_loss, loss, figures_.final_ranks.events);
}

Delta Learner::transitions_of(std::span<const TrainingExample* const> batch,
                              std::span<const Context> contexts) {
  Delta change;
  learned_.clear();
  for (std::size_t k = 0; k < batch.size(); ++k) {
    const TrainingExample& example = *batch[k];
    const ItemRow target = admit(example.item, example.item_name, change);
    if (target == kNoRow) continue;
    if (!teaches(target)) {
      ++figures_.capped;
      continue;
    }
    ++figures_.examples;
    learned_.push_back(k);
    const Context& context = contexts[k];
    std::uint32_t basket = 0;
    for (const ItemId other : example.basket) {
      const ItemRow row = knowledge_.catalogue().find(other);
      if (row == kNoRow || row == target) continue;
      change.basket.push_back(row);
      ++basket;
    }
    change.transitions.push_back({.target = target,
                                  .steps = static_cast<std::uint32_t>(context.steps.size()),
                                  .distinct = distinct_place(context, target),
                                  .basket = basket});
    append(change.steps, context.steps);
  }
  return change;
}

ItemRow Learner::admit(ItemId id, const std::string& name, Delta& change) {
  const Catalogue& catalogue = knowledge_.catalogue();
  auto admission = catalogue.admission(id, name);
  if (admission == Catalogue::Admission::kNew) {
    for (std::size_t k = 0; k < change.new_items.size(); ++k) {
      if (change.new_items[k].id != id) continue;
      if (change.new_items[k].name == name) return static_cast<ItemRow>(catalogue.size() + k);
      admission = Catalogue::Admission::kCollision;
    }
    const std::size_t known = catalogue.size() + change.new_items.size();
    if (known >= config_.catalogue.items_max) admission = Catalogue::Admission::kFull;
  }
  switch (admission) {
    case Catalogue::Admission::kKnown:
      return catalogue.find(id);
    case Catalogue::Admission::kCollision:
      ++figures_.collisions;
      return kNoRow;
    case Catalogue::Admission::kFull:
      ++figures_.refused_items;
      return kNoRow;
    case Catalogue::Admission::kNew:
      break;
  }
  change.new_items.push_back({id, name});
  return static_cast<ItemRow>(catalogue.size() + change.new_items.size() - 1);
}

void Learner::train_network(std::span<const Context> contexts, const Delta& change) {
  Network* network = knowledge_.network();
  if (network == nullptr) return;
  std::vector<SequenceExample> examples;
  std::vector<ItemRow> trained;
  std::vector<ItemRow> targets;
  for (const Transition& transition : change.transitions) {
    targets.push_back(transition.target);
    const Sequence& sequence = contexts[learned_[targets.size() - 1]].sequence;
    if (sequence.empty()) continue;
    examples.push_back({.sequence = sequence, .target = transition.target});
    trained.push_back(transition.target);
  }
  if (!examples.empty() && trainers_.trusts_stream()) {
    const Negatives negatives = negatives_.sample(trained, config_.network.negatives);
    if (const auto loss = network->train(examples, negatives)) {
      follow(figures_.network_loss, *loss, ++figures_.network_steps);
    } else {
      ++figures_.network_failures;
    }
  }
  negatives_.add_targets(targets);
}

void Learner::update_items(std::span<const ItemUpdate> updates) {
  Delta change;
  for (const ItemUpdate& update : updates)
    if (admit(update.id, update.name, change) != kNoRow) change.item_updates.push_back(update);
  apply(std::move(change));
}

/// The only way the learner's own knowledge changes, the network's weights excepted: by the same
/// deltas that replicas get.
void Learner::apply(Delta change) {
  for (std::size_t k = 0; k < change.new_items.size(); ++k)
    negatives_.add_row(static_cast<ItemRow>(knowledge_.catalogue().size() + k));
  ignore_error(knowledge_.apply(change), "a finite delta without an image cannot fail");
  weights_changed_ = weights_changed_ || change.mixture.has_value();
  append(pending_.new_items, change.new_items);
  append(pending_.item_updates, change.item_updates);
  append(pending_.transitions, change.transitions);
  append(pending_.steps, change.steps);
  append(pending_.basket, change.basket);
}

/// Takes the network's changes. A network that is not finite begins anew instead, as a whole.
NetworkDelta Learner::network_changes() {
  Network& network = *knowledge_.network();
  NetworkDelta changes = network.take_changes();
  if (is_finite(changes)) return changes;
  ++figures_.network_renewals;
  const std::unique_ptr<Network> fresh = factory_();
  fresh->grow(knowledge_.catalogue().size());
  const auto bytes = fresh->save();
  if (!bytes || !network.load(*bytes)) return {.row_count = changes.row_count};
  return network.take_changes();
}

std::shared_ptr<const Delta> Learner::take_delta() {
  if (weights_changed_) {
    pending_.mixture = trainers_.mixture();
    if (trainers_.has_second_stage()) pending_.second_stage = trainers_.second_stage();
  }
  if (knowledge_.network() != nullptr) pending_.network = network_changes();
  if (pending_.empty()) return nullptr;
  pending_.version = version_ = ModelVersion{version_.value + 1};
  weights_changed_ = false;
  ignore_error(knowledge_.apply({.version = version_}), "a version alone cannot fail");
  return std::make_shared<const Delta>(std::exchange(pending_, Delta{}));
}

}  // namespace freshet
