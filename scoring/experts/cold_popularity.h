#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/experts/popularity.h"

namespace freshet {

/// A declared context key and its value, hashed together; 0 = unknown.
using ContextValue = std::uint64_t;

/// Hashes the values of the declared keys, in their order; "" becomes 0.
std::vector<ContextValue> context_values(std::span<const std::string> values);

/// What is popular with whom, for users without a history. Opinions: all events, and for every
/// declared context key the events with the user's value of it. Each is decayed and bounded, and an
/// opinion from few events borrows from all events. How much an opinion counts is learned from
/// users' first events by online expectation maximisation, as the mixture of the experts is; where
/// the user's value is unknown an opinion sleeps, so without context what is popular with all is
/// left.
///
/// A key's kValuesMax most frequent values are kept: a new one takes the place of the rarest and
/// inherits its standing (space-saving; Metwally, Agrawal & El Abbadi, ICDT 2005). Confined to one
/// thread.
class ColdPopularity {
 public:
  static constexpr std::size_t kKeysMax = 16;
  static constexpr std::size_t kValuesMax = 64;
  /// Items kept per value; at twice as many the rarest are dropped.
  static constexpr std::size_t kItemsMax = 100;

  /// Counts one event on `row`; `first`: of a user without a history. `all` must not yet have
  /// counted it, and must have a row for it.
  void observe(ItemRow row, std::span<const ContextValue> values, bool first,
               const Popularity& all);

  /// Forgets the rows.
  void evict(std::span<const ItemRow> rows);

  /// One item for a user without a history.
  struct Choice {
    ItemRow row = 0;
    float score = 0;      ///< Probability that it is the first, 0..1.
    std::size_t key = 0;  ///< The context key that speaks most for it; kNoKey = none of them.
  };
  static constexpr std::size_t kNoKey = ~std::size_t{0};

  /// Fills `best` with the most probable items, best first; ties by row.
  void best(std::span<const ContextValue> values, const Popularity& all,
            std::vector<Choice>& best) const;

  /// The newest events of users with one value of a declared key; of items that are rare with them
  /// only some are kept.
  struct ValueEvents {
    std::vector<ScoredRow> rows;  ///< By row; score: events, each decayed as newer ones came.
    double total = 0;             ///< Of all their events.
  };
  /// `key`: its place among the declared ones. Empty if the value is unknown or not kept.
  ValueEvents events_of(std::size_t key, ContextValue value) const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(weights_, keys_);
  }

 private:
  struct Counts {
    ContextValue value = 0;
    double standing = 0;   // Events, inherited ones included: who makes room for a new value.
    double increment = 1;  // What one event counts now.
    double total = 0;
    std::vector<ScoredRow> rows;  // By row.

    template <class Archive>
    void serialize(Archive& archive) {
      archive(value, standing, increment, total, rows);
    }
  };
  static constexpr std::size_t kAll = 0, kKeysBegin = 1;
  static constexpr std::size_t kOpinions = kKeysBegin + kKeysMax;
  using Weights = std::array<float, kOpinions>;
  using Opinions = std::array<const Counts*, kOpinions>;

  /// By opinion; null = it sleeps. kAll is none of them.
  Opinions opinions(std::span<const ContextValue> values) const;
  Weights awake(const Opinions& opinions) const;
  static std::vector<ScoredRow>::const_iterator find(const Counts& counts, ItemRow row);
  static float share(const Counts& counts, ItemRow row, float of_all);
  void learn_weights(ItemRow row, std::span<const ContextValue> values, const Popularity& all);
  Counts& counts_of(std::size_t key, ContextValue value);
  static void count(ItemRow row, Counts& counts);

  static Weights initial();

  Weights weights_ = initial();
  std::array<std::vector<Counts>, kKeysMax> keys_;
};

}  // namespace freshet
