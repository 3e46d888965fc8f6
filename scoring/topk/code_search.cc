#include "scoring/topk/code_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scoring/topk/row_kernels.h"

namespace freshet {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();
/// Thresholds are raised after 1, 2, 4, 8, … tiles, and no more than these apart.
constexpr std::size_t kTilesBetweenMax = 192;

/// Which of the best of a sample to take for a threshold that at least k of all rows reach, but for
/// one query in some hundreds: k · share of them are expected, with that root of deviation.
std::size_t place_in_sample(std::size_t k, std::size_t sample, std::size_t all) {
  const double expected =
      static_cast<double>(k) * static_cast<double>(sample) / static_cast<double>(all);
  return static_cast<std::size_t>(std::ceil(expected + 2.5 * std::sqrt(expected) + 2));
}

/// Lanes of the next group where so many queries are left.
std::size_t lanes_for(std::size_t queries) { return queries > 48 ? 64 : queries > 16 ? 32 : 16; }

std::size_t lanes_of(std::size_t queries) {
  std::size_t lanes = 0;
  while (queries > 0) {
    const std::size_t next = lanes_for(queries);
    lanes += next;
    queries -= std::min(queries, next);
  }
  return lanes;
}

}  // namespace

CodeSearch::CodeSearch(const CodeTiles& tiles, const ItemTableView& table,
                       const ScanKernels& kernels, const TopKRequest& request)
    : tiles_(tiles),
      table_(table),
      kernels_(kernels),
      request_(request),
      sample_(table, request.excluded),
      count_(request.queries.size() / table.dim),
      packs_(8 * sample_.passing() < 7 * table.rows),
      hits_(std::make_unique_for_overwrite<ScanHit[]>(kScanRows * kScanLanes)) {
  norms_from_.resize(tiles.tile_count());
  float norm = 0;
  for (std::size_t tile = tiles.tile_count(); tile-- > 0;)
    norms_from_[tile] = norm = std::max(norm, tiles.bounds(tile).norm);
  if (packs_) packed_.resize(kScanRows * tiles.width());
}

CodeSearch::Lists CodeSearch::run(std::vector<float>* log_sum_exp) {
  std::vector<float> sampled_sums;
  if (sample_.has_all() && request_.own_excluded.empty()) return search_sample(log_sum_exp);
  seed(log_sum_exp != nullptr ? &sampled_sums : nullptr);
  start();
  std::vector<ScanQuery*> live;
  for (ScanQuery& query : queries_) live.push_back(&query);
  scan(live);
  Lists lists(count_);
  live.clear();
  for (ScanQuery& query : queries_) {
    std::vector<ScoredRow>& best = lists[query.index];
    best = best_of(query);
    const float seed = seeds_[query.index];
    if (seed == kLowest || (best.size() == request_.k && best.back().score >= seed)) continue;
    query.found.reset(request_.k, kLowest);
    live.push_back(&query);
  }
  scan(live);
  for (ScanQuery* query : live) lists[query->index] = best_of(*query);
  if (log_sum_exp == nullptr) return lists;
  log_sum_exp->resize(count_);
  for (std::size_t i = 0; i < count_; ++i) (*log_sum_exp)[i] = log_sum(lists[i], sampled_sums[i]);
  return lists;
}

/// All that is asked for, of a sample that has all rows.
CodeSearch::Lists CodeSearch::search_sample(std::vector<float>* log_sum_exp) const {
  Lists lists = top_k(sample_.view(), request_.queries, request_.k, {}, log_sum_exp);
  for (auto& list : lists)
    for (ScoredRow& entry : list) entry.row = sample_.rows()[entry.row];
  return lists;
}

/// Sets seeds_ to what the sample suggests, or to -infinity where it is too small for that.
void CodeSearch::seed(std::vector<float>* log_sum_exp) {
  const std::vector<float> maxima = tile_maxima(sample_.view(), request_.queries, log_sum_exp);
  const std::size_t place = place_in_sample(request_.k, sample_.rows().size(), sample_.passing());
  const std::size_t tiles = maxima.size() / count_;
  seeds_.assign(count_, kLowest);
  if (2 * place > tiles) return;
  for (std::size_t index = 0; index < count_; ++index)
    seeds_[index] = kth_largest_bound(std::span(maxima).subspan(index * tiles, tiles), place);
}

