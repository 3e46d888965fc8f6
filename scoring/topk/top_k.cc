#include "scoring/topk/top_k.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "config/assert.h"
#include "scoring/topk/score_kernels.h"

namespace freshet {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

bool better(const ScoredRow& a, const ScoredRow& b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

/// The best `k` of a stream of rows that comes in ascending order. Keeps up to 2k + 64 and, when
/// full, drops all but the best k: amortised O(1) per offer. Confined to one thread.
class BestRows {
 public:
  void reset(std::size_t k) {
    k_ = k;
    threshold_ = k == 0 ? -kLowest : kLowest;
    rows_.clear();
    rows_.reserve(2 * k + 64);
  }

  /// Only larger scores can still enter: rows ascend, so an equal one loses its tie.
  float threshold() const { return threshold_; }

  void offer(ItemRow row, float score) {
    rows_.push_back({row, score});
    if (rows_.size() == 2 * k_ + 64) keep_best();
  }

  std::vector<ScoredRow> take() {
    keep_best();
    std::sort(rows_.begin(), rows_.end(), better);
    return std::move(rows_);
  }

 private:
  void keep_best() {
    if (rows_.size() < k_ || k_ == 0) return;
    const auto last = rows_.begin() + static_cast<std::ptrdiff_t>(k_) - 1;
    std::nth_element(rows_.begin(), last, rows_.end(), better);
    threshold_ = last->score;
    rows_.resize(k_);
  }

  std::size_t k_ = 0;
  float threshold_ = kLowest;
  std::vector<ScoredRow> rows_;
};

/// log(sum(exp(score))) of a stream by its running maximum (Milakov and Gimelshein, 2018).
class LogSumExp {
 public:
  /// Returns the shift for the next tile, whose largest score is `largest`.
  float shift_for(float largest) {
    if (largest > shift_) {
      if (sum_ > 0) sum_ *= std::exp(static_cast<double>(shift_) - largest);
      shift_ = largest;
    }
    return std::isfinite(shift_) ? shift_ : 0.0F;
  }
  void add(float exp_sum) { sum_ += exp_sum; }
  /// -infinity when nothing was added.
  float value() const {
    return std::isinf(shift_) ? shift_ : static_cast<float>(shift_ + std::log(sum_));
  }

 private:
  float shift_ = kLowest;
  double sum_ = 0;
};

/// One tile of consecutive items, padded to kTileRows.
struct ItemTile {
  std::size_t first_row = 0;
  const float* vectors = nullptr;
  const float* biases = nullptr;
  std::uint32_t left_out = 0;  ///< Bit i: row first_row + i is excluded or beyond the end.
};

/// Cuts the table into tiles, decoded; the last one is copied where its padding may be read.
class TileReader {
 public:
  TileReader(const ItemTableView& table, std::span<const std::uint64_t> excluded)
      : table_(table), excluded_(excluded) {}

  std::size_t count() const { return (table_.rows + kTileRows - 1) / kTileRows; }

  ItemTile read(std::size_t index) {
    static_assert(kTileRows == 32, "two tiles share a word of the bitmap");
    const std::size_t first = index * kTileRows;
    const std::size_t rows = std::min(kTileRows, table_.rows - first);
    ItemTile tile{
        .first_row = first, .vectors = vectors_of(first, rows), .biases = table_.biases + first};
    if (!excluded_.empty()) {
      tile.left_out = static_cast<std::uint32_t>(excluded_[first / 64] >> (first % 64));
    }
    if (rows < kTileRows) pad(rows, tile);
    return tile;
  }

 private:
  const float* vectors_of(std::size_t first, std::size_t rows) {
    if (table_.compressed == nullptr) return table_.vectors + first * table_.dim;
    decoded_.resize(kTileRows * table_.dim);
    table_.read(first, rows, decoded_.data());
    return decoded_.data();
  }

  void pad(std::size_t rows, ItemTile& tile) {
    last_.assign(kTileRows * (table_.dim + 1), 0.0F);
    float* biases = std::copy_n(tile.vectors, rows * table_.dim, last_.data()) +
                    static_cast<std::ptrdiff_t>((kTileRows - rows) * table_.dim);
    std::copy_n(tile.biases, rows, biases);
    tile.vectors = last_.data();
    tile.biases = biases;
    tile.left_out |= ~std::uint32_t{0} << rows;
  }

  ItemTableView table_;
  std::span<const std::uint64_t> excluded_;
  std::vector<float> last_;
  std::vector<float> decoded_;  // A tile of a compressed table: it stays in the cache.
};

/// Up to kTileLanes queries that are scored side by side.
struct QueryBlock {
  std::size_t lanes = 0;
  std::vector<float> transposed;  ///< [dim, kTileLanes], zero beyond `lanes`.
  std::array<BestRows, kTileLanes> best;
  std::array<LogSumExp, kTileLanes> log_sums;
};

QueryBlock make_block(std::span<const float> queries, std::size_t dim, std::size_t k) {
  QueryBlock block;
  block.lanes = queries.size() / dim;
  block.transposed.assign(dim * kTileLanes, 0.0F);
  for (std::size_t lane = 0; lane < block.lanes; ++lane) {
    for (std::size_t d = 0; d < dim; ++d) {
      block.transposed[d * kTileLanes + lane] = queries[lane * dim + d];
    }
    block.best[lane].reset(k);
  }
  return block;
}

/// Scores of one tile for one block, the filter and the sums over them.
class TileScan {
 public:
  TileScan(const ScoreKernels& kernels, std::size_t dim, bool with_log_sum)
      : kernels_(kernels), dim_(dim), with_log_sum_(with_log_sum) {}

  void scan(const ItemTile& tile, QueryBlock& block) {
    kernels_.score(tile.vectors, tile.biases, block.transposed.data(), dim_, block.lanes,
                   scores_.data());
    for (std::uint32_t bits = tile.left_out; bits != 0; bits &= bits - 1) {
      std::fill_n(row_scores(static_cast<std::size_t>(std::countr_zero(bits))), kTileLanes,
                  kLowest);
    }
    kernels_.reduce(scores_.data(), maxima_.data());
    for (std::size_t lane = 0; lane < block.lanes; ++lane) {
      if (maxima_[lane] > block.best[lane].threshold()) offer_lane(tile, lane, block.best[lane]);
    }
    if (with_log_sum_) add_log_sums(block);
  }
  /// Of the tile and the block scanned last: [kTileLanes].
  const float* maxima() const { return maxima_.data(); }

 private:
  float* row_scores(std::size_t i) { return scores_.data() + i * kTileLanes; }

  void offer_lane(const ItemTile& tile, std::size_t lane, BestRows& best) {
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const float score = row_scores(i)[lane];
      if (score > best.threshold()) best.offer(static_cast<ItemRow>(tile.first_row + i), score);
    }
  }

  void add_log_sums(QueryBlock& block) {
    std::array<float, kTileLanes> shifts{};
    std::array<float, kTileLanes> sums;
    for (std::size_t lane = 0; lane < block.lanes; ++lane) {
      shifts[lane] = block.log_sums[lane].shift_for(maxima_[lane]);
    }
    kernels_.exp_sum(scores_.data(), shifts.data(), sums.data());
    for (std::size_t lane = 0; lane < block.lanes; ++lane) {
      if (maxima_[lane] > kLowest) block.log_sums[lane].add(sums[lane]);
    }
  }

  const ScoreKernels& kernels_;
  std::size_t dim_;
  bool with_log_sum_;
  alignas(64) std::array<float, kTileRows * kTileLanes> scores_{};
  alignas(64) std::array<float, kTileLanes> maxima_{};
};

std::vector<QueryBlock> make_blocks(std::span<const float> queries, std::size_t dim,
                                    std::size_t k) {
  std::vector<QueryBlock> blocks;
  const std::size_t step = kTileLanes * dim;
  for (std::size_t begin = 0; begin < queries.size(); begin += step) {
    blocks.push_back(
        make_block(queries.subspan(begin, std::min(step, queries.size() - begin)), dim, k));
  }
  return blocks;
}

}  // namespace

