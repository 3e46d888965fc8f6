#pragma once

#include <vector>

#include "config/state_config.h"
#include "ingest/event.h"
#include "state/training_example.h"
#include "state/user_state.h"

namespace freshet {

/// What an event did to its user's state.
enum class FoldOutcome : std::uint8_t {
  kApplied,    ///< Folded and, unless an impression or a cancellation, learned from.
  kDuplicate,  ///< The event id was seen before: the state is unchanged.
  kLate,       ///< Folded, marked, not learned from.
  kBot,        ///< Folded, not learned from: the user is marked as a bot.
  kAbsurd,     ///< Folded, not learned from: a quantity or value beyond reason.
  kForgotten,  ///< Not folded, by the task: the user was forgotten after it.
};
inline constexpr std::size_t kFoldOutcomeCount = 6;

/// Returns the outcome's name, the metric label.
std::string_view to_string(FoldOutcome outcome);

/// Where in the input log an event stands.
struct EventPosition {
  PartitionId partition;
  Offset offset;
};

/// The fold: new state = f(state, event). Deterministic: event time only, no clock, no random, no
/// model output, so a replay of the log gives the same bytes. Immutable after construction.
class Fold {
 public:
  explicit Fold(const StateConfig& config) : config_(config) {}

  /// Applies `event` to its user's `state` and appends the training examples it gives, one per item
  /// and with the history before the event, to `examples`.
  FoldOutcome apply(const Event& event, EventPosition position, UserState& state,
                    std::vector<TrainingExample>& examples) const;

 private:
  bool is_duplicate(const Event& event, const UserState& state) const;
  bool opens_session(const Event& event, const UserState& state) const;
  void count_rate(const Event& event, UserState& state) const;
  void remember_id(const Event& event, UserState& state) const;
  void remember_context(const Event& event, UserState& state) const;
  void add_examples(const Event& event, EventPosition position, const UserState& state,
                    std::vector<TrainingExample>& examples) const;
  void expire(UserState& state) const;
  void add_items(const Event& event, bool session_start, bool late, UserState& state) const;

  StateConfig config_;
};

}  // namespace freshet