void CodeSearch::start() {
  queries_.reserve(count_);
  for (std::size_t index = 0; index < count_; ++index) {
    const auto query = request_.queries.subspan(index * table_.dim, table_.dim);
    if (!std::all_of(query.begin(), query.end(), [](float x) { return std::isfinite(x); }))
      continue;
    ScanQuery& encoded = queries_.emplace_back();
    encoded.index = index;
    if (!request_.own_excluded.empty()) encoded.excluded = request_.own_excluded[index];
    encode_query(query, tiles_, kernels_.query_code_max, encoded);
    encoded.found.reset(request_.k, std::max(seeds_[index], reached_before(index)));
  }
  // Those that can stop first side by side.
  std::sort(queries_.begin(), queries_.end(), [](const ScanQuery& a, const ScanQuery& b) {
    const float first = a.found.threshold() * b.norm, second = b.found.threshold() * a.norm;
    return first != second ? first > second : a.index < b.index;
  });
}

/// The k-th best of an earlier result's rows, as they score now, or -infinity.
float CodeSearch::reached_before(std::size_t query) {
  if (request_.previous.empty()) return kLowest;
  std::vector<ItemRow> rows;
  for (const ItemRow row : request_.previous[query]) {
    const bool out = row >= table_.rows || is_set(request_.excluded, row) ||
                     (!request_.own_excluded.empty() && is_set(request_.own_excluded[query], row));
    if (!out) rows.push_back(row);
  }
  std::vector<float> scores(rows.size());
  score(query, rows, scores.data());
  std::erase_if(scores, [](float x) { return !std::isfinite(x); });
  return kth_largest_bound(scores, request_.k);
}

void CodeSearch::scan(std::vector<ScanQuery*> live) {
  std::vector<ScanGroup> groups = groups_of(live);
  std::size_t check = 1;
  for (std::size_t at = 0; at < tiles_.tile_count() && !live.empty(); ++at) {
    if (at == check) {
      check += std::min(at, kTilesBetweenMax);
      const std::size_t lanes = lanes_of(live.size());
      std::erase_if(live, [&](ScanQuery* query) {
        query->found.raise_if_grown();
        return query->beyond(norms_from_[at]);
      });
      if (lanes_of(live.size()) < lanes) groups = groups_of(live);
      for (ScanGroup& group : groups) group.take_thresholds();
    }
    ScanGroup::Tile tile;
    for (ScanGroup& group : groups) {
      if (!group.wants(tiles_.bounds(at).norm)) continue;
      if (tile.codes.codes == nullptr) tile = tile_at(at);
      group.scan(tile, kernels_, request_.margin, hits_.get());
    }
  }
}

std::vector<ScanGroup> CodeSearch::groups_of(std::span<ScanQuery* const> live) const {
  std::vector<ScanGroup> groups;
  while (!live.empty()) {
    const std::size_t count = std::min(live.size(), lanes_for(live.size()));
    groups.emplace_back(live.first(count), tiles_.width());
    live = live.subspan(count);
  }
  return groups;
}

ScanGroup::Tile CodeSearch::tile_at(std::size_t index) {
  ScanGroup::Tile tile{.codes = tiles_.tile(index),
                       .bounds = tiles_.bounds(index),
                       .rows = tiles_.rows_in(index),
                       .excluded = request_.excluded};
  if (!packs_) return tile;
  packed_rows_.clear();
  const std::size_t width = tiles_.width();
  for (std::size_t i = 0; i < tile.rows.size(); ++i) {
    const ItemRow row = tile.rows[i];
    if (row == CodeTiles::kNoRow || is_set(request_.excluded, row)) continue;
    std::copy_n(tile.codes.codes + i * width, width, packed_.data() + packed_rows_.size() * width);
    packed_rows_.push_back(row);
  }
  return {.codes = {packed_.data(), packed_rows_.size(), width},
          .bounds = tile.bounds,
          .rows = packed_rows_,
          .excluded = {}};
}

