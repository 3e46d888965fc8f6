#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "config/result.h"

namespace freshet {

/// Named tensors. Python reads them as a dict by torch.load(path, weights_only=False): LibTorch
/// tags the dict with its type, which the weights-only reader does not know.
using NamedTensors = std::map<std::string, at::Tensor>;

/// Writes named CPU tensors in the zip format of torch.save.
Result<std::string> write_archive(const NamedTensors& tensors);

/// Reads what write_archive wrote. Errors: kCorrupt. Loads
/// tensors only: runs no code from the bytes.
Result<NamedTensors> read_archive(const std::string& bytes);

/// Checks that `archive` has every tensor of `expected`, of the same type and shape; those named
/// "items.…" may have any number of rows, equal in all of them. Errors: kCorrupt.
Status check_layout(const NamedTensors& archive, const NamedTensors& expected);

}  // namespace freshet
