#include "scoring/network/torch_network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scoring/network/embedding_table.h"
#include "scoring/network/network_checkpoint.h"
#include "scoring/network/step_batch.h"
#include "scoring/network/torch_model.h"
#include "scoring/network/torch_scan.h"

namespace freshet {
namespace {

std::int64_t to_signed(std::size_t size) { return static_cast<std::int64_t>(size); }

tl::unexpected<Error> library_failed(const char* action, const std::exception& exception) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&exception);
  const char* reason = torch_error ? torch_error->what_without_backtrace() : exception.what();
  return error(ErrorCode::kInternal, std::string("network: ") + action + ": " + reason);
}

at::Device choose_device(const std::string& device) {
  const bool cuda = device != "cpu" && at::hasCUDA();
  return cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
}

/// [B, M]: minus log q, and minus infinity where the negative is the example's own target.
at::Tensor negative_shift(std::span<const SequenceExample> examples, const Negatives& negatives) {
  const std::size_t count = negatives.rows.size();
  at::Tensor shift = at::empty({to_signed(examples.size()), to_signed(count)});
  float* values = shift.data_ptr<float>();
  for (const SequenceExample& example : examples) {
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = negatives.rows[i] == example.target ? -std::numeric_limits<float>::infinity()
                                                      : -negatives.log_q[i];
    }
    values += count;
  }
  return shift;
}

class TorchNetwork final : public Network {
 public:
  TorchNetwork(const NetworkConfig& config, std::uint64_t seed)
      : config_(config),
        items_(item_table_options(config, seed)),
        context_(context_table_options(config, seed)),
        conditions_(condition_table_options(config, seed)),
        model_(config, dense_seed(seed), choose_device(config.device)) {
    if (model_.device().is_cuda()) scan_ = make_torch_scan({.cuda = true, .coarse = true});
    context_.grow(context_rows(config.history_max));
    conditions_.grow(kConditionRows);
  }

  void grow(std::size_t rows) override { items_.grow(rows); }

  void reset(std::span<const ItemRow> rows) override { items_.reset(rows); }

  void truncate(std::size_t rows) override { items_.truncate(rows); }

  Result<std::vector<float>> queries(std::span<const Sequence> sequences) override {
    if (sequences.empty()) return std::vector<float>{};
    std::vector<const Sequence*> pointers;
    for (const Sequence& sequence : sequences) pointers.push_back(&sequence);
    const auto batch = make_step_batch(pointers, config_.history_max, items_.rows());
    if (!batch) return tl::unexpected(batch.error());
    try {
      const c10::InferenceMode no_autograd;
      const at::Tensor queries = model_.forward(steps(*batch), padding(*batch)).cpu().contiguous();
      const float* values = queries.data_ptr<float>();
      return std::vector<float>(values, values + queries.numel());
    } catch (const std::exception& exception) {
      return library_failed("queries", exception);
    }
  }

  Result<float> train(std::span<const SequenceExample> examples,
                      const Negatives& negatives) override {
    if (examples.empty()) return 0.0F;
    FRESHET_RETURN_IF_ERROR(check_examples(examples, negatives, items_.rows()));
    std::vector<const Sequence*> pointers;
    std::vector<ItemRow> targets;
    for (const SequenceExample& example : examples) {
      pointers.push_back(&example.sequence);
      targets.push_back(example.target);
    }
    const auto batch = make_step_batch(pointers, config_.history_max, items_.rows());
    if (!batch) return tl::unexpected(batch.error());
    try {
      const auto result = model_.differentiate(loss_input(*batch, targets, examples, negatives));
      return update(*batch, targets, negatives.rows, result);
    } catch (const std::exception& exception) {
      return library_failed("training", exception);
    }
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
    model_.set_weights(split_dense(delta.dense, model_.weight_count(), context_).data());
  }

  ItemTableView item_table() const override { return items_.view(); }

  DeviceScan* device_scan() override { return scan_.get(); }

  void compress(TableFormat format) override { items_.compress(format); }

  Result<std::string> save() override;
  Status load(const std::string& bytes) override;

 private:
  at::Tensor on_device(const at::Tensor& host) const { return host.to(model_.device()); }

  at::Tensor steps(const StepBatch& batch) const {
    at::Tensor steps =
        at::empty({to_signed(batch.size), to_signed(batch.length), to_signed(config_.dim)});
    embed_steps(batch, {items_, context_, conditions_}, steps.data_ptr<float>());
    return on_device(steps);
  }

