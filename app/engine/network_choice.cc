#include "app/engine/network_choice.h"

#include "scoring/network/fused_network.h"
#ifdef FRESHET_LIBTORCH
#include "scoring/network/torch_network.h"
#endif

namespace freshet {
namespace {

#ifdef FRESHET_LIBTORCH
bool has_cuda() { return torch_has_cuda(); }

NetworkFactory cuda_network(const NetworkConfig& config, std::uint64_t seed) {
  set_torch_threads(1);
  return [config, seed] { return make_torch_network(config, seed); };
}
#else
bool has_cuda() { return false; }

NetworkFactory cuda_network(const NetworkConfig&, std::uint64_t) { return {}; }
#endif

}  // namespace

Result<NetworkFactory> choose_network(const ScoringConfig& config) {
  const NetworkConfig& network = config.network;
  if (!network.enabled) return NetworkFactory{};
  if (network.device == "cuda" && !has_cuda()) {
    return error(ErrorCode::kInvalidConfig,
                 "scoring.network.device is cuda, but there is none: use cpu or auto");
  }
  const std::uint64_t seed = config.learning.seed;
  if (network.device != "cpu" && has_cuda()) return cuda_network(network, seed);
  return NetworkFactory([network, seed] { return make_fused_network(network, seed); });
}

}  // namespace freshet