std::vector<std::vector<ScoredRow>> top_k(const ItemTableView& table,
                                          std::span<const float> queries, std::size_t k,
                                          std::span<const std::uint64_t> excluded,
                                          std::vector<float>* log_sum_exp) {
  if (log_sum_exp) log_sum_exp->clear();
  if (queries.empty()) return {};
  FRESHET_ASSERT(table.dim > 0 && queries.size() % table.dim == 0, "queries are [n, dim]");
  FRESHET_ASSERT(excluded.empty() || excluded.size() * 64 >= table.rows, "bitmap is too short");
  auto blocks = make_blocks(queries, table.dim, std::min(k, table.rows));
  TileReader tiles(table, excluded);
  TileScan scan(supported_score_kernels().back(), table.dim, log_sum_exp != nullptr);
  for (std::size_t index = 0; index < tiles.count(); ++index) {
    const ItemTile tile = tiles.read(index);
    for (QueryBlock& block : blocks) scan.scan(tile, block);
  }
  std::vector<std::vector<ScoredRow>> best;
  for (QueryBlock& block : blocks) {
    for (std::size_t lane = 0; lane < block.lanes; ++lane) {
      best.push_back(block.best[lane].take());
      if (log_sum_exp) log_sum_exp->push_back(block.log_sums[lane].value());
    }
  }
  return best;
}

std::vector<float> tile_maxima(const ItemTableView& table, std::span<const float> queries,
                               std::vector<float>* log_sum_exp) {
  auto blocks = make_blocks(queries, table.dim, 0);
  TileReader tiles(table, {});
  TileScan scan(supported_score_kernels().back(), table.dim, log_sum_exp != nullptr);
  std::vector<float> maxima(queries.size() / table.dim * tiles.count());
  for (std::size_t index = 0; index < tiles.count(); ++index) {
    const ItemTile tile = tiles.read(index);
    float* out = maxima.data() + index;
    for (QueryBlock& block : blocks) {
      scan.scan(tile, block);
      for (std::size_t lane = 0; lane < block.lanes; ++lane, out += tiles.count())
        *out = scan.maxima()[lane];
    }
  }
  if (log_sum_exp == nullptr) return maxima;
  log_sum_exp->clear();
  for (const QueryBlock& block : blocks)
    for (std::size_t lane = 0; lane < block.lanes; ++lane)
      log_sum_exp->push_back(block.log_sums[lane].value());
  return maxima;
}

}  // namespace freshet
