#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/item_update.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// What became of an item in a user's list.
enum class Verdict : std::uint8_t {
  kInList,
  kRankedBelow,    ///< A candidate, but others were better.
  kNotACandidate,  ///< No expert named it.
  kFiltered,       ///< It must not stand in this user's list.
  kUnknownItem,
};

/// Returns the verdict's name on the wire, for example "ranked_below".
std::string_view to_string(Verdict verdict);

/// One expert's view of one item for one user.
struct ExpertOpinion {
  Source source = Source::kPopular;
  float probability = 0;            ///< That the user's next item is this one, by the expert.
  std::optional<std::size_t> rank;  ///< Among its candidates, from 1; none = it does not name it.
  float share = 0;                  ///< Its part of the mixture's probability, 0..1.
};

/// Why an item stands in a user's list, or why not.
struct Explanation {
  UserId user;
  std::string item;  ///< Its id on the wire.
  Verdict verdict = Verdict::kUnknownItem;
  std::string filter;                  ///< What took it out: "bought"; empty unless kFiltered.
  std::optional<std::size_t> rank;     ///< Among candidates that pass the filters, from 1.
  std::optional<float> score;          ///< As RankedItem::score.
  std::optional<float> score_needed;   ///< Of the list's last item; none = the list is empty.
  float probability = 0;               ///< Under the mixture, whether it is a candidate or not.
  std::vector<Reason> reasons;         ///< As RankedItem::reasons; none for an unknown item.
  std::vector<ExpertOpinion> experts;  ///< Those that have an opinion on this user.
  std::string sentence;                ///< All of it for people.
  Fallback fallback = Fallback::kNone;
  ModelVersion model_version;
};

/// An item with what all users' newest events say of it.
struct ItemFigures {
  ItemUpdate item;         ///< As described last, without embedding; id and name if never.
  bool described = false;  ///< An item update has come.
  bool available = true;
  std::optional<std::size_t> popularity_rank;  ///< From 1; none beyond the kPopularMax first.
  float share = 0;                             ///< Of all users' newest events, 0..1.
  float trend = 1;               ///< Share now against the usual one (docs/model.md); 1 = as usual.
  std::uint32_t seen_times = 0;  ///< Times it was a target.
};

/// An item that completes a basket.
struct BundleItem {
  ItemId id;
  std::string name;      ///< Its id on the wire.
  double price = 0;      ///< 0 = not given.
  float lift = 0;        ///< With the whole basket (complete_basket); > 1.
  float confidence = 0;  ///< Share of baskets with the first of `because_of` that have it, 0..1.
  float support = 0;     ///< Baskets with both, each as what it has decayed to.
  std::vector<std::string> because_of;  ///< Items of the basket it goes with, strongest first.
};

/// What completes a basket.
struct Bundle {
  std::vector<std::string> basket;  ///< The items of the question that are known.
  std::vector<BundleItem> items;    ///< In the order they were added.
  double price = 0;                 ///< Of the added items together.
};

/// What goes with an item, for everybody.
struct ItemRelations {
  ItemId id;
  std::string name;                 ///< The item's id on the wire.
  std::vector<RankedItem> related;  ///< Best first.
  Bundle bundle;                    ///< That completes a basket of this item alone.
  ModelVersion model_version;
};

}  // namespace freshet
