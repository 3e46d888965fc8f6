#include "scoring/knowledge.h"

#include <span>
#include <string>

namespace freshet {

Knowledge::Knowledge(const ScoringConfig& config, const NetworkFactory& factory)
    : catalogue_(config.catalogue),
      content_(config.content, config.catalogue.embedding_dim),
      popularity_(config.popularity),
      covisitation_(config.covisitation) {
  if (config.second_stage.enabled)
    second_stage_ = SecondStageWeights::fresh(config.second_stage.hidden, config.learning.seed);
  if (factory) network_ = factory();
}

Status Knowledge::apply(const Delta& delta) {
  if (!is_finite(delta))
    return error(ErrorCode::kCorrupt, "delta " + std::to_string(delta.version.value) +
                                          ": it holds a number that is not finite");
  if (!delta.image.empty()) FRESHET_RETURN_IF_ERROR(from_bytes(delta.image));
  for (const ItemIdentity& item : delta.new_items) catalogue_.add(item);
  if (!delta.new_items.empty() || !delta.image.empty()) {
    popularity_.grow(catalogue_.size());
    covisitation_.grow(catalogue_.size());
    if (network_) network_->grow(catalogue_.size());
  }
  for (const ItemUpdate& update : delta.item_updates) describe(update);
  count(delta);
  if (delta.mixture) mixture_ = *delta.mixture;
  if (delta.second_stage) second_stage_ = *delta.second_stage;
  const bool network_changed = !delta.network.rows.empty() || !delta.network.dense.empty();
  if (network_ && network_changed) network_->apply(delta.network);
  if (delta.version.value != 0) version_ = delta.version;
  return {};
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
  for (const Transition& transition : delta.transitions) {
    popularity_.observe(transition.target);
    covisitation_.observe(transition.target, steps.first(transition.steps),
                          basket.first(transition.basket));
    if (transition.distinct != kNotInHistory) repeats_.observe(transition.distinct);
    steps = steps.subspan(transition.steps);
    basket = basket.subspan(transition.basket);
  }
}

}  // namespace freshet
