#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/catalogue/catalogue.h"
#include "scoring/content/content_vectors.h"
#include "scoring/content/embedding_buckets.h"
#include "scoring/content/text_features.h"
#include "scoring/experts/sparse_scores.h"
#include "scoring/topk/top_k.h"

namespace freshet {

/// Which items are alike by what is said of them: every item's nearest by the cosine of their
/// tf-idf vectors (text) and own embeddings. Grows update by update and depends on the updates and
/// their order alone, so that a replica's is equal to the learner's (docs/model.md). It stands in
/// checkpoints: to make it anew would take longer than all else of a start.
///
/// Bounded: a fixed block per item that has content, at most ContentConfig::postings_max items per
/// inverted list (those for which the bin says most). Confined to one thread.
class ContentIndex {
 public:
  ContentIndex(const ContentConfig& config, std::size_t embedding_dim);

  /// Takes over that the content of `row` changes from `before` (null = it had none) to `after`.
  void replace(ItemRow row, const ItemUpdate* before, const ItemUpdate& after);

  /// Forgets `row`, whose content was `before` (null = it had none).
  void evict(ItemRow row, const ItemUpdate* before);

  /// True while so few items were known when the vectors were weighed that they should be weighed
  /// anew: with 64, 256, 1,024 and 4,096 items.
  bool outgrown() const { return documents_ >= next_rebuild_ && next_rebuild_ <= kRebuildMax; }

  /// Makes all of it anew from the contents of `catalogue`.
  void rebuild(const Catalogue& catalogue);

  /// True after it was read from bytes that another configuration has made: rebuild() it.
  bool outdated() const { return outdated_; }

  /// No item has content.
  bool empty() const { return described_ == 0; }

  /// Replaces `nearest` by the nearest items of `row`, best first, at most
  /// ContentConfig::neighbours_max; score = cosine. Empty where nothing is known.
  void neighbours(ItemRow row, std::vector<ScoredRow>& nearest) const;

  /// Makes `query` ready to be asked for cosines with `slot`.
  void take(ContentQuery& query, ContentSlot slot) const {
    query.take(vectors_, slot, embedding_share_);
  }

  const ContentVectors& vectors() const { return vectors_; }

  /// Bytes held, by capacity; without the inverted lists' own heads.
  std::size_t bytes() const;

  template <class Archive>
  void serialize(Archive& archive) {
    Shape shape = this->shape();
    archive(shape, vectors_, documents_, described_, next_rebuild_, document_counts_,
            neighbour_counts_, versions_);
    serialize_block(archive, neighbours_);
    std::uint64_t lists = postings_.size();
    archive(lists);
    postings_.resize(lists);
    for (std::vector<Posting>& list : postings_) serialize_block(archive, list);
    if (Archive::is_loading::value) restored(shape);
  }

 private:
  static constexpr std::uint32_t kRebuildMax = 4'096;

  struct Posting {
    ContentSlot slot = kNoSlot;
    float weight = 0;
  };
  /// Outdated once `version` is not the neighbour's any more.
  struct Neighbour {
    ContentSlot slot = kNoSlot;
    float cosine = 0;
    std::uint32_t version = 0;
  };

  /// What the bytes depend on beside the items.
  using Shape = std::array<std::uint64_t, 6>;
  Shape shape() const;
  void restored(const Shape& from);

  void forget_vectors(ContentSlot slot);
  void count_document(std::span<const TextFeature> features, std::uint32_t by);
  void index(ItemRow row, const ItemUpdate& item);
  void weigh(std::vector<TextFeature>& features) const;
  void connect(ContentSlot slot);
  void find_candidates(ContentSlot slot);
  void raise(ContentSlot owner, ContentSlot other, float cosine);
  void add_postings(ContentSlot slot);
  void drop_postings(ContentSlot slot);
  std::vector<std::uint32_t> lists_of(ContentSlot slot) const;

  ContentConfig config_;
  std::size_t embedding_dim_;
  float embedding_share_;
  bool outdated_ = false;
  ContentVectors vectors_;
  std::optional<EmbeddingBuckets> buckets_;
  std::uint32_t documents_ = 0;  // Items with text.
  std::uint32_t described_ = 0;  // Items with text or embedding.
  std::uint32_t next_rebuild_ = 64;
  std::vector<std::uint32_t> document_counts_;  // [bin]
  // [text bins, then embedding buckets], each oldest first.
  std::vector<std::vector<Posting>> postings_;
  std::vector<Neighbour> neighbours_;            // [slot, neighbours_max], best first
  std::vector<std::uint16_t> neighbour_counts_;  // [slot]
  std::vector<std::uint32_t> versions_;          // [slot] raised by every change of its vectors
  std::vector<TextFeature> features_;
  SparseScores scores_;                // By slot.
  std::vector<ScoredRow> candidates_;  // row = slot
  ContentQuery query_;
};

}  // namespace freshet
