#include "scoring/content/text_features.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

/// Where a feature comes from: part of its hash.
enum class Kind : std::uint64_t { kWord = 1, kGram, kCategory, kBrand, kTag };

constexpr std::size_t kGramMin = 3;
constexpr std::size_t kGramMax = 5;

/// What one occurrence counts for. A word has about a dozen n-grams, which say the same again.
constexpr float weight_of(Kind kind) { return kind == Kind::kGram ? 0.3F : 1.0F; }

bool starts_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

/// Letters and digits; every byte of a character beyond ASCII counts as a letter.
bool is_of_word(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte & 0x80) != 0;
}

std::string lower(std::string_view text) {
  std::string lowered(text.substr(0, kTextBytesMax));
  for (char& byte : lowered)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return lowered;
}

/// Collects features; weight = occurrences times the kind's weight until `finish`.
class Collector {
 public:
  explicit Collector(std::vector<TextFeature>& features) : features_(features) {
    features_.clear();
  }

  void add(Kind kind, std::string_view text) {
    const auto hash =
        XXH3_64bits_withSeed(text.data(), text.size(), static_cast<std::uint64_t>(kind));
    features_.push_back({static_cast<std::uint32_t>(hash % kTextBins), weight_of(kind)});
  }

  void add_title(std::string_view title) {
    const std::string text = lower(title);
    for (std::size_t begin = 0; begin < text.size();) {
      std::size_t end = begin;
      while (end < text.size() && is_of_word(text[end])) ++end;
      if (end > begin) add_word(std::string_view(text).substr(begin, end - begin));
      begin = end + 1;
    }
  }

  /// Joins equal bins: `n` occurrences count 1 + log n times the weight of one.
  void finish() {
    std::sort(features_.begin(), features_.end(), [](const auto& a, const auto& b) {
      return a.bin != b.bin ? a.bin < b.bin : a.weight > b.weight;
    });
    std::size_t kept = 0;
    for (std::size_t k = 0; k < features_.size();) {
      std::size_t end = k;
      while (end < features_.size() && features_[end].bin == features_[k].bin) ++end;
      const float often = 1 + std::log(static_cast<float>(end - k));
      features_[kept++] = {features_[k].bin, features_[k].weight * often};
      k = end;
    }
    features_.resize(kept);
  }

 private:
  void add_word(std::string_view word) {
    add(Kind::kWord, word);
    const std::string marked = "<" + std::string(word) + ">";
    starts_.clear();
    for (std::size_t k = 0; k < marked.size(); ++k)
      if (starts_code_point(marked[k])) starts_.push_back(k);
    const std::size_t letters = starts_.size();
    starts_.push_back(marked.size());
    for (std::size_t length = kGramMin; length <= kGramMax; ++length)
      for (std::size_t k = 0; k + length <= letters; ++k)
        add(Kind::kGram,
            std::string_view(marked).substr(starts_[k], starts_[k + length] - starts_[k]));
  }

  std::vector<TextFeature>& features_;
  std::vector<std::size_t> starts_;  // Of the word's code points, and its end.
};

}  // namespace

void text_features(const ItemUpdate& item, std::vector<TextFeature>& features) {
  Collector collector(features);
  collector.add_title(item.title);
  std::string path;
  for (std::size_t k = 0; k < std::min(kTextsMax, item.category.size()); ++k) {
    path += '\x1f' + lower(item.category[k]);
    collector.add(Kind::kCategory, path);
  }
  if (!item.brand.empty()) collector.add(Kind::kBrand, lower(item.brand));
  for (std::size_t k = 0; k < std::min(kTextsMax, item.tags.size()); ++k)
    collector.add(Kind::kTag, lower(item.tags[k]));
  collector.finish();
}

bool same_content(const ItemUpdate& a, const ItemUpdate& b) {
  return a.title == b.title && a.category == b.category && a.brand == b.brand && a.tags == b.tags &&
         a.embedding == b.embedding;
}

}  // namespace freshet
