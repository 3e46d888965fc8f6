#include "scoring/content/torch_encoder.h"

#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

#include "scoring/content/vocabulary.h"
#include "scoring/network/torch_network.h"

namespace freshet {
namespace {

constexpr std::size_t kBatchMax = 64;
constexpr const char* kFileKey = "scoring.content.encoder.file: ";

std::int64_t to_signed(std::size_t size) { return static_cast<std::int64_t>(size); }

std::string reason_of(const std::exception& exception) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&exception);
  const std::string text = torch_error ? torch_error->what_without_backtrace() : exception.what();
  return text.substr(0, text.find('\n'));
}

std::string text_of(const ItemUpdate& item) {
  std::string text = item.title;
  for (const std::string& level : item.category) text += " " + level;
  text += " " + item.brand;
  for (const std::string& tag : item.tags) text += " " + tag;
  return text;
}

/// Scales to length 1; empty if there is no such vector.
std::vector<float> unit_vector(const float* values, std::size_t dim) {
  double square = 0;
  for (std::size_t k = 0; k < dim; ++k) square += double{values[k]} * values[k];
  if (!std::isfinite(square) || square == 0) return {};
  std::vector<float> unit(values, values + dim);
  for (float& value : unit) value = static_cast<float>(value / std::sqrt(square));
  return unit;
}

class TorchEncoder final : public ItemEncoder {
 public:
  TorchEncoder(const EncoderConfig& config, std::size_t embedding_dim,
               std::optional<Vocabulary> vocabulary)
      : config_(config), embedding_dim_(embedding_dim), vocabulary_(std::move(vocabulary)) {}

  /// Loads the module and has it encode two made-up items.
  Status open() {
    try {
      module_ = torch::jit::load(config_.file, torch::kCPU);
      module_.eval();
      const std::vector<std::vector<std::int64_t>> ids(2, {0});
      const std::vector<float> zeros(embedding_dim_, 0.0F);
      const std::vector<const float*> embeddings(2, zeros.data());
      const at::Tensor result = forward(vocabulary_ ? text_inputs(ids) : dense_inputs(embeddings));
      if (const auto problem = problem_of(result, 2))
        return error(ErrorCode::kInvalidConfig, kFileKey + config_.file + " " + *problem);
      return {};
    } catch (const std::exception& exception) {
      return error(ErrorCode::kInvalidConfig,
                   kFileKey + config_.file + " cannot be loaded or run: " + reason_of(exception));
    }
  }

  std::vector<std::vector<float>> encode(std::span<const ItemUpdate> updates) override {
    std::vector<std::vector<float>> vectors(updates.size());
    for (std::size_t k = 0; k < updates.size(); k += kBatchMax)
      encode_batch(updates.subspan(k, std::min(kBatchMax, updates.size() - k)), &vectors[k]);
    return vectors;
  }

  std::uint64_t failures() const override { return failures_; }
  const std::string& newest_failure() const override { return newest_failure_; }

 private:
  /// Fills vectors[0 .. updates.size()).
  void encode_batch(std::span<const ItemUpdate> updates, std::vector<float>* vectors) {
    std::vector<std::vector<std::int64_t>> ids;
    std::vector<const float*> embeddings;
    std::vector<std::size_t> places;
    for (std::size_t k = 0; k < updates.size(); ++k) {
      if (vocabulary_) {
        auto tokens = vocabulary_->ids_of(text_of(updates[k]), config_.tokens_max);
        if (tokens.empty()) continue;
        ids.push_back(std::move(tokens));
      } else {
        if (updates[k].embedding.size() != embedding_dim_) continue;
        embeddings.push_back(updates[k].embedding.data());
      }
      places.push_back(k);
    }
    if (places.empty()) return;
    try {
      const at::Tensor result = forward(vocabulary_ ? text_inputs(ids) : dense_inputs(embeddings));
      if (const auto problem = problem_of(result, places.size()))
        throw std::runtime_error(*problem);
      const float* values = result.data_ptr<float>();
      for (std::size_t i = 0; i < places.size(); ++i, values += config_.dim) {
        vectors[places[i]] = unit_vector(values, config_.dim);
        if (vectors[places[i]].empty()) fail(updates[places[i]], "gives no finite vector");
      }
    } catch (const std::exception& exception) {
      encode_singly(updates, reason_of(exception), vectors);
    }
  }

