#pragma once

#include <cstdint>
#include <memory>

#include "config/scoring_config.h"
#include "scoring/network/network.h"

namespace freshet {

/// Makes the LibTorch network with fresh weights: equal for equal config and seed, on any device.
///
/// The embedding tables live in host memory, sparse optimizer included; the device of `config`
/// computes the dense part, forward and backward: the CPU for "cpu" or when there is no CUDA.
std::unique_ptr<Network> make_torch_network(const NetworkConfig& config, std::uint64_t seed);

/// Says whether this LibTorch finds a CUDA device.
bool torch_has_cuda();

/// Sets how many threads one LibTorch operation uses on the CPU, for threads that have not used
/// LibTorch yet, and the same for OpenBLAS under it. The program calls it with 1 before it
/// starts its learning and scoring threads: our matrices are too small to be worth sharing, and
/// each of the two threads should have a core of its own.
void set_torch_threads(int count);

}  // namespace freshet
