#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/time.h"

namespace freshet {

/// What the seller wants of lists (docs/rules.md). A rule matches an item that every way of
/// matching that is given accepts; without any it matches all items.
struct RuleConfig {
  std::string name;
  /// "boost", "bury", "pin", "promote", "at_most", "price", "availability", "repurchase" or
  /// "exclude".
  std::string kind;
  /// What reasons call it; empty = its name.
  std::string text;
  /// Where it holds: names of scenarios, "default" for lists without one; empty = everywhere.
  std::vector<std::string> scenarios;
  /// When it holds, by the clock on the wall: from `from`, before `until`; EventTime{} = open.
  EventTime from{};
  EventTime until{};

  // Ways of matching: one of the entries, and for attributes all of them.
  std::vector<std::string> items;
  std::vector<std::string> categories;  ///< One of the item's path, at any place in it.
  std::vector<std::string> brands;
  std::vector<std::string> tags;
  std::map<std::string, std::string> attributes;

  // What it does; each kind has its own.
  double factor = 1;         ///< boost, bury: on the item's probability.
  std::size_t position = 1;  ///< pin, promote: first place taken, from 1.
  std::size_t slots = 1;     ///< promote: places taken.
  std::size_t count = 1;     ///< at_most: items of a list, per `per`.
  std::string per = "category";
  double price_min = 0;            ///< price: cheaper items stay out.
  double price_max = 0;            ///< price: dearer items stay out; 0 = no bound.
  std::chrono::seconds window{0};  ///< repurchase: how long after a purchase items stay out.
  /// exclude: items stay in for users whose context has all of these values; empty = for nobody.
  std::map<std::string, std::string> unless_context;

  friend bool operator==(const RuleConfig&, const RuleConfig&) = default;
};

/// Settings of lists for one place where they are shown. What is not set is as in ScoringConfig.
struct ScenarioConfig {
  std::string name;
  std::optional<std::uint64_t> list_size;
  std::optional<double> diversity;
  std::optional<double> novelty;
  std::optional<double> calibration;
  std::optional<std::uint64_t> exploration_slots;
  /// Only items with one of these in their category path; empty = all.
  std::vector<std::string> categories;
  /// No item with one of these in its category path.
  std::vector<std::string> categories_out;
};

/// The name of the scenario of lists without one: ScoringConfig's own settings.
inline constexpr const char* kDefaultScenario = "default";

}  // namespace freshet
