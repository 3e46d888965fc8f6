#pragma once

#include <span>
#include <vector>

#include "scoring/experts/expert.h"
#include "scoring/network/network.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// The sequence network's softmax over the whole catalogue. Queries are computed for a whole batch
/// of contexts at once; then each context is prepared by its `batch_index`.
class NetworkExpert final : public Expert {
 public:
  /// `network` may be null (then the expert has no opinion) and must outlive the expert.
  explicit NetworkExpert(Network* network) : network_(network) {}

  /// Computes the queries and best rows of all `contexts`; `count` as for candidates. A network
  /// that fails or gives NaN leaves `failed()` true, and the expert without opinion.
  void start_batch(std::span<const Context* const> contexts, std::size_t count,
                   std::span<const std::uint64_t> unavailable);

  /// The network could not answer for the context prepared last.
  bool failed() const { return failed_; }

  /// False when it has no opinion on the context prepared last.
  bool awake() const { return query_ != nullptr; }

  /// Item side of the score; empty without a network.
  const ItemTableView& table() const { return table_; }

  Source source() const override { return Source::kNetwork; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;
  ItemRow because_of(ItemRow) const override { return newest_; }

 private:
  Network* network_;
  ItemTableView table_;
  std::vector<float> queries_;                // [batch, dim]
  std::vector<std::vector<ScoredRow>> best_;  // [batch] score = logit
  std::vector<float> log_sum_exp_;            // [batch]
  std::vector<std::size_t> place_;            // [batch] index into the three above; or npos.
  const float* query_ = nullptr;              // Of the prepared context; null = no opinion.
  std::size_t at_ = 0;
  bool batch_failed_ = false;
  bool failed_ = false;
  ItemRow newest_ = kNoRow;
  mutable std::vector<float> buffer_;  // [dim]
};

}  // namespace freshet
