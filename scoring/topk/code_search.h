#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "scoring/network/aligned_floats.h"
#include "scoring/topk/code_tiles.h"
#include "scoring/topk/row_sample.h"
#include "scoring/topk/scan_query.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// One batch's search over codes. Tiles are scanned from the largest norm on, each for all queries
/// side by side, until no query can gain; what comes through is scored again in float32.
///
/// A query starts with the threshold that a sample of rows suggests. Too high a guess shows at the
/// end, when fewer than k rows reach it; that query is scanned again without.
class CodeSearch {
 public:
  /// All of it must outlive the search; `request.k` >= 1.
  CodeSearch(const CodeTiles& tiles, const ItemTableView& table, const ScanKernels& kernels,
             const TopKRequest& request);

  /// As top_k().
  std::vector<std::vector<ScoredRow>> run(std::vector<float>* log_sum_exp);

 private:
  using Lists = std::vector<std::vector<ScoredRow>>;

  Lists search_sample(std::vector<float>* log_sum_exp) const;
  void seed(std::vector<float>* log_sum_exp);
  void start();
  float reached_before(std::size_t query);
  void scan(std::vector<ScanQuery*> live);
  std::vector<ScanGroup> groups_of(std::span<ScanQuery* const> live) const;
  ScanGroup::Tile tile_at(std::size_t tile);
  std::vector<ScoredRow> best_of(ScanQuery& query);
  std::vector<ScoredRow> ordered(std::size_t count, float least);
  void score(std::size_t query, std::span<const ItemRow> rows, float* scores);
  float log_sum(std::span<const ScoredRow> best, float sampled) const;

  const CodeTiles& tiles_;
  const ItemTableView& table_;
  const ScanKernels& kernels_;
  const TopKRequest& request_;
  const RowSample sample_;
  const std::size_t count_;        // Of queries.
  const bool packs_;               // Excluded rows are many: tiles are copied without them.
  std::vector<float> norms_from_;  // [tiles] the largest norm of the tile and those behind it.
  std::vector<ScanQuery> queries_;
  std::vector<float> seeds_;  // [queries]
  std::vector<std::uint8_t, AlignedAllocator<std::uint8_t>> packed_;
  std::vector<ItemRow> packed_rows_;
  std::unique_ptr<ScanHit[]> hits_;
  // Scratch of one query's end.
  std::vector<ItemRow> rows_;
  std::vector<float> scores_, decoded_;
  std::vector<std::uint32_t> ranks_;
  std::vector<const float*> vectors_;
};

}  // namespace freshet
