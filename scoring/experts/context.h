#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/catalogue/catalogue.h"
#include "state/user_state.h"

namespace freshet {

/// Newest history entries that scoring and learning look at.
inline constexpr std::size_t kContextStepsMax = 20;

/// Share of a pair's weight that counts across the border of two sessions: what a user did last
/// week says less about now than the click before, but it is not nothing.
inline constexpr float kCrossSessionWeight = 0.25F;

/// One entry of the history, by its row.
struct ContextStep {
  ItemRow row = 0;
  bool same_session = true;  ///< Of the newest session.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(row, same_session);
  }
};

/// One item of the history, however often it is there.
struct DistinctItem {
  ItemRow row = 0;
  std::uint32_t steps_back = 0;  ///< Of its newest entry; 0 = the newest of all.
  std::uint32_t times = 0;
  bool same_session = true;

  /// What it counts for as the `index`-th distinct item back.
  float weight(std::size_t index) const {
    return (same_session ? 1.0F : kCrossSessionWeight) / static_cast<float>(1 + index);
  }
};

/// A user's history as the experts see it. Immutable after construction (a value).
struct Context {
  std::vector<ContextStep> steps;      ///< Newest first, at most kContextStepsMax.
  std::vector<DistinctItem> distinct;  ///< Newest first.
  std::size_t session_length = 0;      ///< Steps of the newest session.
  Sequence sequence;                   ///< The same steps for the network, oldest first.
  /// Position among the contexts scored together; the network expert's index.
  std::size_t batch_index = 0;

  bool empty() const { return steps.empty(); }
};

/// Makes the context of `history` (oldest first). Disliked, late and unknown items are left out.
/// `sequence_max`: newest steps for the network; 0 = none.
Context make_context(std::span<const HistoryEntry> history, const Catalogue& catalogue,
                     std::size_t sequence_max);

}  // namespace freshet