/// Scores what was found in float32: first the rows that are surely among the best, then those that
/// may be better than the k-th of them.
std::vector<ScoredRow> CodeSearch::best_of(ScanQuery& query) {
  query.found.raise();
  const auto found = query.found.rows();
  const auto lows = query.found.lows(), highs = query.found.highs();
  const float threshold = query.found.threshold();
  rows_.resize(found.size() + 1);
  scores_.resize(found.size() + 1);
  std::size_t sure = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    rows_[sure] = found[i];
    sure += lows[i] >= threshold ? 1 : 0;
  }
  const auto scored = [&](std::size_t n) { return std::span<const float>(scores_).first(n); };
  score(query.index, std::span(rows_).first(sure), scores_.data());
  float least = std::max(threshold, kth_largest_bound(scored(sure), request_.k));
  std::size_t count = sure;
  for (std::size_t i = 0; i < found.size(); ++i) {
    rows_[count] = found[i];
    const bool in_doubt = (lows[i] < threshold) & (highs[i] >= least);
    count += in_doubt ? 1 : 0;
  }
  score(query.index, std::span(rows_).subspan(sure, count - sure), scores_.data() + sure);
  least = std::max(least, kth_largest_bound(scored(count), request_.k));
  return ordered(count, least);
}

/// The k best of the first `count` of rows_ and scores_ that reach `least`, best first, ties by
/// smaller row. Ranks are counted, which beats sorting where there are hundreds.
std::vector<ScoredRow> CodeSearch::ordered(std::size_t count, float least) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float score = scores_[i];
    rows_[kept] = rows_[i];
    scores_[kept] = score;
    kept += (score >= least) & (score > kLowest) ? 1 : 0;
  }
  ranks_.resize(kept);
  row_kernels().rank(scores_.data(), kept, ranks_.data());
  std::vector<ScoredRow> best(kept, {CodeTiles::kNoRow, 0});
  for (std::size_t i = 0; i < kept; ++i) best[ranks_[i] - 1] = {rows_[i], scores_[i]};
  const bool has_ties = std::any_of(best.begin(), best.end(), [](const ScoredRow& entry) {
    return entry.row == CodeTiles::kNoRow;
  });
  if (has_ties) {
    for (std::size_t i = 0; i < kept; ++i) best[i] = {rows_[i], scores_[i]};
    std::sort(best.begin(), best.end(), [](const ScoredRow& a, const ScoredRow& b) {
      return a.score != b.score ? a.score > b.score : a.row < b.row;
    });
  }
  best.resize(std::min(kept, request_.k));
  return best;
}

void CodeSearch::score(std::size_t query, std::span<const ItemRow> rows, float* scores) {
  const float* values = request_.queries.data() + query * table_.dim;
  vectors_.resize(rows.size());
  if (table_.compressed != nullptr) decoded_.resize(rows.size() * table_.dim);
  for (std::size_t i = 0; i < rows.size(); ++i)
    vectors_[i] = table_.vector(rows[i], decoded_.data() + (decoded_.empty() ? 0 : i * table_.dim));
  row_kernels().dots(values, table_.dim, vectors_.data(), rows.size(), scores);
  for (std::size_t i = 0; i < rows.size(); ++i) scores[i] += table_.biases[rows[i]];
}

/// log of the sum over the best rows and, for all others, over those of the sample that are not
/// among them, each for its share: the head exactly, the tail by sampling (Mussmann, Levy and
/// Ermon, "Fast amortized inference and learning in log-linear models", UAI 2017).
float CodeSearch::log_sum(std::span<const ScoredRow> best, float sampled) const {
  if (best.empty()) return sampled;
  const double shift = std::max(best.front().score, sampled);
  double head = 0, tail = std::exp(sampled - shift);
  std::size_t in_sample = 0;
  for (const ScoredRow& entry : best) {
    const double term = std::exp(entry.score - shift);
    head += term;
    if (!sample_.holds(entry.row)) continue;
    tail -= term;
    ++in_sample;
  }
  const std::size_t others = sample_.rows().size() - in_sample;
  if (others > 0 && tail > 0)
    head +=
        tail * static_cast<double>(sample_.passing() - best.size()) / static_cast<double>(others);
  return static_cast<float>(shift + std::log(head));
}

}  // namespace freshet
