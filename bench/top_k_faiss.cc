#include "bench/top_k_peers.h"

#if defined(FRESHET_FAISS)
#include <faiss/IndexFlat.h>
#include <omp.h>
#endif

namespace freshet {
#if defined(FRESHET_FAISS)
namespace {

class FaissPeer final : public TopKPeer {
 public:
  explicit FaissPeer(const TopKData& data)
      : dim_(data.dim), with_bias_(has_bias(data)), index_(static_cast<std::int64_t>(width())) {
    omp_set_num_threads(1);
    const std::vector<float> items = widened(data.vectors, &data.biases);
    queries_ = widened(data.queries, nullptr);
    index_.add(static_cast<std::int64_t>(data.rows), items.data());
  }
  void search(std::size_t from, std::size_t count, std::size_t k) override {
    scores_.resize(count * k);
    rows_.resize(count * k);
    index_.search(static_cast<std::int64_t>(count), queries_.data() + from * width(),
                  static_cast<std::int64_t>(k), scores_.data(), rows_.data());
  }

 private:
  static bool has_bias(const TopKData& data) {
    for (const float bias : data.biases)
      if (bias != 0) return true;
    return false;
  }
  std::size_t width() const { return dim_ + (with_bias_ ? 1 : 0); }
  /// One more value per row: its bias, or 1 for queries.
  std::vector<float> widened(std::span<const float> rows, const AlignedFloats* biases) const {
    std::vector<float> wide;
    for (std::size_t i = 0; i * dim_ < rows.size(); ++i) {
      wide.insert(wide.end(), rows.data() + i * dim_, rows.data() + (i + 1) * dim_);
      if (with_bias_) wide.push_back(biases != nullptr ? (*biases)[i] : 1.0F);
    }
    return wide;
  }

  std::size_t dim_;
  bool with_bias_;
  faiss::IndexFlatIP index_;
  std::vector<float> queries_, scores_;
  std::vector<faiss::Index::idx_t> rows_;
};

}  // namespace

std::unique_ptr<TopKPeer> faiss_peer(const TopKData& data) {
  return std::make_unique<FaissPeer>(data);
}
#else
std::unique_ptr<TopKPeer> faiss_peer(const TopKData&) { return nullptr; }
#endif

}  // namespace freshet
