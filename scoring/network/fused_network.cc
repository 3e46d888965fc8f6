#include "scoring/network/fused_network.h"

#include <algorithm>
#include <cmath>

#include "scoring/network/fused_model.h"
#include "scoring/network/network_checkpoint.h"
#include "scoring/network/sampled_softmax.h"
#include "scoring/network/step_batch.h"

namespace freshet {
namespace {

/// Where the gradient of a step's four rows is summed.
struct StepSlots {
  std::uint32_t item, action, gap, position;
};

class FusedNetwork final : public Network {
 public:
  FusedNetwork(const NetworkConfig& config, std::uint64_t seed, const FusedKernels& kernels)
      : config_(config),
        kernels_(kernels),
        items_(item_table_options(config, seed)),
        context_(context_table_options(config, seed)),
        conditions_(condition_table_options(config, seed)),
        model_(config, dense_seed(seed), kernels),
        softmax_(kernels) {
    context_.grow(context_rows(config.history_max));
    conditions_.grow(kConditionRows);
  }

  void grow(std::size_t rows) override { items_.grow(rows); }

  void reset(std::span<const ItemRow> rows) override { items_.reset(rows); }

  void truncate(std::size_t rows) override { items_.truncate(rows); }

  Result<std::vector<float>> queries(std::span<const Sequence> sequences) override {
    if (sequences.empty()) return std::vector<float>{};
    start_batch();
    for (const Sequence& sequence : sequences) {
      FRESHET_RETURN_IF_ERROR(check_sequence(sequence, items_.rows()));
      add_to_batch(sequence);
    }
    const float* padded_queries = forward();
    std::vector<float> queries(sequences.size() * config_.dim);
    for (std::size_t b = 0; b < sequences.size(); ++b) {
      std::copy_n(padded_queries + b * model_.width(), config_.dim,
                  queries.data() + b * config_.dim);
    }
    return queries;
  }

  Result<float> train(std::span<const SequenceExample> examples,
                      const Negatives& negatives) override {
    if (examples.empty()) return 0.0F;
    FRESHET_RETURN_IF_ERROR(check_examples(examples, negatives, items_.rows()));
    start_batch();
    items_.start_gradients();
    context_.start_gradients();
    conditions_.start_gradients();
    for (const SequenceExample& example : examples) add_to_batch(example.sequence);
    for (const ItemRow row : negatives.rows) items_.prefetch(row);
    name_rows(examples, negatives);
    const float* queries = forward();
    const double loss = softmax_.differentiate(examples, negatives, queries, items_);
    model_.backward(softmax_.query_gradients());
    add_step_gradients();
    const bool items_finite = items_.finish_gradients();
    const bool context_finite = context_.finish_gradients() && conditions_.finish_gradients();
    if (!std::isfinite(loss) || !items_finite || !context_finite || !model_.gradients_finite()) {
      return error(ErrorCode::kInternal, "network: loss or gradient is not finite");
    }
    const auto learning_rate = static_cast<float>(config_.learning_rate);
    items_.apply_gradients(learning_rate);
    context_.apply_gradients(learning_rate);
    conditions_.apply_gradients(learning_rate);
    model_.apply_gradients(learning_rate);
    dense_changed_ = true;
    return static_cast<float>(loss / static_cast<double>(examples.size()));
  }

  NetworkDelta take_changes() override {
    NetworkDelta delta;
    items_.take_changes(delta);
    take_conditions(conditions_, delta);
    if (!dense_changed_) return delta;
    dense_changed_ = false;
    delta.dense = join_dense(context_, model_.weights());
    return delta;
  }

  void apply(const NetworkDelta& delta) override {
    items_.apply(delta);
    apply_conditions(delta, conditions_);
    if (delta.dense.empty()) return;
    model_.set_weights(split_dense(delta.dense, model_.weight_count(), context_));
  }

  ItemTableView item_table() const override { return items_.view(); }

  void compress(TableFormat format) override { items_.compress(format); }

  Result<std::string> save() override {
    return write_checkpoint(config_, {items_, context_, conditions_}, model_.state());
  }

  Status load(const std::string& bytes) override {
    DenseState dense;
    FRESHET_RETURN_IF_ERROR(
        read_checkpoint(bytes, config_, {items_, context_, conditions_}, dense));
    model_.set_state(dense);
    dense_changed_ = true;
    return {};
  }

