#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/content/content_index.h"
#include "scoring/delta.h"
#include "scoring/experts/action_shares.h"
#include "scoring/experts/cold_popularity.h"
#include "scoring/experts/covisitation.h"
#include "scoring/experts/popularity.h"
#include "scoring/experts/repeat.h"
#include "scoring/network/network.h"
#include "scoring/ranking/mixture.h"
#include "scoring/ranking/second_stage.h"
#include "scoring/related/basket_pairs.h"

namespace freshet {

/// Everything that is true for all users: what scoring reads. The learner has one, every replica
/// has one, and all change by `apply` alone. Confined to one thread.
class Knowledge {
 public:
  /// `factory` may be null: then there is no network.
  Knowledge(const ScoringConfig& config, const NetworkFactory& factory);

  /// Makes what the delta says known. Errors: kCorrupt when its image cannot be read or a number is
  /// not finite; then nothing has changed.
  Status apply(const Delta& delta);

  /// All of it but the network, as bytes; `from_bytes` restores it. Errors: kCorrupt.
  std::string to_bytes() const;
  Status from_bytes(const std::string& bytes);

  const Catalogue& catalogue() const { return catalogue_; }
  const ContentIndex& content() const { return content_; }
  const Popularity& popularity() const { return popularity_; }
  const ColdPopularity& cold_popularity() const { return cold_popularity_; }
  const Covisitation& covisitation() const { return covisitation_; }
  const BasketPairs& baskets() const { return baskets_; }
  const RepeatCounts& repeats() const { return repeats_; }
  const ActionShares& actions() const { return actions_; }
  const MixtureWeights& mixture() const { return mixture_; }
  const SecondStageWeights& second_stage() const { return second_stage_; }
  ModelVersion version() const { return version_; }

  /// False while the row had too few events for the network (NetworkConfig::events_min).
  bool in_network(ItemRow row) const { return popularity_.count(row) >= network_events_min_; }
  /// Leaves the steps out that the network does not know.
  void keep_network_steps(Sequence& sequence) const;
  /// Bitmap [ceil(rows/64)] of the rows that the network does not rank: unavailable or too new.
  std::span<const std::uint64_t> network_excluded(std::vector<std::uint64_t>& buffer) const;

  /// The network, or null. It computes in place, hence not const.
  Network* network() const { return network_.get(); }

 private:
  void evict(std::span<const ItemRow> rows);
  void admit(std::span<const ItemIdentity> items);
  void describe(const ItemUpdate& update);
  void count(const Delta& delta);
  void set_too_new(std::span<const ItemRow> rows);
  void count_basket(const Transition& transition, std::span<const ItemRow> before,
                    std::span<const ItemRow> basket);
  void count_return(const Transition& transition);

  Catalogue catalogue_;
  ContentIndex content_;
  Popularity popularity_;
  ColdPopularity cold_popularity_;
  Covisitation covisitation_;
  BasketPairs baskets_;
  RepeatCounts repeats_;
  ActionShares actions_;
  MixtureWeights mixture_ = MixtureWeights::even();
  SecondStageWeights second_stage_;
  std::size_t network_events_min_;
  std::vector<std::uint64_t> too_new_;  // Bitmap [ceil(rows/64)] of rows not in_network, or empty.
  std::unique_ptr<Network> network_;
  ModelVersion version_{};
};

}  // namespace freshet
