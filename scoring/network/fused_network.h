#pragma once

#include <cstdint>
#include <memory>

#include "config/scoring_config.h"
#include "scoring/network/fused_kernels.h"
#include "scoring/network/network.h"

namespace freshet {

/// Makes the network that trains and answers on the CPU without any library: forward pass, sampled
/// softmax, the gradient by hand and Adagrad, in vector loops for the processor at hand. Equal to
/// the LibTorch network of the same config and seed but for rounding; each follows the other's
/// deltas and loads its checkpoints. A training step allocates nothing once its largest batch was
/// seen.
std::unique_ptr<Network> make_fused_network(const NetworkConfig& config, std::uint64_t seed,
                                            const FusedKernels& kernels = fused_kernels());

}  // namespace freshet