 private:
  void start_batch() {
    steps_.clear();
    starts_.assign(1, 0);
    condition_rows_.clear();
    condition_starts_.assign(1, 0);
  }

  /// Newest step first.
  void add_to_batch(const Sequence& sequence) {
    const std::vector<SequenceStep>& steps = sequence.steps;
    const std::size_t count = std::min(steps.size(), config_.history_max);
    for (std::size_t back = 0; back < count; ++back) {
      steps_.push_back(rows_of(steps[steps.size() - 1 - back], back));
      items_.prefetch(steps_.back().item);
    }
    starts_.push_back(steps_.size());
    const auto& conditions = sequence.conditions;
    condition_rows_.insert(condition_rows_.end(), conditions.begin(), conditions.end());
    condition_starts_.push_back(condition_rows_.size());
  }

  const float* forward() {
    float* steps = model_.start(starts_);
    const ItemTableView items = items_.view();
    kernels_.gather_steps(steps_, items.compressed != nullptr ? decoded_items() : items.vectors,
                          context_.view().vectors, config_.dim, steps);
    for_each_condition([&](std::size_t newest, std::size_t k) {
      kernels_.add(conditions_.vector(condition_rows_[k]), config_.dim,
                   steps + newest * model_.width());
    });
    return model_.forward();
  }

  /// Has the steps name a table of their own items [steps, dim].
  const float* decoded_items() {
    decoded_.resize(steps_.size() * config_.dim);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      items_.read_vector(steps_[i].item, decoded_.data() + i * config_.dim);
      steps_[i].item = static_cast<ItemRow>(i);
    }
    return decoded_.data();
  }

  /// Calls `use` with the newest step and the place in condition_rows_ of every condition.
  template <class Use>
  void for_each_condition(const Use& use) {
    for (std::size_t b = 0; b + 1 < condition_starts_.size(); ++b) {
      for (std::size_t k = condition_starts_[b]; k < condition_starts_[b + 1]; ++k)
        use(starts_[b], k);
    }
  }

  void name_rows(std::span<const SequenceExample> examples, const Negatives& negatives) {
    slots_.clear();
    for (const StepRows& rows : steps_) {
      slots_.push_back({items_.slot_of(rows.item), context_.slot_of(rows.action),
                        context_.slot_of(rows.gap), context_.slot_of(rows.position)});
    }
    for (const ConditionRow row : condition_rows_) conditions_.slot_of(row);
    softmax_.name_rows(examples, negatives, items_);
  }

  void add_step_gradients() {
    const float* gradient = model_.step_gradients();
    const std::size_t width = model_.width();
    for (const StepSlots& slots : slots_) {
      kernels_.add(gradient, width, items_.gradient(slots.item));
      kernels_.add(gradient, width, context_.gradient(slots.action));
      kernels_.add(gradient, width, context_.gradient(slots.gap));
      kernels_.add(gradient, width, context_.gradient(slots.position));
      gradient += width;
    }
    for_each_condition([&](std::size_t newest, std::size_t k) {
      kernels_.add(model_.step_gradients() + newest * width, width,
                   conditions_.gradient(conditions_.slot_of(condition_rows_[k])));
    });
  }

  NetworkConfig config_;
  const FusedKernels& kernels_;
  EmbeddingTable items_;
  EmbeddingTable context_;
  EmbeddingTable conditions_;
  FusedModel model_;
  SampledSoftmax softmax_;
  bool dense_changed_ = false;

  std::vector<StepRows> steps_;  ///< Of the batch: one sequence after the other.
  std::vector<std::size_t> starts_;
  std::vector<StepSlots> slots_;
  AlignedFloats decoded_;                     ///< Of a compressed table.
  std::vector<ConditionRow> condition_rows_;  ///< Of the batch: one sequence's after the other's.
  std::vector<std::size_t> condition_starts_;
};

}  // namespace

std::unique_ptr<Network> make_fused_network(const NetworkConfig& config, std::uint64_t seed,
                                            const FusedKernels& kernels) {
  return std::make_unique<FusedNetwork>(config, seed, kernels);
}

}  // namespace freshet
