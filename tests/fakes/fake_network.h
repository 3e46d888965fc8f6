#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// A network of one idea: after a row comes the row that was trained last to follow it. Item
/// vectors are fixed directions on a circle; a query is the direction of the row to come.
class FakeNetwork : public Network {
 public:
  /// Levers.
  struct Levers {
    bool gives_nan = false;   ///< Queries are NaN.
    bool fails = false;       ///< Queries are an error.
    std::size_t trained = 0;  ///< Examples seen.
  };

  explicit FakeNetwork(Levers* levers) : levers_(levers) {}

  void grow(std::size_t rows) override {
    while (next_.size() < rows) {
      const auto angle = 2.4F * static_cast<float>(next_.size());
      vectors_.push_back(kSharpness * std::cos(angle));
      vectors_.push_back(kSharpness * std::sin(angle));
      biases_.push_back(0);
      next_.push_back(static_cast<ItemRow>(next_.size()));
    }
  }

  void reset(std::span<const ItemRow> rows) override {
    for (const ItemRow row : rows) {
      next_[row] = row;
      changed_.push_back(row);
    }
  }

  void truncate(std::size_t rows) override {
    if (rows >= next_.size()) return;
    next_.resize(rows);
    biases_.resize(rows);
    vectors_.resize(2 * rows);
    std::erase_if(changed_, [rows](ItemRow row) { return row >= rows; });
  }

  Result<std::vector<float>> queries(std::span<const Sequence> sequences) override {
    if (levers_->fails) return error(ErrorCode::kInternal, "the fake network was told to fail");
    std::vector<float> queries;
    for (const Sequence& sequence : sequences) {
      const ItemRow row = next_[sequence.steps.back().row];
      const float scale = levers_->gives_nan ? std::numeric_limits<float>::quiet_NaN() : 1;
      queries.push_back(scale * vectors_[2 * row]);
      queries.push_back(scale * vectors_[2 * row + 1]);
    }
    return queries;
  }

  Result<float> train(std::span<const SequenceExample> examples, const Negatives&) override {
    for (const SequenceExample& example : examples) {
      next_[example.sequence.steps.back().row] = example.target;
      changed_.push_back(example.sequence.steps.back().row);
    }
    levers_->trained += examples.size();
    return 1.0F;
  }

  NetworkDelta take_changes() override {
    NetworkDelta delta;
    delta.row_count = next_.size();
    delta.rows = std::exchange(changed_, {});
    for (const ItemRow row : delta.rows) delta.row_values.push_back(static_cast<float>(next_[row]));
    return delta;
  }

  void apply(const NetworkDelta& delta) override {
    for (std::size_t k = 0; k < delta.rows.size(); ++k)
      next_[delta.rows[k]] = static_cast<ItemRow>(delta.row_values[k]);
  }

  ItemTableView item_table() const override {
    return {.vectors = vectors_.data(), .biases = biases_.data(), .rows = next_.size(), .dim = 2};
  }

  void compress(TableFormat) override {}

  Result<std::string> save() override {
    return std::string(reinterpret_cast<const char*>(next_.data()), next_.size() * sizeof(ItemRow));
  }

  Status load(const std::string& bytes) override {
    const auto* rows = reinterpret_cast<const ItemRow*>(bytes.data());
    grow(bytes.size() / sizeof(ItemRow));
    next_.assign(rows, rows + bytes.size() / sizeof(ItemRow));
    for (std::size_t row = 0; row < next_.size(); ++row)
      changed_.push_back(static_cast<ItemRow>(row));
    return {};
  }

 private:
  static constexpr float kSharpness = 3;

  Levers* levers_;
  std::vector<float> vectors_;
  std::vector<float> biases_;
  std::vector<ItemRow> next_;
  std::vector<ItemRow> changed_;
};

}  // namespace freshet
