#include "app/network_choice.h"

#include "scoring/network/torch_network.h"

namespace freshet {

Result<NetworkFactory> choose_network(const ScoringConfig& config) {
  if (!config.network.enabled) return NetworkFactory{};
  FRESHET_RETURN_IF_ERROR(check_torch_device(config.network.device));
  set_torch_threads(1);
  return NetworkFactory([network = config.network, seed = config.learning.seed] {
    return make_torch_network(network, seed);
  });
}

}  // namespace freshet
