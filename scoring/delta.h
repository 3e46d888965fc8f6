#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/ids.h"
#include "ingest/item_update.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/experts/cold_popularity.h"
#include "scoring/experts/context.h"
#include "scoring/network/network.h"
#include "scoring/ranking/mixture.h"
#include "scoring/ranking/second_stage.h"
#include "scoring/related/basket_reader.h"

namespace freshet {

/// One learned event, by rows: what the counts need to know of it.
struct Transition {
  ItemRow target = 0;
  std::uint32_t steps = 0;     ///< How many of Delta::steps are its history, newest first.
  std::uint32_t distinct = 0;  ///< Place of the target among the history's distinct items, or npos.
  std::uint32_t basket = 0;    ///< How many of Delta::basket are the event's other items.
  Action action = Action::kClick;
  Action last_action = Action::kClick;  ///< The newest one before; of no meaning without steps.
  std::uint32_t values = 0;             ///< How many of Delta::context_values are the event's.
  std::uint32_t pieces_before = 0;      ///< What the user had bought of the target.
  std::uint32_t pieces_after = 0;       ///< The same with the event.
  std::uint8_t bought_age = 0;          ///< Repurchases::age_bucket of the last purchase, if any.
  /// Part of a return that is owed to an earlier purchase; < 0 = it was no return, or none is
  /// owned.
  float due = -1;
  BasketRole role = BasketRole::kNone;  ///< What the event did to the user's basket.
  std::uint32_t together = 0;           ///< How many of Delta::together were in it before.
  EventTime event_time{};
};

/// Transition::distinct of a target that is not in the history.
inline constexpr std::uint32_t kNotInHistory = 0xffffffff;

/// What one learning interval changed; applied in the order learned, a replica becomes equal to the
/// learner. Immutable once published.
struct Delta {
  ModelVersion version;
  /// The whole knowledge before the rest of the delta, as bytes (Knowledge::to_bytes); empty =
  /// none.
  std::string image;
  std::vector<Delta> earlier;    ///< Changes without version, made in this order before the rest.
  std::vector<ItemRow> evicted;  ///< Rows whose items leave before the rest comes.
  std::vector<ItemIdentity> new_items;  ///< They get the next rows, in this order.
  std::vector<ItemUpdate> item_updates;
  std::vector<Transition> transitions;       ///< In the order learned.
  std::vector<ContextStep> steps;            ///< All transitions' histories, one after the other.
  std::vector<ItemRow> basket;               ///< All transitions' baskets, one after the other.
  std::vector<ItemRow> together;             ///< What stood in them before, one after the other.
  std::vector<ContextValue> context_values;  ///< All transitions', one after the other.
  std::optional<MixtureWeights> mixture;
  std::optional<SecondStageWeights> second_stage;
  NetworkDelta network;

  bool empty() const {
    return image.empty() && earlier.empty() && evicted.empty() && new_items.empty() &&
           item_updates.empty() && transitions.empty() && !mixture && !second_stage &&
           network.rows.empty() && network.dense.empty();
  }
};

/// Says whether all numbers that a model computes with are finite. What is not is never published
/// and never applied.
bool is_finite(const MixtureWeights& weights);
bool is_finite(const SecondStageWeights& weights);
bool is_finite(const NetworkDelta& delta);
bool is_finite(const Delta& delta);

}  // namespace freshet
