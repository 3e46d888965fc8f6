#pragma once

#include <cstddef>
#include <string>

namespace freshet {

/// A user's own encoder of items (docs/model.md).
struct EncoderConfig {
  /// TorchScript module; empty = none.
  std::string file;
  /// What it is given: "text" (token ids) or "embedding" (the item's own).
  std::string input = "text";
  /// One token a line, ids counted from 0; for `text`.
  std::string vocabulary;
  /// Tokens of a text that it is given.
  std::size_t tokens_max = 64;
  /// Size of the vectors that it gives.
  std::size_t dim = 64;
};

/// Neighbours by what items are said to be (docs/model.md).
struct ContentConfig {
  bool enabled = true;
  /// Features kept per item, those that say most.
  std::size_t features_max = 32;
  /// Nearest items kept per item.
  std::size_t neighbours_max = 24;
  /// Items per inverted list, those for which the feature says most.
  std::size_t postings_max = 256;
  /// Share of the own embedding in the cosine of two items that have text and embedding.
  double embedding_share = 0.5;
  EncoderConfig encoder;
};

}  // namespace freshet
