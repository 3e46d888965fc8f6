#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace freshet {

/// Named float32 tensors in the safetensors format (github.com/huggingface/safetensors): 8 bytes
/// little-endian header length, a JSON header, then the values. Data alone, so that reading a file
/// runs nothing; PyTorch, NumPy and others read it.
class SafetensorsWriter {
 public:
  explicit SafetensorsWriter(std::map<std::string, std::string> metadata)
      : metadata_(std::move(metadata)) {}

  /// Adds a tensor whose values [product of shape] are given by one or more pieces, each of which
  /// must outlive the writer. Names are unique.
  void add(std::string name, std::vector<std::size_t> shape,
           std::vector<std::span<const float>> pieces);

  std::string bytes() const;

 private:
  struct Tensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<std::span<const float>> pieces;
    std::size_t size = 0;
  };

  std::string header() const;

  std::map<std::string, std::string> metadata_;
  std::vector<Tensor> tensors_;
};

/// A tensor within the bytes it was read from; they must outlive it.
struct TensorView {
  std::vector<std::size_t> shape;
  std::string_view bytes;  ///< Little-endian float32, at any address.

  std::size_t size() const { return bytes.size() / sizeof(float); }
  /// Copies values [from, from + to.size()).
  void read(std::size_t from, std::span<float> to) const;
};

struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::map<std::string, TensorView> tensors;
};

/// Reads what the writer, or anyone else, wrote. Errors: kCorrupt, when the bytes are no such file,
/// are cut off, or hold a tensor that is not float32.
Result<Safetensors> read_safetensors(std::string_view bytes);

}  // namespace freshet
