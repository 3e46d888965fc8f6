#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/catalogue/item_labels.h"
#include "scoring/experts/covisitation.h"
#include "scoring/experts/popularity.h"

namespace freshet {

/// Similarity of two items by who visits both: (fw + bw) / sqrt(c_i c_j), at most 1; fw, bw = the
/// pair's counts, c = an item's events.
float covisitation_cosine(const PairCounts& pair, float count_i, float count_j);

/// How relevance is traded; each 0 = not at all .. 1.
struct RerankDials {
  float diversity = 0;
  bool by_volume = true;  ///< Diversity as a determinantal point process has it, else MMR's.
  float novelty = 0;
  float calibration = 0;

  bool any() const { return diversity > 0 || novelty > 0 || calibration > 0; }
};

/// An item that may stand in a list.
struct PoolItem {
  ItemRow row = 0;
  float score = 0;          ///< Higher is better.
  std::uint32_t place = 0;  ///< Where it came from; the pool's owner knows.
};

/// A part of what the user did: the share of one category.
struct CategoryShare {
  std::uint64_t category = 0;
  float share = 0;
};

/// p(g|u) of Steck (Calibrated Recommendations, RecSys 2018, eq. 2): the largest `count_max` shares
/// of categories in a history. Each item counts once, its p(g|i) the same for each of its
/// categories; items without any are left out.
std::vector<CategoryShare> shares_of(std::span<const ItemCategories> history,
                                     std::size_t count_max);

/// Chooses, place by place, the item of the pool with the largest
///
///     (1 - calibration) ((1 - diversity) r(j) + diversity v(j)) - calibration K(j)
///
/// - r: relevance, the score from 0, the worst of the pool, to 1; with novelty n its mean
///   (1 - n) r + n u, u = self-information -log2 of the item's share of events, 0..1 in the pool
///   (Zhou et al., PNAS 2010).
/// - v, by volume: greedy MAP inference of a determinantal point process (Chen, Zhang and Zhou,
///   NeurIPS 2018): log s(j)^2 / -log kVolumeMin, s(j)^2 = 1 - the part of j that the items taken
///   explain, from a Cholesky factor that grows by a row per item taken; the kernel is
///   covisitation_cosine, the item's quality enters through r. Else maximal marginal relevance
///   (Carbonell & Goldstein, SIGIR 1998): v = -greatest similarity to an item taken.
/// - K: KL divergence, in nats, of the list's categories with j from the user's (Steck, RecSys
///   2018, eq. 2 to 5 with alpha = 0.01): an item with n categories counts 1/n for each.
///
/// 100 -> 20 costs O(pool · list²/2) multiplications by volume. Confined to one thread.
class Reranker {
 public:
  /// Best items that are looked at, or as many as the list has.
  static constexpr std::size_t kPoolMax = 100;
  /// Items taken after which variety is complete enough: the rest is filled by relevance.
  static constexpr std::size_t kVariedMax = 50;
  /// Below it an item is as good as explained by those taken.
  static constexpr float kVolumeMin = 1e-2F;

  /// Both must outlive this object.
  Reranker(const Covisitation& covisitation, const Popularity& popularity)
      : covisitation_(covisitation), popularity_(popularity) {}

  /// What the user did, by category; `categories_of`: each item of the pool, in its order. Needed
  /// by calibration alone, valid for the next call of `choose`.
  void calibrate(std::vector<CategoryShare> user, std::vector<ItemCategories> categories_of);

  /// Calls `take` with up to `count` items of `pool`, which is sorted best first, in their new
  /// order. An item that `admits` refuses when its turn comes is passed over.
  void choose(const RerankDials& dials, std::span<const PoolItem> pool, std::size_t count,
              absl::FunctionRef<bool(const PoolItem&)> admits,
              absl::FunctionRef<void(const PoolItem&)> take);

 private:
  /// Items of the pool that have the same categories.
  struct Kind {
    std::vector<std::uint32_t> parts;  // Indices into user_: those categories that are the user's.
    std::size_t count = 0;             // Categories; the item counts 1/count for each.
  };

  std::size_t choose_varied(const RerankDials& dials, std::span<const PoolItem> pool,
                            std::size_t count, absl::FunctionRef<bool(const PoolItem&)> admits,
                            absl::FunctionRef<void(const PoolItem&)> take);
  void start(const RerankDials& dials, std::span<const PoolItem> pool);
  std::size_t next_item(const RerankDials& dials) const;
  void note_taken(const RerankDials& dials, std::span<const PoolItem> pool, std::size_t taken);
  void find_similar(std::span<const PoolItem> pool, std::size_t taken);
  void grow_factor(std::size_t taken);
  void find_kinds(std::size_t count);
  Kind kind_of(const ItemCategories& categories) const;
  void weigh_kinds();

  const Covisitation& covisitation_;
  const Popularity& popularity_;
  std::vector<std::uint16_t> slots_;  // [catalogue row] place in the pool plus one; 0 = none.
  std::vector<float> relevance_;      // [pool]
  std::vector<float> variety_;        // [pool] v.
  std::vector<float> volume_;         // [pool] s².
  std::vector<float> similar_;        // [pool] to the item taken last.
  std::vector<float> factor_;         // [taken, pool] rows of the Cholesky factor.
  std::vector<std::uint8_t> used_;    // [pool]
  std::size_t steps_ = 0;             // Items taken.
  std::vector<CategoryShare> user_;
  std::vector<ItemCategories> categories_of_;
  absl::flat_hash_map<ItemCategories, std::uint32_t> known_kinds_;
  std::vector<Kind> kinds_;
  std::vector<std::uint32_t> kind_of_;  // [pool]
  std::vector<float> listed_;           // [user_] what the items taken count.
  float listed_all_ = 0;                // Items taken.
  std::array<bool, ItemCategories{}.size() + 1> counts_used_{};  // [Kind::count]
  std::vector<float> gains_;       // [user_, Kind::count] what one more item of it takes from K.
  std::vector<float> divergence_;  // [kinds_] K with one more item of it.
};

}  // namespace freshet
