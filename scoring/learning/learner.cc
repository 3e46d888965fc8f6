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

/// The context that a list before the event could know; a key's first value is that of the event,
/// as a new user's first question would bring it.
std::vector<ContextValue> values_of(const TrainingExample& example) {
  std::vector<ContextValue> values = context_values(example.context);
  const std::vector<ContextValue> known = context_values(example.known_context);
  for (std::size_t key = 0; key < std::min(values.size(), known.size()); ++key)
    if (known[key] != 0) values[key] = known[key];
  return values;
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
      repeat_(knowledge_.repeats()),
      trainers_(config),
      admissions_(config.catalogue, knowledge_),
      negatives_(new_sampler()) {}

NegativeSampler Learner::new_sampler() const {
  return NegativeSampler(
      {.recent_ratio = config_.network.recent_negatives_ratio, .seed = config_.learning.seed});
}

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
  note_admissions();
  figures_.mixture_weights = trainers_.mean_mixture(scorer_.able());
  note_guard();
}

/// Items of the micro-batch that would be new; one that stands there twice counts twice.
std::size_t Learner::unknown_items(std::span<const TrainingExample* const> batch) const {
  return static_cast<std::size_t>(
      std::count_if(batch.begin(), batch.end(), [this](const TrainingExample* example) {
        return knowledge_.catalogue().find(example->item) == kNoRow;
      }));
}

void Learner::note_guard() {
  figures_.guard = trainers_.guard();
  figures_.clipped_gradients = trainers_.gradients().clipped();
  figures_.refused_gradients = trainers_.gradients().refused();
}

/// `first`: the example that ranks_[0] belongs to.
void Learner::learn_batch(std::span<const TrainingExample* const> batch,
                          const TrainingExample* first) {
  make_room(unknown_items(batch), AdmissionControl::kAnyStanding);
  std::vector<Context> contexts;
  contexts.reserve(batch.size());
  const SequenceOptions options =
      knowledge_.network() != nullptr ? sequence_options(config_.network) : SequenceOptions{};
  for (const TrainingExample* example : batch)
    contexts.push_back(make_context(known_user(*example), knowledge_.catalogue(), options));
  for (Context& context : contexts) knowledge_.keep_network_steps(context.sequence);
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
  if (!config_.guard.enabled || row >= knowledge_.catalogue().rows()) return true;
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
      trainers_.learn_mixture(mixture_cell(context), scorer_.probabilities(row), scorer_.awake());
  follow(figures_.mixture_loss, loss, figures_.final_ranks.events);
}

Delta Learner::transitions_of(std::span<const TrainingExample* const> batch,
                              std::span<const Context> contexts) {
  Delta change;
  learned_.clear();
  for (std::size_t k = 0; k < batch.size(); ++k) {
    const TrainingExample& example = *batch[k];
    const ItemRow target = admissions_.admit(example.item, example.item_name, change);
    if (target == kNoRow) continue;
    if (!teaches(target)) {
      ++figures_.capped;
      continue;
    }
    ++figures_.examples;
    learned_.push_back(k);
    add_transition(example, contexts[k], target, change);
  }
  return change;
}

void Learner::add_transition(const TrainingExample& example, const Context& context, ItemRow target,
                             Delta& change) {
  Transition transition{.target = target,
                        .steps = static_cast<std::uint32_t>(context.steps.size()),
                        .distinct = distinct_place(context, target),
                        .action = example.action,
                        .last_action = context.last_action,
                        .event_time = example.event_time};
  for (const ItemId other : example.basket) {
    const ItemRow row = knowledge_.catalogue().find(other);
    if (row == kNoRow || row == target) continue;
    change.basket.push_back(row);
    ++transition.basket;
  }
  if (config_.related.enabled) {
    transition.role = baskets_.read(example, knowledge_.catalogue(), together_);
    transition.together = static_cast<std::uint32_t>(together_.size());
    append(change.together, together_);
  }
  const std::vector<ContextValue> values = values_of(example);
  transition.values = static_cast<std::uint32_t>(values.size());
  append(change.context_values, values);
  if (!context.owned.empty()) {
    repeat_.prepare(context, 0);
    transition.due = repeat_.due_part(target).value_or(-1);
  }
  for (const OwnedItem& owned : context.owned) {
    if (owned.row != target) continue;
    transition.pieces_before = owned.pieces;
    transition.bought_age = static_cast<std::uint8_t>(Repurchases::age_bucket(owned.age));
  }
  transition.pieces_after = transition.pieces_before + example.pieces;
  change.transitions.push_back(transition);
  append(change.steps, context.steps);
}

