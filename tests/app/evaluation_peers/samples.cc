// evaluation_samples [SEED]: random lists, what then came, and our figures for them, as JSON on
// standard output. compare.py computes the same figures with other people's programs.
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/evaluation/quality_metrics.h"
#include "app/evaluation/report.h"
#include "sinks/json_text.h"

namespace freshet {
namespace {

constexpr std::uint64_t kItems = 120;  // Ids are 1 to this; the last ones are never acted on.
constexpr std::uint64_t kItemsSeen = 100;
constexpr std::size_t kEvents = 600;
constexpr std::size_t kCountedEvents = 3'000;
constexpr std::size_t kBaskets = 300;
constexpr std::uint64_t kCategories = 7;
constexpr std::size_t kDimension = 5;

using Vector = std::array<double, kDimension>;

double cosine(const Vector& a, const Vector& b) {
  double product = 0;
  double a_square = 0;
  double b_square = 0;
  for (std::size_t i = 0; i < kDimension; ++i) {
    product += a[i] * b[i];
    a_square += a[i] * a[i];
    b_square += b[i] * b[i];
  }
  return product / std::sqrt(a_square * b_square);
}

class Samples {
 public:
  explicit Samples(std::uint64_t seed) : random_(seed) {
    for (Vector& vector : vectors_)
      for (double& value : vector) value = uniform();
  }

  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  double uniform() { return std::uniform_real_distribution<double>()(random_); }

  /// Small numbers are likelier, as popular items are.
  ItemId item(std::uint64_t count) {
    return {1 + static_cast<std::uint64_t>(static_cast<double>(count) * uniform() * uniform())};
  }

  std::vector<ItemId> distinct_items(std::size_t count) {
    std::vector<ItemId> items;
    std::set<ItemId> known;
    while (items.size() < count) {
      const ItemId next = item(kItems);
      if (known.insert(next).second) items.push_back(next);
    }
    return items;
  }

  const Vector& vector(ItemId item) const { return vectors_[item.value]; }

 private:
  std::mt19937_64 random_;
  std::array<Vector, kItems + 1> vectors_{};
};

void put_items(JsonWriter& writer, std::string_view key, std::span<const ItemId> items) {
  put_key(writer, key);
  writer.StartArray();
  for (const ItemId item : items) writer.Uint64(item.value);
  writer.EndArray();
}

void put_catalogue(JsonWriter& writer, const Samples& samples) {
  put_key(writer, "vectors");
  writer.StartArray();
  for (std::uint64_t item = 1; item <= kItems; ++item) {
    writer.StartArray();
    for (const double value : samples.vector({item})) put_number(writer, value);
    writer.EndArray();
  }
  writer.EndArray();
}

void put_counted(JsonWriter& writer, Samples& samples, ItemCounts& counts) {
  put_key(writer, "counted");
  writer.StartArray();
  for (std::size_t i = 0; i < kCountedEvents; ++i) {
    const ItemId item = samples.item(kItemsSeen);
    counts.add(item);
    writer.Uint64(item.value);
  }
  writer.EndArray();
}

/// Judges one random event and writes it.
void put_event(JsonWriter& writer, Samples& samples, QualityMetrics& metrics) {
  const auto list = samples.distinct_items(kEvaluatedListMax);
  const auto history = samples.distinct_items(samples.below(6));
  const auto popular = samples.distinct_items(kEvaluatedListMax);
  std::vector<JudgedItem> judged;
  writer.StartObject();
  put_items(writer, "list", list);
  put_key(writer, "probabilities");
  writer.StartArray();
  for (const ItemId item : list) {
    const auto probability = static_cast<float>(std::pow(samples.uniform(), 3));
    judged.push_back({item, probability, Source::kWalk});
    put_number(writer, static_cast<double>(probability));
  }
  writer.EndArray();
  JudgedEvent event;
  event.list = judged;
  event.target = samples.uniform() < .6 ? list[samples.below(list.size())] : samples.item(kItems);
  event.target_probability = samples.uniform() < .1 ? 0 : static_cast<float>(samples.uniform());
  event.items = kItems;
  event.history = history;
  event.popular = popular;
  metrics.judge(event);
  put_key(writer, "target");
  writer.Uint64(event.target.value);
  put_key(writer, "target_probability");
  put_number(writer, static_cast<double>(event.target_probability));
  put_items(writer, "history", history);
  put_items(writer, "popular", popular);
  writer.EndObject();
}

/// Writes lists of any length with several relevant items, and our mean figures at each cut-off.
void put_baskets(JsonWriter& writer, Samples& samples) {
  EvaluatedQuality means;
  put_key(writer, "baskets");
  writer.StartArray();
  for (std::size_t i = 0; i < kBaskets; ++i) {
    const auto list = samples.distinct_items(1 + samples.below(kEvaluatedListMax));
    const auto relevant = samples.distinct_items(1 + samples.below(9));
    writer.StartObject();
    put_items(writer, "list", list);
    put_items(writer, "relevant", relevant);
    writer.EndObject();
    for (std::size_t c = 0; c < kCutOffs.size(); ++c) {
      const RankingFigures figures = ranking_figures(list, relevant, kCutOffs[c]);
      RankingFigures& mean = means.at[c].ranking;
      means.at[c].k = kCutOffs[c];
      for (const auto member :
           {&RankingFigures::hit_rate, &RankingFigures::recall, &RankingFigures::precision,
            &RankingFigures::f1, &RankingFigures::mrr, &RankingFigures::ndcg})
        mean.*member += figures.*member / static_cast<double>(kBaskets);
    }
  }
  writer.EndArray();
  const std::string figures = encode_figures(means);
  put_key(writer, "basket_figures");
  writer.RawValue(figures.data(), figures.size(), rapidjson::kObjectType);
}

std::string sample_json(std::uint64_t seed) {
  Samples samples(seed);
  ItemCounts counts;
  QualityOptions options;
  options.similarity = [&samples](ItemId a, ItemId b) {
    return cosine(samples.vector(a), samples.vector(b));
  };
  // As compare.py has it: none, one, or that one and the next.
  options.categories_of = [](ItemId item) {
    ItemCategories categories{item.value % kCategories};
    if (categories[0] != 0 && item.value % 3 == 0)
      categories[1] = categories[0] % (kCategories - 1) + 1;
    return categories;
  };
  QualityMetrics metrics(counts, options);

  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "seed");
  writer.Uint64(seed);
  put_key(writer, "categories");
  writer.Uint64(kCategories);
  put_catalogue(writer, samples);
  put_counted(writer, samples, counts);
  put_key(writer, "events");
  writer.StartArray();
  for (std::size_t i = 0; i < kEvents; ++i) put_event(writer, samples, metrics);
  writer.EndArray();
  const std::string figures = encode_figures(metrics.figures());
  put_key(writer, "figures");
  writer.RawValue(figures.data(), figures.size(), rapidjson::kObjectType);
  put_baskets(writer, samples);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace
}  // namespace freshet

int main(int count, char** words) {
  const std::uint64_t seed =
      count > 1 ? std::strtoull(words[1], nullptr, 10) : std::random_device()();
  std::cout << freshet::sample_json(seed) << "\n";
  return 0;
}
