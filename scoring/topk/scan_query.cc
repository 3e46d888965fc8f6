#include "scoring/topk/scan_query.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "config/assert.h"

namespace freshet {
namespace {

constexpr float kRoundUp = 1 + 1e-4F;
/// Half of five: both the row's error and the k-th best one's are allowed for.
constexpr float kDeviations = 2.5F;
/// No dot product of codes comes near; a lane with this threshold finds nothing.
constexpr std::int32_t kNever = 1 << 30;

/// Where there are biases, their unit is a whole number of steps: it is the same for all rows, so
/// that its rounding would shift scores.
float scale_of(float largest, float bias_unit, float code_max) {
  if (!(largest > 0)) return 1;
  const float scale = largest / code_max;
  const float steps = std::floor(bias_unit / scale);
  return steps >= 8 ? bias_unit / steps : scale;
}

}  // namespace

void encode_query(std::span<const float> query, const CodeTiles& tiles, int code_max,
                  ScanQuery& encoded) {
  std::vector<float> values(query.begin(), query.end());
  values.resize(tiles.width());
  if (tiles.bias_unit() > 0) values[query.size()] = tiles.bias_unit();
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  encoded.scale = scale_of(largest, tiles.bias_unit(), static_cast<float>(code_max));
  encoded.codes.resize(tiles.width());
  double square = 0, residual = 0;
  std::int32_t sum = 0;
  for (std::size_t d = 0; d < values.size(); ++d) {
    const long code = std::clamp<long>(std::lrint(values[d] / encoded.scale), -code_max, code_max);
    encoded.codes[d] = static_cast<std::int8_t>(code);
    sum += static_cast<std::int32_t>(code);
    const double left = values[d] - static_cast<double>(encoded.scale) * static_cast<double>(code);
    square += static_cast<double>(values[d]) * values[d];
    residual += left * left;
  }
  encoded.code_sum = 128 * sum;
  encoded.norm = static_cast<float>(std::sqrt(square)) * kRoundUp;
  encoded.residual = static_cast<float>(std::sqrt(residual)) * kRoundUp;
}

ScanGroup::ScanGroup(std::span<ScanQuery* const> queries, std::size_t width)
    : queries_(queries.begin(), queries.end()), width_(width) {
  FRESHET_ASSERT(queries.size() <= kScanLanes, "a group's queries fit its lanes");
  lanes_ = queries.size() > 32 ? 64 : queries.size() > 16 ? 32 : 16;
  by_quad_.assign(lanes_ * width, 0);
  by_lane_.assign(lanes_ * width, 0);
  code_sums_.assign(lanes_, 0);
  thresholds_.assign(lanes_, kNever);
  for (auto* values : {&norms_, &residuals_, &slacks_}) values->assign(lanes_, 0.0F);
  scales_.assign(lanes_, 1.0F);
  reached_.assign(lanes_, std::numeric_limits<float>::infinity());
  for (std::size_t lane = 0; lane < queries_.size(); ++lane) {
    const std::int8_t* codes = queries_[lane]->codes.data();
    code_sums_[lane] = queries_[lane]->code_sum;
    norms_[lane] = queries_[lane]->norm;
    residuals_[lane] = queries_[lane]->residual;
    scales_[lane] = queries_[lane]->scale;
    std::copy_n(codes, width, by_lane_.data() + lane * width);
    for (std::size_t d = 0; d < width; d += 4)
      std::copy_n(codes + d, 4, by_quad_.data() + d * lanes_ + 4 * lane);
  }
  take_thresholds();
}

void ScanGroup::take_thresholds() {
  for (std::size_t lane = 0; lane < queries_.size(); ++lane)
    reached_[lane] = queries_[lane]->found.threshold();
}

bool ScanGroup::wants(float row_norm) const {
  for (std::size_t lane = 0; lane < queries_.size(); ++lane)
    if (!(norms_[lane] * row_norm < reached_[lane])) return true;
  return false;
}

/// How far a score of the tile may lie from scale · tile's scale · dot(codes).
void ScanGroup::set_slacks(const TileBounds& tile, Margin margin) {
  const auto terms = static_cast<float>(width_);
  // What float32 itself may lose, in the score and in the bounds made of it.
  const float rounding =
      (terms + 8) * std::numeric_limits<float>::epsilon() * (tile.norm + tile.coded_norm);
  if (margin == Margin::kProven) {
    const float own = tile.coded_norm * kRoundUp, rows = tile.residual * kRoundUp + rounding;
    for (std::size_t lane = 0; lane < lanes_; ++lane)
      slacks_[lane] = residuals_[lane] * own + norms_[lane] * rows;
    return;
  }
  const float own = tile.coded_norm * tile.coded_norm / terms, rows = tile.scale * tile.scale / 12;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    const float norm = norms_[lane], residual = residuals_[lane];
    slacks_[lane] =
        kDeviations * std::sqrt(norm * norm * rows + residual * residual * own) + norm * rounding;
  }
}

/// In units of the dot product of codes, rounded down; what is not a number counts as passed.
void ScanGroup::set_thresholds(const TileBounds& tile) {
  constexpr auto kLimit = static_cast<float>(kNever);
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    float least = (reached_[lane] - slacks_[lane]) / (scales_[lane] * tile.scale);
    least = least > 2 - kLimit ? least : 2 - kLimit;
    least = least < kLimit ? least : kLimit;
    thresholds_[lane] = static_cast<std::int32_t>(least) - 1;
  }
}

void ScanGroup::scan(const Tile& tile, const ScanKernels& kernels, Margin margin, ScanHit* hits) {
  set_slacks(tile.bounds, margin);
  set_thresholds(tile.bounds);
  const ScanQueries queries{lanes_, by_quad_.data(), by_lane_.data(), code_sums_.data(),
                            thresholds_.data()};
  const std::size_t count = kernels.scan(tile.codes, queries, hits);
  for (const ScanHit* hit = hits; hit != hits + count; ++hit) {
    const ItemRow row = tile.rows[hit->row];
    if (row == CodeTiles::kNoRow || is_set(tile.excluded, row)) continue;
    ScanQuery& query = *queries_[hit->lane];
    if (is_set(query.excluded, row)) continue;
    const float score = query.scale * tile.bounds.scale * static_cast<float>(hit->dot);
    query.found.add(row, score - slacks_[hit->lane], score + slacks_[hit->lane]);
    reached_[hit->lane] = query.found.threshold();
  }
}

}  // namespace freshet
