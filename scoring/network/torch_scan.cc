#include "scoring/network/torch_scan.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "scoring/network/network.h"

namespace freshet {
namespace {

constexpr std::int64_t kGroup = 32;  // Rows of which the first pass keeps the best score.
constexpr float kLowest = -std::numeric_limits<float>::infinity();
/// Rows that are copied to the device at a time.
constexpr std::size_t kUploadRows = 65'536;
/// Floats of rows that are scored again at a time: 512 MiB.
constexpr std::int64_t kAgainMax = std::int64_t{128} << 20;

std::int64_t to_signed(std::size_t size) { return static_cast<std::int64_t>(size); }

class TorchScan final : public DeviceScan {
 public:
  explicit TorchScan(const TorchScanOptions& options)
      : device_(options.cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU)),
        type_(options.coarse ? at::kBFloat16 : at::kFloat),
        scores_max_(to_signed(options.scores_max)) {}

  Status follow(const ItemTableView& table) override {
    return guarded<Status>([&]() -> Status {
      const bool known = table.stamps != nullptr && table.stamps == stamps_ && dim_ == table.dim &&
                         table.rows >= rows_;
      const std::size_t before = known ? rows_ : 0;
      std::vector<ItemRow> changed;
      if (known)
        table.stamps->for_each_after(seen_, [&](std::size_t row) {
          if (row < before) changed.push_back(static_cast<ItemRow>(row));
        });
      stamps_ = nullptr;  // Should the device fail in the middle, all is copied the next time.
      make_room(table, before);
      for (std::size_t row = before; row < table.rows; ++row)
        changed.push_back(static_cast<ItemRow>(row));
      const std::span<const ItemRow> rows(changed);
      for (std::size_t k = 0; k < rows.size(); k += kUploadRows)
        upload(table, rows.subspan(k, std::min(kUploadRows, rows.size() - k)));
      if (!changed.empty()) offsets_ = at::Tensor();
      rows_ = table.rows;
      stamps_ = table.stamps;
      seen_ = table.stamps != nullptr ? table.stamps->now() : 0;
      return {};
    });
  }

  Result<ScanFindings> search(std::span<const float> queries, std::size_t k,
                              std::span<const std::uint64_t> excluded) override {
    return guarded<Result<ScanFindings>>([&]() -> Result<ScanFindings> {
      ScanFindings found;
      if (queries.empty() || rows_ == 0) {
        found.best.resize(dim_ > 0 ? queries.size() / dim_ : 0);
        found.log_sum_exp.assign(found.best.size(), kLowest);
        return found;
      }
      exclude(excluded);
      const at::Tensor asked = at::from_blob(const_cast<float*>(queries.data()),
                                             {to_signed(queries.size() / dim_), to_signed(dim_)})
                                   .to(device_);
      at::Tensor log_sums;
      const at::Tensor groups = best_groups(asked, to_signed(k), log_sums);
      score_again(asked, groups, to_signed(k), log_sums, found.best);
      const at::Tensor sums = log_sums.cpu();
      found.log_sum_exp.assign(sums.data_ptr<float>(), sums.data_ptr<float>() + sums.numel());
      return found;
    });
  }

 private:
  template <class T, class Work>
  T guarded(const Work& work) const {
    try {
      const c10::InferenceMode no_autograd;
      return work();
    } catch (const c10::Error& failed) {
      return error(ErrorCode::kInternal,
                   std::string("item scan: ") + failed.what_without_backtrace());
    } catch (const std::exception& failed) {
      return error(ErrorCode::kInternal, std::string("item scan: ") + failed.what());
    }
  }

  at::TensorOptions on_device(at::ScalarType type) const {
    return at::TensorOptions(device_).dtype(type);
  }