/// Lets items leave, if it is time, so that `wanted` new ones find room.
void Learner::make_room(std::size_t wanted, double standing_max) {
  std::vector<ItemRow> leaving = admissions_.leaving(wanted, standing_max);
  if (leaving.empty()) return;
  figures_.evicted_items += leaving.size();
  negatives_.remove_rows(leaving);
  apply({.evicted = std::move(leaving)});
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
    if (sequence.empty() || !knowledge_.in_network(transition.target)) continue;
    examples.push_back({.sequence = sequence, .target = transition.target});
    add_task(transition.action, examples.back().sequence);
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
  if (encoder_ == nullptr) return take_updates(updates);
  std::vector<ItemUpdate> encoded(updates.begin(), updates.end());
  auto vectors = encoder_->encode(updates);
  for (std::size_t k = 0; k < encoded.size(); ++k) encoded[k].embedding = std::move(vectors[k]);
  figures_.encoder_failures = encoder_->failures();
  take_updates(encoded);
}

void Learner::take_updates(std::span<const ItemUpdate> updates) {
  Delta change;
  for (const ItemUpdate& update : updates) {
    if (admissions_.room() == 0 && knowledge_.catalogue().find(update.id) == kNoRow) {
      apply(std::exchange(change, {}));
      make_room(1, AdmissionControl::kNewcomerStanding);
    }
    if (admissions_.admit(update.id, update.name, change) != kNoRow)
      change.item_updates.push_back(update);
  }
  apply(std::move(change));
  note_admissions();
}

void Learner::note_admissions() {
  figures_.refused_items = admissions_.refused();
  figures_.collisions = admissions_.collisions();
}

/// The only way the learner's own knowledge changes, the network's weights excepted: by the same
/// deltas that replicas get.
void Learner::apply(Delta change) {
  ignore_error(knowledge_.apply(change), "a finite delta without an image cannot fail");
  const auto by_age = knowledge_.catalogue().by_age();
  for (const ItemRow row : by_age.last(change.new_items.size())) add_negative(row);
  for (const Transition& transition : change.transitions) add_negative(transition.target);
  admissions_.applied();
  weights_changed_ = weights_changed_ || change.mixture.has_value();
  if (!change.evicted.empty()) start_stage(std::move(change.evicted));
  append(pending_.new_items, change.new_items);
  append(pending_.item_updates, change.item_updates);
  append(pending_.transitions, change.transitions);
  append(pending_.steps, change.steps);
  append(pending_.basket, change.basket);
  append(pending_.together, change.together);
  append(pending_.context_values, change.context_values);
}

/// The network's negatives are rows that it knows.
void Learner::add_negative(ItemRow row) {
  if (knowledge_.in_network(row)) negatives_.add_row(row);
}

/// Rows change their items: what is pending speaks of the old ones and goes first.
void Learner::start_stage(std::vector<ItemRow> evicted) {
  Delta before = std::exchange(pending_, Delta{});
  pending_.earlier = std::exchange(before.earlier, {});
  if (!before.empty()) pending_.earlier.push_back(std::move(before));
  pending_.evicted = std::move(evicted);
}

/// Takes the network's changes. A network that is not finite begins anew instead, as a whole.
NetworkDelta Learner::network_changes() {
  Network& network = *knowledge_.network();
  NetworkDelta changes = network.take_changes();
  if (is_finite(changes)) return changes;
  ++figures_.network_renewals;
  const std::unique_ptr<Network> fresh = factory_();
  fresh->grow(knowledge_.catalogue().rows());
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
