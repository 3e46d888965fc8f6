#include "scoring/network/torch_archive.h"

#include <ATen/core/Dict.h>
#include <ATen/core/ivalue.h>
#include <torch/serialize.h>

#include <vector>

namespace freshet {

Result<std::string> write_archive(const NamedTensors& tensors) try {
  c10::Dict<std::string, at::Tensor> dict;
  for (const auto& [name, tensor] : tensors) dict.insert(name, tensor.contiguous());
  const std::vector<char> bytes = torch::pickle_save(dict);
  return std::string(bytes.begin(), bytes.end());
} catch (const std::exception& exception) {
  return error(ErrorCode::kInternal, std::string("network: cannot save: ") + exception.what());
}

Result<NamedTensors> read_archive(const std::string& bytes) try {
  const auto value = torch::pickle_load(std::vector<char>(bytes.begin(), bytes.end()));
  NamedTensors tensors;
  for (const auto& entry : value.toGenericDict()) {
    tensors.emplace(entry.key().toStringRef(), entry.value().toTensor());
  }
  return tensors;
} catch (const std::exception&) {
  return error(ErrorCode::kCorrupt, "network: the model's bytes are not an archive of tensors");
}

Status check_layout(const NamedTensors& archive, const NamedTensors& expected) {
  const auto items = archive.find("items.vectors");
  const bool has_items = items != archive.end() && items->second.dim() == 2;
  for (const auto& [name, tensor] : expected) {
    const auto found = archive.find(name);
    if (!has_items || found == archive.end() ||
        found->second.scalar_type() != tensor.scalar_type()) {
      return error(ErrorCode::kCorrupt, "network: the archive has no proper tensor " + name);
    }
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    if (name.starts_with("items.")) shape[0] = items->second.size(0);
    if (found->second.sizes() != at::IntArrayRef(shape)) {
      return error(ErrorCode::kCorrupt,
                   "network: " + name +
                       " of the archive has another shape "
                       "than the configuration (dim, heads, history_max) gives");
    }
  }
  return {};
}

}  // namespace freshet