  at::Tensor padding(const StepBatch& batch) const {
    at::Tensor mask = at::empty({to_signed(batch.size), 1, to_signed(batch.length)});
    padding_mask(batch, mask.data_ptr<float>());
    return on_device(mask);
  }

  at::Tensor item_leaf(std::span<const ItemRow> rows) const {
    at::Tensor leaf = at::empty({to_signed(rows.size()), to_signed(config_.dim + 1)});
    items_.read(rows, leaf.data_ptr<float>());
    return on_device(leaf).requires_grad_();
  }

  LossInput loss_input(const StepBatch& batch, std::span<const ItemRow> targets,
                       std::span<const SequenceExample> examples,
                       const Negatives& negatives) const {
    at::Tensor target_shift = at::empty({to_signed(targets.size())});
    at::Tensor weights = at::empty({to_signed(targets.size())});
    for (std::size_t i = 0; i < targets.size(); ++i) {
      target_shift.data_ptr<float>()[i] = -negatives.target_log_q[i];
      weights.data_ptr<float>()[i] = examples[i].weight;
    }
    return {.steps = steps(batch).requires_grad_(),
            .padding = padding(batch),
            .targets = item_leaf(targets),
            .negatives = item_leaf(negatives.rows),
            .target_shift = on_device(target_shift),
            .negative_shift = on_device(negative_shift(examples, negatives)),
            .weights = on_device(weights)};
  }

  /// Applies all gradients, or none when one of them or the loss is not finite.
  Result<float> update(const StepBatch& batch, std::span<const ItemRow> targets,
                       std::span<const ItemRow> negatives, const LossAndGradients& result) {
    const c10::NoGradGuard no_autograd;
    const float* steps = result.steps.data_ptr<float>();
    const std::array<RowGradients, 3> of_items{
        RowGradients{batch.items, steps, config_.dim},
        RowGradients{targets, result.targets.data_ptr<float>(), config_.dim + 1},
        RowGradients{negatives, result.negatives.data_ptr<float>(), config_.dim + 1}};
    const std::array<RowGradients, 3> of_context{RowGradients{batch.actions, steps, config_.dim},
                                                 RowGradients{batch.gaps, steps, config_.dim},
                                                 RowGradients{batch.positions, steps, config_.dim}};
    std::vector<RowGradients> of_conditions;
    for (const std::vector<ItemRow>& rows : batch.conditions)
      of_conditions.push_back({rows, steps, config_.dim});
    const bool finite = std::isfinite(result.loss) && items_.sum_gradients(of_items) &&
                        context_.sum_gradients(of_context) &&
                        conditions_.sum_gradients(of_conditions) &&
                        (result.dense * 0).sum().item<float>() == 0.0F;
    if (!finite) return error(ErrorCode::kInternal, "network: loss or gradient is not finite");
    const auto learning_rate = static_cast<float>(config_.learning_rate);
    items_.apply_gradients(learning_rate);
    context_.apply_gradients(learning_rate);
    conditions_.apply_gradients(learning_rate);
    model_.apply_gradient(result.dense, learning_rate);
    dense_changed_ = true;
    return result.loss / static_cast<float>(targets.size());
  }

  NetworkConfig config_;
  EmbeddingTable items_;
  EmbeddingTable context_;
  EmbeddingTable conditions_;
  TorchModel model_;
  std::unique_ptr<DeviceScan> scan_;  // Null on the CPU.
  bool dense_changed_ = false;
};

Result<std::string> TorchNetwork::save() {
  try {
    return write_checkpoint(config_, {items_, context_, conditions_}, model_.state());
  } catch (const std::exception& exception) {
    return library_failed("save", exception);
  }
}

Status TorchNetwork::load(const std::string& bytes) {
  DenseState dense;
  FRESHET_RETURN_IF_ERROR(read_checkpoint(bytes, config_, {items_, context_, conditions_}, dense));
  try {
    const c10::NoGradGuard no_autograd;
    model_.set_state(dense);
    dense_changed_ = true;
    return {};
  } catch (const std::exception& exception) {
    return library_failed("load", exception);
  }
}

}  // namespace

std::unique_ptr<Network> make_torch_network(const NetworkConfig& config, std::uint64_t seed) {
  return std::make_unique<TorchNetwork>(config, seed);
}

bool torch_has_cuda() { return at::hasCUDA(); }

void set_torch_threads(int count) {
  at::set_num_threads(count);
  // LibTorch does not pass its count on to an OpenBLAS with threads of its own.
  using SetThreads = void (*)(int);
  if (void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<SetThreads>(symbol)(count);
  }
}

}  // namespace freshet
