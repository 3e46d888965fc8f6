#include "config/suggest.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace freshet {
namespace {

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 is 0: a key without a dot is its last part.
}

std::string_view section_of(std::string_view key) {
  return key.substr(0, key.size() - last_part(key).size());
}

/// Edits from `a` to `b`: insert, erase, replace (Levenshtein 1966), one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> suggest_key(const std::string& key,
                                       const std::vector<std::string>& known) {
  constexpr std::size_t kForeignSection = 2;  // Edits that another section is worth.
  constexpr std::size_t kKeyBytesMax = 100;   // Nothing of ours is that long.
  const std::string_view name = last_part(key);
  if (name.size() > kKeyBytesMax) return std::nullopt;
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  std::optional<std::string> suggestion;
  for (const std::string& candidate : known) {
    const std::size_t elsewhere = section_of(candidate) == section_of(key) ? 0 : kForeignSection;
    const std::size_t edits = distance(name, last_part(candidate)) + elsewhere;
    if (edits >= best) continue;
    best = edits;
    suggestion = candidate;
  }
  return suggestion;
}

}  // namespace freshet
