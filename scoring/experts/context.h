#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "state/training_example.h"
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

/// An item the user bought before.
struct OwnedItem {
  ItemRow row = 0;
  std::uint32_t pieces = 0;    ///< In all.
  std::chrono::seconds age{};  ///< From the last purchase to the newest step.
};

/// A user's history as the experts see it. Immutable after construction (a value).
struct Context {
  std::vector<ContextStep> steps;       ///< Newest first, at most kContextStepsMax.
  std::vector<DistinctItem> distinct;   ///< Newest first.
  std::size_t session_length = 0;       ///< Steps of the newest session.
  Sequence sequence;                    ///< The same steps for the network, oldest first.
  std::vector<OwnedItem> owned;         ///< Last purchase oldest first, at most kBoughtMax.
  Action last_action = Action::kClick;  ///< Of the newest step.
  EventTime newest_time{};              ///< Of the newest step.
  /// Position among the contexts scored together; the network expert's index.
  std::size_t batch_index = 0;

  bool empty() const { return steps.empty(); }
};

/// What is known of a user when a list is made: parts of a state, or of a training example, as they
/// were after the newest event. Learning, serving and evaluation see the same.
struct KnownUser {
  std::span<const HistoryEntry> history;  ///< Oldest first.
  std::span<const std::string> values;    ///< Of the declared context keys; "" = unknown.
  std::span<const Bought> bought;         ///< Oldest first.
};
KnownUser known_user(const UserState& state);
KnownUser known_user(const TrainingExample& example);

/// What the network reads.
struct SequenceOptions {
  std::size_t steps_max = 0;  ///< Newest steps; 0 = nothing.
  bool values = false;        ///< The values of declared context keys.
  bool clock = false;         ///< Hour and weekday of the newest step.
};

/// What the network of `config` reads.
SequenceOptions sequence_options(const NetworkConfig& config);

/// Asks for what comes next by `action`. A click adds nothing: the others are told apart from it.
void add_task(Action action, Sequence& sequence);

/// Makes the context of `user`. Disliked, late and unknown items are left out.
Context make_context(const KnownUser& user, const Catalogue& catalogue,
                     const SequenceOptions& options);

}  // namespace freshet
