#pragma once

#include <cstddef>
#include <memory>

#include "scoring/network/device_scan.h"

namespace freshet {

struct TorchScanOptions {
  bool cuda = false;    ///< The first CUDA device; else the CPU, for tests.
  bool coarse = false;  ///< The first pass by bfloat16; else by float32, which makes it exact.
  /// Scores that are made at a time: 4M of two bytes stay in the second cache of a large GPU.
  std::size_t scores_max = std::size_t{4} << 20;
};

/// The scan by LibTorch's operations. A first pass over the table, chunk by chunk, keeps of the
/// scores only the largest of each 32 rows: the k groups with the largest maxima hold the k best
/// rows (each of these is its group's maximum or stands below it). By bfloat16 more than twice as
/// many groups are taken, since their order is known to about 1 % only. All rows of the chosen
/// groups are scored again in float32.
///
/// On the device: (4 + 2) · dim + 8 bytes per row with `coarse`, else 4 · dim + 4, and room to grow
/// by half. The log of the softmax's denominator is summed over the first
/// pass's scores, those of the chosen groups replaced by what they are in float32.
std::unique_ptr<DeviceScan> make_torch_scan(const TorchScanOptions& options);

}  // namespace freshet
