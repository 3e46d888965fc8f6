#include <ATen/ATen.h>

#include "bench/top_k_peers.h"
#include "scoring/network/torch_network.h"

namespace freshet {
namespace {

at::Tensor tensor(std::span<const float> values, std::vector<std::int64_t> shape, bool cuda) {
  const at::Tensor host = at::from_blob(const_cast<float*>(values.data()), shape);
  return cuda ? host.to(at::kCUDA) : host;
}

/// Matrix product + topk.
class TorchPeer final : public TopKPeer {
 public:
  TorchPeer(const TopKData& data, bool cuda)
      : items_(tensor(data.vectors, {static_cast<std::int64_t>(data.rows), dim(data)}, cuda)),
        biases_(tensor(data.biases, {static_cast<std::int64_t>(data.rows)}, cuda)),
        queries_(tensor(data.queries,
                        {static_cast<std::int64_t>(data.queries.size() / data.dim), dim(data)},
                        cuda)) {
    set_torch_threads(1);
  }
  void search(std::size_t from, std::size_t count, std::size_t k) override {
    const auto begin = static_cast<std::int64_t>(from);
    const at::Tensor queries = queries_.slice(0, begin, begin + static_cast<std::int64_t>(count));
    const at::Tensor scores = at::addmm(biases_, queries, items_.t());
    last_ = std::get<1>(scores.topk(static_cast<std::int64_t>(k))).cpu();
  }

 private:
  static std::int64_t dim(const TopKData& data) { return static_cast<std::int64_t>(data.dim); }

  at::Tensor items_, biases_, queries_, last_;
};

}  // namespace

std::unique_ptr<TopKPeer> torch_peer(const TopKData& data, bool cuda) {
  return std::make_unique<TorchPeer>(data, cuda);
}

}  // namespace freshet
