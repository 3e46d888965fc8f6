#include "scoring/knowledge.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string>

namespace freshet {

namespace {

/// Size of the embeddings that are compared: the items' own, or what the encoder makes.
std::size_t embedding_dim(const ScoringConfig& config) {
  const EncoderConfig& encoder = config.content.encoder;
  return encoder.file.empty() ? config.catalogue.embedding_dim : encoder.dim;
}

}  // namespace

Knowledge::Knowledge(const ScoringConfig& config, const NetworkFactory& factory)
    : catalogue_(config.catalogue),
      content_(config.content, embedding_dim(config)),
      popularity_(config.popularity),
      covisitation_(config.covisitation),
      baskets_(config.related),
      network_events_min_(config.network.events_min) {
  if (config.second_stage.enabled)
    second_stage_ = SecondStageWeights::fresh(config.second_stage.hidden, config.learning.seed);
  if (factory) network_ = factory();
}

Status Knowledge::apply(const Delta& delta) {
  if (!is_finite(delta))
    return error(ErrorCode::kCorrupt, "delta " + std::to_string(delta.version.value) +
                                          ": it holds a number that is not finite");
  if (!delta.image.empty()) {
    FRESHET_RETURN_IF_ERROR(from_bytes(delta.image));
    // Rows of items that came after the image was taken.
    if (network_) network_->truncate(catalogue_.rows());
  }
  for (const Delta& change : delta.earlier) FRESHET_RETURN_IF_ERROR(apply(change));
  if (!delta.evicted.empty()) evict(delta.evicted);
  if (!delta.new_items.empty()) admit(delta.new_items);
  for (const ItemUpdate& update : delta.item_updates) describe(update);
  count(delta);
  if (delta.mixture) mixture_ = *delta.mixture;
  if (delta.second_stage) second_stage_ = *delta.second_stage;
  const bool network_changed = !delta.network.rows.empty() || !delta.network.dense.empty();
  if (network_ && network_changed) network_->apply(delta.network);
  if (delta.version.value != 0) version_ = delta.version;
  return {};
}

/// Nothing that is counted or learned of the rows stays.
void Knowledge::evict(std::span<const ItemRow> rows) {
  for (const ItemRow row : rows) content_.evict(row, catalogue_.content(row));
  catalogue_.evict(rows);
  popularity_.evict(rows);
  cold_popularity_.evict(rows);
  repeats_.evict(rows);
  covisitation_.evict(rows);
  baskets_.evict(rows);
  if (network_) network_->reset(rows);
}

void Knowledge::admit(std::span<const ItemIdentity> items) {
  for (const ItemIdentity& item : items) catalogue_.add(item);
  popularity_.grow(catalogue_.rows());
  covisitation_.grow(catalogue_.rows());
  baskets_.grow(catalogue_.rows());
  repeats_.grow(catalogue_.rows());
  if (network_) network_->grow(catalogue_.rows());
  set_too_new(catalogue_.by_age().last(items.size()));
}

void Knowledge::set_too_new(std::span<const ItemRow> rows) {
  if (network_events_min_ == 0) return;
  too_new_.resize(catalogue_.unavailable().size(), 0);
  for (const ItemRow row : rows)
    if (!in_network(row)) too_new_[row / 64] |= std::uint64_t{1} << (row % 64);
}

void Knowledge::keep_network_steps(Sequence& sequence) const {
  if (network_events_min_ == 0) return;
  std::erase_if(sequence.steps, [this](const SequenceStep& step) { return !in_network(step.row); });
}

std::span<const std::uint64_t> Knowledge::network_excluded(
    std::vector<std::uint64_t>& buffer) const {
  const std::span<const std::uint64_t> unavailable = catalogue_.unavailable();
  if (network_events_min_ == 0) return unavailable;
  buffer.resize(unavailable.size());
  std::transform(unavailable.begin(), unavailable.end(), too_new_.begin(), buffer.begin(),
                 std::bit_or<>());
  return buffer;
}

void Knowledge::describe(const ItemUpdate& update) {
  const ItemRow row = catalogue_.find(update.id);
  if (row == kNoRow) return;
  content_.replace(row, catalogue_.content(row), update);
  catalogue_.update(update);
  if (content_.outgrown()) content_.rebuild(catalogue_);
}

void Knowledge::count(const Delta& delta) {
  std::span<const ContextStep> steps = delta.steps;
  std::span<const ItemRow> basket = delta.basket;
  std::span<const ItemRow> together = delta.together;
  std::span<const ContextValue> values = delta.context_values;
  for (const Transition& transition : delta.transitions) {
    const ItemRow target = transition.target;
    cold_popularity_.observe(target, values.first(transition.values), transition.steps == 0,
                             popularity_);
    popularity_.observe(target);
    if (network_events_min_ > 0 && in_network(target))
      too_new_[target / 64] &= ~(std::uint64_t{1} << (target % 64));
    covisitation_.observe(transition.target, steps.first(transition.steps),
                          basket.first(transition.basket));
    count_basket(transition, together.first(transition.together), basket.first(transition.basket));
    count_return(transition);
    if (transition.steps > 0) actions_.observe(transition.last_action, transition.action);
    steps = steps.subspan(transition.steps);
    basket = basket.subspan(transition.basket);
    together = together.subspan(transition.together);
    values = values.subspan(transition.values);
  }
}

/// What stood in the basket before counts no entry of its own for it any more, so both directions
/// are counted now, whether the event names it again or not.
void Knowledge::count_basket(const Transition& transition, std::span<const ItemRow> before,
                             std::span<const ItemRow> basket) {
  if (transition.role == BasketRole::kNone) return;
  std::vector<ItemRow> beside(basket.begin(), basket.end());
  std::erase_if(beside, [before](ItemRow row) {
    return std::find(before.begin(), before.end(), row) != before.end();
  });
  baskets_.observe({.row = transition.target,
                    .opens = transition.role == BasketRole::kOpens,
                    .time = transition.event_time,
                    .before = before,
                    .beside = beside});
}

void Knowledge::count_return(const Transition& transition) {
  if (transition.distinct != kNotInHistory) repeats_.observe(transition.distinct);
  if (transition.due >= 0) repeats_.observe_due(transition.last_action, transition.due);
  if (transition.action != Action::kPurchase) return;
  Repurchases& repurchases = repeats_.repurchases();
  if (transition.pieces_before > 0)
    repurchases.observe_again(transition.target, Repurchases::piece_group(transition.pieces_before),
                              transition.bought_age);
  repurchases.observe(transition.target, Repurchases::piece_group(transition.pieces_after));
}

}  // namespace freshet
