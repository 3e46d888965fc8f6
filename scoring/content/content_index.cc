#include "scoring/content/content_index.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "scoring/experts/top_list.h"

namespace freshet {
namespace {

/// Items less alike are no neighbours.
constexpr float kCosineMin = 0.05F;

/// Postings that a search for neighbours visits, strongest bins first.
constexpr std::size_t kVisitsMax = 8'192;

/// Items found by shared bins whose exact cosine is taken.
constexpr std::size_t kExactMax = 128;

/// What a shared bucket of embeddings counts for when candidates are chosen.
constexpr float kBucketScore = 0.2F;

}  // namespace

ContentIndex::ContentIndex(const ContentConfig& config, std::size_t embedding_dim)
    : config_(config),
      embedding_dim_(embedding_dim),
      embedding_share_(static_cast<float>(config.embedding_share)),
      vectors_(config.features_max, embedding_dim) {}

void ContentIndex::replace(ItemRow row, const ItemUpdate* before, const ItemUpdate& after) {
  if (!config_.enabled) return;
  if (before != nullptr && same_content(*before, after)) {
    vectors_.set_traits(vectors_.admit(row), ContentTraits::of(after));
    return;
  }
  if (before != nullptr) {
    text_features(*before, features_);
    count_document(features_, static_cast<std::uint32_t>(-1));
  }
  text_features(after, features_);
  count_document(features_, 1);
  index(row, after);
}

void ContentIndex::evict(ItemRow row, const ItemUpdate* before) {
  const ContentSlot slot = vectors_.slot_of(row);
  if (slot == kNoSlot || before == nullptr) return;
  text_features(*before, features_);
  count_document(features_, static_cast<std::uint32_t>(-1));
  forget_vectors(slot);
  vectors_.drop(row);
}

void ContentIndex::rebuild(const Catalogue& catalogue) {
  outdated_ = false;
  vectors_.clear();
  documents_ = described_ = 0;
  document_counts_.clear();
  postings_.clear();
  neighbours_.clear();
  neighbour_counts_.clear();
  versions_.clear();
  if (!config_.enabled) return;
  for (const ItemRow row : catalogue.by_age()) {
    if (catalogue.content(row) == nullptr) continue;
    text_features(*catalogue.content(row), features_);
    count_document(features_, 1);
  }
  next_rebuild_ = 64;
  while (next_rebuild_ <= documents_) next_rebuild_ *= 4;
  for (const ItemRow row : catalogue.by_age()) {
    if (catalogue.content(row) == nullptr) continue;
    text_features(*catalogue.content(row), features_);
    index(row, *catalogue.content(row));
  }
}

ContentIndex::Shape ContentIndex::shape() const {
  return {config_.enabled ? 1U : 0U,
          config_.features_max,
          config_.neighbours_max,
          config_.postings_max,
          embedding_dim_,
          std::bit_cast<std::uint64_t>(config_.embedding_share)};
}

void ContentIndex::restored(const Shape& from) {
  outdated_ = from != shape();
  buckets_.reset();
  if (embedding_dim_ > 0) buckets_.emplace(embedding_dim_);
}

/// `by`: 1, or -1 modulo 2^32.
void ContentIndex::count_document(std::span<const TextFeature> features, std::uint32_t by) {
  if (features.empty()) return;
  if (document_counts_.empty()) document_counts_.resize(kTextBins, 0);
  documents_ += by;
  for (const TextFeature& feature : features) document_counts_[feature.bin] += by;
}

/// Gives `row` the vectors of `features_` and of the item's embedding, and finds its neighbours.
void ContentIndex::index(ItemRow row, const ItemUpdate& item) {
  const ContentSlot slot = vectors_.admit(row);
  if (slot >= versions_.size()) {
    versions_.resize(slot + std::size_t{1}, 0);
    neighbour_counts_.resize(slot + std::size_t{1}, 0);
    neighbours_.resize((slot + std::size_t{1}) * config_.neighbours_max);
  }
  forget_vectors(slot);
  weigh(features_);
  vectors_.set(slot, features_, item.embedding);
  vectors_.set_traits(slot, ContentTraits::of(item));
  if (vectors_.empty(slot)) return;
  ++described_;
  connect(slot);
  add_postings(slot);
}

/// Ends what others know of the slot: neighbours that name it are outdated.
void ContentIndex::forget_vectors(ContentSlot slot) {
  drop_postings(slot);
  if (!vectors_.empty(slot)) --described_;
  ++versions_[slot];
  neighbour_counts_[slot] = 0;
}

/// tf · idf, strongest first.
void ContentIndex::weigh(std::vector<TextFeature>& features) const {
  for (TextFeature& feature : features) {
    const auto count = static_cast<float>(document_counts_[feature.bin]);
    feature.weight *= std::log(1 + static_cast<float>(documents_) / count);
  }
  std::sort(features.begin(), features.end(), [](const TextFeature& a, const TextFeature& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.bin < b.bin;
  });
}

void ContentIndex::connect(ContentSlot slot) {
  find_candidates(slot);
  query_.take(vectors_, slot, embedding_share_);
  for (ScoredRow& candidate : candidates_) candidate.score = query_.cosine(candidate.row);
  std::erase_if(candidates_, [](const ScoredRow& other) { return other.score < kCosineMin; });
  for (const ScoredRow& candidate : candidates_) raise(candidate.row, slot, candidate.score);
  std::sort(candidates_.begin(), candidates_.end(), [](const ScoredRow& a, const ScoredRow& b) {
    return a.score != b.score ? a.score > b.score : a.row > b.row;
  });
  const std::size_t count = std::min(config_.neighbours_max, candidates_.size());
  Neighbour* own = neighbours_.data() + slot * config_.neighbours_max;
  for (std::size_t k = 0; k < count; ++k)
    own[k] = {candidates_[k].row, candidates_[k].score, versions_[candidates_[k].row]};
  neighbour_counts_[slot] = static_cast<std::uint16_t>(count);
}

/// Fills `candidates_` with the slots that share most with `slot`.
void ContentIndex::find_candidates(ContentSlot slot) {
  candidates_.clear();
  if (postings_.empty()) return;
  scores_.reset(vectors_.size());
  std::size_t visits = 0;
  for (const TextFeature& feature : vectors_.text(slot)) {
    const std::vector<Posting>& list = postings_[feature.bin];
    if (visits += list.size(); visits > kVisitsMax) break;
    for (const Posting& posting : list) scores_.add(posting.slot, feature.weight * posting.weight);
  }
  const std::size_t texts = vectors_.text(slot).size();
  const auto lists = lists_of(slot);
  for (std::size_t k = texts; k < lists.size(); ++k)
    for (const Posting& posting : postings_[lists[k]]) scores_.add(posting.slot, kBucketScore);
  for (const ItemRow other : scores_.touched()) candidates_.push_back({other, scores_[other]});
  keep_best(candidates_, kExactMax);
}

/// Notes `other` among the neighbours of `owner` if it is near enough; of equally near ones the
/// newer stand first.
void ContentIndex::raise(ContentSlot owner, ContentSlot other, float cosine) {
  std::uint16_t& count = neighbour_counts_[owner];
  Neighbour* first = neighbours_.data() + owner * config_.neighbours_max;
  const auto stands_behind = [&](const Neighbour& known) {
    return known.cosine != cosine ? known.cosine < cosine : known.slot < other;
  };
  if (count == config_.neighbours_max && !stands_behind(first[count - 1])) return;
  Neighbour* last = std::remove_if(first, first + count, [&](const Neighbour& known) {
    return known.slot == other || known.version != versions_[known.slot];
  });
  if (last == first + config_.neighbours_max) --last;
  Neighbour* place = std::find_if(first, last, stands_behind);
  std::move_backward(place, last, last + 1);
  *place = {other, cosine, versions_[other]};
  count = static_cast<std::uint16_t>(last + 1 - first);
}

/// The inverted lists an item stands in: its text bins, strongest first, then its buckets.
std::vector<std::uint32_t> ContentIndex::lists_of(ContentSlot slot) const {
  std::vector<std::uint32_t> lists;
  for (const TextFeature& feature : vectors_.text(slot)) lists.push_back(feature.bin);
  if (buckets_ && !vectors_.embedding(slot).empty())
    for (const std::uint32_t bucket : buckets_->of(vectors_.embedding(slot)))
      lists.push_back(static_cast<std::uint32_t>(kTextBins) + bucket);
  return lists;
}

void ContentIndex::add_postings(ContentSlot slot) {
  if (postings_.empty()) postings_.resize(kTextBins + EmbeddingBuckets::kBuckets);
  if (!buckets_ && !vectors_.embedding(slot).empty())
    buckets_.emplace(vectors_.embedding(slot).size());
  const auto text = vectors_.text(slot);
  const auto lists = lists_of(slot);
  for (std::size_t k = 0; k < lists.size(); ++k) {
    std::vector<Posting>& list = postings_[lists[k]];
    const Posting posting{slot, k < text.size() ? text[k].weight : 1};
    if (list.size() >= config_.postings_max) {
      const auto weakest =
          std::min_element(list.begin(), list.end(),
                           [](const auto& a, const auto& b) { return a.weight < b.weight; });
      if (weakest->weight > posting.weight) continue;
      list.erase(weakest);
    }
    list.push_back(posting);
  }
}

void ContentIndex::drop_postings(ContentSlot slot) {
  if (postings_.empty()) return;
  for (const std::uint32_t list : lists_of(slot))
    std::erase_if(postings_[list], [slot](const Posting& posting) { return posting.slot == slot; });
}

void ContentIndex::neighbours(ItemRow row, std::vector<ScoredRow>& nearest) const {
  nearest.clear();
  const ContentSlot slot = vectors_.slot_of(row);
  if (slot == kNoSlot || slot >= neighbour_counts_.size()) return;
  const Neighbour* first = neighbours_.data() + slot * config_.neighbours_max;
  for (const Neighbour* known = first; known != first + neighbour_counts_[slot]; ++known)
    if (known->version == versions_[known->slot])
      nearest.push_back({vectors_.row_of(known->slot), known->cosine});
}

std::size_t ContentIndex::bytes() const {
  std::size_t bytes = vectors_.size() * (config_.features_max * sizeof(TextFeature)) +
                      neighbours_.capacity() * sizeof(Neighbour) +
                      (document_counts_.capacity() + versions_.capacity()) * sizeof(std::uint32_t);
  for (const auto& list : postings_) bytes += list.capacity() * sizeof(Posting);
  return bytes;
}

}  // namespace freshet