  /// A whole number of groups; what lies beyond the rows has no score.
  void make_room(const ItemTableView& table, std::size_t kept) {
    const auto rows = to_signed(table.rows), dim = to_signed(table.dim);
    dim_ = table.dim;
    if (kept > 0 && rows <= vectors_.size(0)) return;
    const std::int64_t room = (rows + (kept > 0 ? rows / 2 : 0) + kGroup - 1) / kGroup * kGroup;
    const at::Tensor vectors = at::zeros({room, dim}, on_device(at::kFloat));
    const at::Tensor biases = at::full({room}, kLowest, on_device(at::kFloat));
    if (kept > 0) {
      const auto count = to_signed(kept);
      vectors.narrow(0, 0, count).copy_(vectors_.narrow(0, 0, count));
      biases.narrow(0, 0, count).copy_(biases_.narrow(0, 0, count));
    }
    vectors_ = vectors;
    biases_ = biases;
    rough_ = type_ == at::kFloat ? vectors_ : vectors_.to(type_);
    offsets_ = at::Tensor();
  }

  void upload(const ItemTableView& table, std::span<const ItemRow> rows) {
    const auto count = to_signed(rows.size()), dim = to_signed(dim_);
    const auto pinned = at::TensorOptions().pinned_memory(device_.is_cuda());
    const at::Tensor vectors = at::empty({count, dim}, pinned.dtype(at::kFloat));
    const at::Tensor biases = at::empty({count}, pinned.dtype(at::kFloat));
    const at::Tensor places = at::empty({count}, pinned.dtype(at::kLong));
    float* values = vectors.data_ptr<float>();
    for (std::size_t i = 0; i < rows.size(); ++i, values += dim_) {
      table.read(rows[i], 1, values);
      const float bias = table.biases[rows[i]];
      const bool finite = std::isfinite(bias) && std::all_of(values, values + dim_, [](float x) {
                            return std::isfinite(x);
                          });
      if (!finite) std::fill_n(values, dim_, 0.0F);
      biases.data_ptr<float>()[i] = finite ? bias : kLowest;
      places.data_ptr<std::int64_t>()[i] = rows[i];
    }
    const at::Tensor there = places.to(device_, /*non_blocking=*/true);
    const at::Tensor fresh = vectors.to(device_, /*non_blocking=*/true);
    vectors_.index_copy_(0, there, fresh);
    biases_.index_copy_(0, there, biases.to(device_));  // Waits: the buffers are free afterwards.
    if (type_ != at::kFloat) rough_.index_copy_(0, there, fresh.to(type_));
  }

  /// Sets offsets_ to the biases, minus infinity where a row is left out.
  void exclude(std::span<const std::uint64_t> excluded) {
    if (offsets_.defined() &&
        std::equal(excluded.begin(), excluded.end(), excluded_.begin(), excluded_.end()))
      return;
    excluded_.assign(excluded.begin(), excluded.end());
    offsets_ = biases_.clone();
    if (!excluded.empty()) {
      const at::Tensor out = at::zeros({biases_.size(0)}, at::kBool);
      bool* flags = out.data_ptr<bool>();
      for (std::size_t row = 0; row < rows_; ++row) flags[row] = is_set(excluded, row);
      offsets_.masked_fill_(out.to(device_), kLowest);
    }
    rough_offsets_ = offsets_.to(type_);
  }

  /// Groups [n, groups] that hold the best rows of each query.
  at::Tensor best_groups(const at::Tensor& asked, std::int64_t k, at::Tensor& log_sums) const {
    const std::int64_t count = asked.size(0), room = vectors_.size(0);
    const std::int64_t step = std::max<std::int64_t>(scores_max_ / count / kGroup, 1) * kGroup;
    const at::Tensor rough = asked.to(type_);
    const at::Tensor maxima = at::empty({count, room / kGroup}, on_device(type_));
    log_sums = at::full({count}, kLowest, on_device(at::kFloat));
    for (std::int64_t row = 0; row < room; row += step) {
      const std::int64_t rows = std::min(step, room - row);
      const at::Tensor scores =
          at::addmm(rough_offsets_.narrow(0, row, rows), rough, rough_.narrow(0, row, rows).t());
      maxima.narrow(1, row / kGroup, rows / kGroup)
          .copy_(scores.view({count, rows / kGroup, kGroup}).amax(2));
      log_sums = at::logaddexp(log_sums, scores.to(at::kFloat).logsumexp(1));
    }
    const std::int64_t wanted = type_ == at::kFloat ? k : 2 * k + kGroup;
    return std::get<1>(maxima.topk(std::min(wanted, maxima.size(1)), 1, true, false));
  }

