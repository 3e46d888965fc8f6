#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "scoring/catalogue/catalogue.h"
#include "scoring/ranking/rule.h"

namespace freshet {

/// Which rules match which rows of the catalogue: found once, when a rule or an item changes, so
/// that a list only looks it up.
///
/// Rows that the same rules match share one set of them, so a row costs 4 bytes. A rule is found by
/// the words of one way of matching (an inverted index) and held against the others. A rule of kind
/// kPrice or kAvailability matches only those of its items that it keeps out. Confined to one
/// thread.
class RuleRows {
 public:
  /// `catalogue` must outlive this object.
  explicit RuleRows(const Catalogue& catalogue) : catalogue_(catalogue) {}

  /// Replaces the rules; every row is looked at. `rules` must stay as they are until the next call.
  void compile(std::span<const Rule> rules);

  /// Looks at a row whose item changed, came or left.
  void update(ItemRow row);
  /// Looks at every row.
  void update_all();

  /// The rules that match the row, in their order.
  std::span<const RuleIndex> of(ItemRow row) const {
    if (row >= set_of_.size()) return {};
    return sets_[set_of_[row]];
  }

  bool empty() const { return rules_.empty(); }

 private:
  using RuleSet = std::vector<RuleIndex>;

  void index(RuleIndex rule);
  void find_matches(ItemRow row);
  void take_postings(char kind, std::string_view text);
  bool matches(const Rule& rule, ItemRow row) const;

  const Catalogue& catalogue_;
  std::span<const Rule> rules_;
  absl::flat_hash_map<std::string, RuleSet> postings_;  // Kind of word and word to rules.
  RuleSet unbound_;                                     // Rules that match any item.
  std::vector<std::uint32_t> set_of_;                   // [row] index into sets_.
  std::vector<RuleSet> sets_;                           // The first is empty.
  absl::flat_hash_map<RuleSet, std::uint32_t> numbers_;
  RuleSet found_;
  std::string key_;
};

}  // namespace freshet
