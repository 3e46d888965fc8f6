#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ingest/item_update.h"

namespace freshet {

/// Bins that features of an item's text are hashed into ("hashing trick", Weinberger et al. 2009).
inline constexpr std::size_t kTextBins = std::size_t{1} << 18;

/// One bin of a text and what it counts for there, > 0.
struct TextFeature {
  std::uint32_t bin = 0;
  float weight = 0;

  friend bool operator==(const TextFeature&, const TextFeature&) = default;
};

/// Replaces `features` by the bins of an item's text, each once, by rising bin: words and character
/// 3- to 5-grams (over code points, word borders marked) of the title, the prefixes of the category
/// path, brand and tags. Weight = weight of the kind · (1 + log of how often). Reads at most
/// kTextBytesMax of each text and kTextsMax levels and tags. Letters beyond ASCII keep their case.
void text_features(const ItemUpdate& item, std::vector<TextFeature>& features);

inline constexpr std::size_t kTextBytesMax = 256;
inline constexpr std::size_t kTextsMax = 16;

/// True if the two items have the same text and the same embedding.
bool same_content(const ItemUpdate& a, const ItemUpdate& b);

}  // namespace freshet