  void score_again(const at::Tensor& asked, const at::Tensor& groups, std::int64_t k,
                   at::Tensor& log_sums, std::vector<std::vector<ScoredRow>>& best) const {
    const std::int64_t width = groups.size(1) * kGroup;
    const std::int64_t step = std::max<std::int64_t>(kAgainMax / (width * to_signed(dim_)), 1);
    const at::Tensor in_group = at::arange(kGroup, on_device(at::kLong));
    for (std::int64_t query = 0; query < asked.size(0); query += step) {
      const std::int64_t count = std::min(step, asked.size(0) - query);
      const at::Tensor rows =
          (groups.narrow(0, query, count).unsqueeze(2) * kGroup + in_group).reshape({count, width});
      const at::Tensor flat = rows.flatten();
      const at::Tensor queries = asked.narrow(0, query, count);
      const at::Tensor scores = scores_of(vectors_, queries, offsets_, flat);
      if (type_ != at::kFloat) {
        const at::Tensor rough = scores_of(rough_, queries.to(type_), rough_offsets_, flat);
        replace_head(log_sums.narrow(0, query, count), rough.to(type_).to(at::kFloat), scores);
      }
      const auto [top, places] = scores.topk(std::min(k, width), 1);
      append(rows.gather(1, places).cpu(), top.cpu(), best);
    }
  }

  /// Scores [n, width] in float32 of the rows `flat` [n · width].
  static at::Tensor scores_of(const at::Tensor& table, const at::Tensor& queries,
                              const at::Tensor& offsets, const at::Tensor& flat) {
    const std::int64_t count = queries.size(0), width = flat.size(0) / count;
    const at::Tensor vectors =
        table.index_select(0, flat).view({count, width, table.size(1)}).to(at::kFloat);
    return at::bmm(vectors, queries.to(at::kFloat).unsqueeze(2)).squeeze(2) +
           offsets.index_select(0, flat).view({count, width}).to(at::kFloat);
  }

  /// The largest scores make most of a sum: their part of the first pass is taken back, and what
  /// they really are takes its place.
  static void replace_head(at::Tensor log_sums, const at::Tensor& rough, const at::Tensor& exact) {
    const at::Tensor before = rough.logsumexp(1), now = exact.logsumexp(1);
    const at::Tensor largest = at::maximum(log_sums, now);
    const at::Tensor tail = ((log_sums - largest).exp() - (before - largest).exp()).clamp_min(0);
    const at::Tensor sums = (largest + (tail + (now - largest).exp()).log());
    // Where nothing has a score, differences are no numbers.
    log_sums.copy_(at::where(largest > kLowest, sums, largest));
  }

  static void append(const at::Tensor& rows, const at::Tensor& scores,
                     std::vector<std::vector<ScoredRow>>& best) {
    const at::Tensor row = rows.contiguous(), score = scores.contiguous();
    for (std::int64_t query = 0; query < row.size(0); ++query) {
      const std::int64_t* of_row = row.data_ptr<std::int64_t>() + query * row.size(1);
      const float* of_score = score.data_ptr<float>() + query * row.size(1);
      std::vector<ScoredRow>& list = best.emplace_back();
      for (std::int64_t i = 0; i < row.size(1); ++i)
        if (of_score[i] > kLowest) list.push_back({static_cast<ItemRow>(of_row[i]), of_score[i]});
      std::sort(list.begin(), list.end(), [](const ScoredRow& a, const ScoredRow& b) {
        return a.score != b.score ? a.score > b.score : a.row < b.row;
      });
    }
  }

  const at::Device device_;
  const at::ScalarType type_;  // Of the first pass.
  const std::int64_t scores_max_;
  std::size_t rows_ = 0, dim_ = 0;
  const RowStamps* stamps_ = nullptr;
  RowStamps::Time seen_ = 0;
  at::Tensor vectors_, biases_;  // [room, dim], [room]
  at::Tensor rough_;             // [room, dim] of the first pass.
  std::vector<std::uint64_t> excluded_;
  at::Tensor offsets_, rough_offsets_;  // [room] biases, minus infinity where excluded.
};

}  // namespace

std::unique_ptr<DeviceScan> make_torch_scan(const TorchScanOptions& options) {
  return std::make_unique<TorchScan>(options);
}

}  // namespace freshet
