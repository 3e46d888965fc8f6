#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace freshet {

/// Cuts texts into the numbered tokens of a file: one token a line, ids from 0.
///
/// Text becomes lower case (ASCII) and words of letters, digits and bytes beyond ASCII; a word
/// becomes its longest known beginning, then the longest known continuations, written with "##" in
/// the file (WordPiece, Wu et al. 2016). A word that cannot be cut so becomes "[UNK]", or nothing
/// where the file has no such token. "[CLS]" and "[SEP]" stand around the text, if the file has
/// them. Immutable after construction.
class Vocabulary {
 public:
  static constexpr std::size_t kTokensMax = 1'000'000;
  static constexpr std::size_t kWordBytesMax = 100;

  /// Reads the file. Errors: kInvalidConfig when it cannot be read, is empty, has a token twice or
  /// more than kTokensMax.
  static Result<Vocabulary> read(const std::string& path);

  /// Returns the ids of at most `tokens_max` tokens; empty if the text has none.
  std::vector<std::int64_t> ids_of(std::string_view text, std::size_t tokens_max) const;

  /// What fills up a short text: "[PAD]", or 0.
  std::int64_t padding() const { return find("[PAD]").value_or(0); }
  std::size_t size() const { return ids_.size(); }

 private:
  std::optional<std::int64_t> find(const std::string& token) const;
  void add_word(std::string_view word, std::vector<std::int64_t>& ids) const;

  absl::flat_hash_map<std::string, std::int64_t> ids_;
};

}  // namespace freshet
