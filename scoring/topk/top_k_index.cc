#include "scoring/topk/top_k_index.h"

#include <algorithm>

#include "config/assert.h"
#include "scoring/topk/code_search.h"

namespace freshet {
namespace {

/// In float32, one query after the other, for each has rows of its own left out.
std::vector<std::vector<ScoredRow>> top_k_each(const ItemTableView& table,
                                               const TopKRequest& request,
                                               std::vector<float>* log_sum_exp) {
  std::vector<std::vector<ScoredRow>> lists;
  for (std::size_t i = 0; i * table.dim < request.queries.size(); ++i) {
    std::vector<std::uint64_t> excluded((table.rows + 63) / 64);
    for (std::size_t word = 0; word < excluded.size(); ++word) {
      if (!request.excluded.empty()) excluded[word] |= request.excluded[word];
      if (!request.own_excluded[i].empty()) excluded[word] |= request.own_excluded[i][word];
    }
    std::vector<float> sum;
    const auto query = request.queries.subspan(i * table.dim, table.dim);
    lists.push_back(std::move(top_k(table, query, request.k, excluded, &sum).front()));
    if (log_sum_exp != nullptr) log_sum_exp->push_back(sum.front());
  }
  return lists;
}

}  // namespace

TopKIndex::TopKIndex(const Options& options)
    : kernels_(options.kernels != nullptr ? *options.kernels : supported_scan_kernels().back()),
      rows_min_(options.kernels != nullptr || kernels_.fast ? options.rows_min : ~std::size_t{0}) {}

void TopKIndex::follow(const ItemTableView& table) {
  const bool known =
      table.stamps != nullptr && table.stamps == stamps_ && table.rows >= tiles_.rows();
  const RowStamps::Time seen = seen_;
  stamps_ = table.stamps;
  seen_ = table.stamps != nullptr ? table.stamps->now() : 0;
  if (table.rows < rows_min_ || table.stamps == nullptr) return tiles_.clear();
  if (!known || tiles_.rows() == 0) return tiles_.build(table);
  changed_.clear();
  bool new_bias = false;
  table.stamps->for_each_after(seen, [&](std::size_t row) {
    if (row < tiles_.rows()) changed_.push_back(static_cast<ItemRow>(row));
    new_bias = new_bias || (tiles_.bias_unit() == 0 && table.biases[row] != 0);
  });
  const bool most = 2 * (changed_.size() + table.rows - tiles_.rows()) > table.rows;
  if (most || new_bias) return tiles_.build(table);
  tiles_.update(table, changed_);
  tiles_.append(table);
  tiles_.tidy(table, kTidyPairs, kTidyMerges);
}

std::vector<std::vector<ScoredRow>> TopKIndex::search(const ItemTableView& table,
                                                      const TopKRequest& request,
                                                      std::vector<float>* log_sum_exp) const {
  if (log_sum_exp != nullptr) log_sum_exp->clear();
  if (request.queries.empty()) return {};
  const bool by_codes = uses_codes() && request.k > 0;
  if (!by_codes && !request.own_excluded.empty()) return top_k_each(table, request, log_sum_exp);
  if (!by_codes) return top_k(table, request.queries, request.k, request.excluded, log_sum_exp);
  FRESHET_ASSERT(table.rows == tiles_.rows(), "the table was followed");
  TopKRequest bounded = request;
  bounded.k = std::min(request.k, table.rows);
  return CodeSearch(tiles_, table, kernels_, bounded).run(log_sum_exp);
}

}  // namespace freshet