  /// One item that the module cannot take does not cost the others theirs.
  void encode_singly(std::span<const ItemUpdate> updates, const std::string& why,
                     std::vector<float>* vectors) {
    if (updates.size() == 1) return fail(updates[0], why);
    for (std::size_t k = 0; k < updates.size(); ++k)
      encode_batch(updates.subspan(k, 1), vectors + k);
  }

  void fail(const ItemUpdate& item, const std::string& why) {
    ++failures_;
    newest_failure_ = "item " + item.name + ": " + config_.file + ": " + why;
  }

  std::vector<torch::jit::IValue> text_inputs(
      const std::vector<std::vector<std::int64_t>>& ids) const {
    std::size_t length = 0;
    for (const auto& tokens : ids) length = std::max(length, tokens.size());
    const std::vector<std::int64_t> shape{to_signed(ids.size()), to_signed(length)};
    at::Tensor tokens = at::full(shape, vocabulary_->padding(), at::kLong);
    at::Tensor mask = at::zeros(shape);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::copy(ids[i].begin(), ids[i].end(), tokens.data_ptr<std::int64_t>() + i * length);
      std::fill_n(mask.data_ptr<float>() + i * length, ids[i].size(), 1.0F);
    }
    return {tokens, mask};
  }

  std::vector<torch::jit::IValue> dense_inputs(const std::vector<const float*>& embeddings) const {
    at::Tensor dense = at::empty({to_signed(embeddings.size()), to_signed(embedding_dim_)});
    float* to = dense.data_ptr<float>();
    for (const float* embedding : embeddings) to = std::copy_n(embedding, embedding_dim_, to);
    return {dense};
  }

  at::Tensor forward(std::vector<torch::jit::IValue> inputs) {
    const c10::InferenceMode no_autograd;
    const torch::jit::IValue result = module_.forward(std::move(inputs));
    if (!result.isTensor()) throw std::runtime_error("gives no tensor");
    return result.toTensor().to(at::kCPU, at::kFloat).contiguous();
  }

  std::optional<std::string> problem_of(const at::Tensor& result, std::size_t items) const {
    const std::vector<std::int64_t> expected{to_signed(items), to_signed(config_.dim)};
    if (result.sizes() == at::IntArrayRef(expected)) return std::nullopt;
    std::ostringstream text;
    text << "gives a tensor of shape " << result.sizes() << " where " << at::IntArrayRef(expected)
         << " is expected: set scoring.content.encoder.dim, or give one row per item";
    return text.str();
  }

  const EncoderConfig config_;
  const std::size_t embedding_dim_;
  const std::optional<Vocabulary> vocabulary_;
  torch::jit::Module module_;
  std::uint64_t failures_ = 0;
  std::string newest_failure_;
};

}  // namespace

Result<std::unique_ptr<ItemEncoder>> open_torch_encoder(const EncoderConfig& config,
                                                        std::size_t embedding_dim) {
  std::optional<Vocabulary> vocabulary;
  if (config.input == "text") {
    auto read = Vocabulary::read(config.vocabulary);
    if (!read) return tl::unexpected(read.error());
    vocabulary = std::move(*read);
  }
  set_torch_threads(1);
  auto encoder = std::make_unique<TorchEncoder>(config, embedding_dim, std::move(vocabulary));
  FRESHET_RETURN_IF_ERROR(encoder->open());
  return encoder;
}

}  // namespace freshet
