#include "scoring/experts/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>

namespace freshet {
namespace {

constexpr std::size_t kRows = 300;

/// Item x's step to y, by the definition (docs/model.md).
struct Step {
  float forward = 0, backward = 0;
  float both() const { return forward + backward; }
};

Step step(const Covisitation& counts, ItemRow x, ItemRow y) {
  const Neighbours& from = counts.of(x);
  for (const Edge& edge : from.edges.rows()) {
    if (edge.row != y) continue;
    return {edge.forward / from.edge_sum, (edge.score - edge.forward) / from.edge_sum};
  }
  return {};
}

Covisitation random_counts(std::mt19937_64& random) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(kRows);
  for (int k = 0; k < 3'000; ++k) {
    std::vector<ContextStep> steps;
    for (int n = 0; n < 3; ++n)
      steps.push_back({static_cast<ItemRow>(random() % kRows), random() % 4 > 0});
    counts.observe(static_cast<ItemRow>(random() % kRows), steps, {});
  }
  return counts;
}

Context random_context(std::mt19937_64& random) {
  Context context;
  for (std::uint32_t k = 0; k < 6; ++k)
    context.distinct.push_back(
        {.row = static_cast<ItemRow>(random() % kRows), .steps_back = k, .times = 1});
  return context;
}

/// The two-step walk to `to`, origin by origin and middle by middle.
Reach plain_walk(const Covisitation& counts, std::span<const DistinctItem> origins, ItemRow to) {
  constexpr std::size_t kUsed = 2;
  Reach reached;
  float total = 0;
  for (std::size_t k = 0; k < kUsed; ++k) total += origins[k].weight(k);
  for (std::size_t k = 0; k < origins.size(); ++k) {
    const float weight = origins[k].weight(k);
    for (ItemRow middle = 0; middle < kRows; ++middle) {
      const Step first = step(counts, origins[k].row, middle);
      const Step second = step(counts, middle, to);
      const float both = weight * first.both() * second.both();
      if (k >= kUsed) {
        reached.two_hops_older += both;
        continue;
      }
      const float near = weight / total;
      reached.forward_forward += near * first.forward * second.forward;
      reached.forward_backward += near * first.forward * second.backward;
      reached.backward_forward += near * first.backward * second.forward;
      reached.backward_backward += near * first.backward * second.backward;
      reached.two_hops += both / total;
      if (k == 0) reached.two_hops_from_last += both / total;
      reached.paths += both > 0 ? 1 : 0;
    }
    if (k < kUsed) reached.one_step += weight / total * step(counts, origins[k].row, to).both();
  }
  return reached;
}

TEST(WalkExpert, FindsWhatTheDefinitionSays) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const Covisitation counts = random_counts(random);
  WalkExpert walk(counts);
  for (int round = 0; round < 3; ++round) {  // What one context left behind would show in the next.
    const Context context = random_context(random);
    walk.prepare(context, kRows);
    for (ItemRow row = 0; row < kRows; ++row) {
      const Reach expected = plain_walk(counts, context.distinct, row);
      const Reach& found = walk.reach(row);
      const auto near = [&](float a, float b) { EXPECT_NEAR(a, b, 1e-6 + b * 1e-4) << seed; };
      near(found.forward_forward, expected.forward_forward);
      near(found.forward_backward, expected.forward_backward);
      near(found.backward_forward, expected.backward_forward);
      near(found.backward_backward, expected.backward_backward);
      near(found.two_hops, expected.two_hops);
      near(found.two_hops_from_last, expected.two_hops_from_last);
      near(found.two_hops_older, expected.two_hops_older);
      near(found.one_step, expected.one_step);
      EXPECT_EQ(found.paths, expected.paths) << seed;
    }
  }
}

TEST(KeepBest, GivesWhatSortingGives) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const std::size_t size : {0, 1, 30, 31, 124, 125, 1'000, 20'000}) {
    for (const std::size_t count : {0, 1, 30}) {
      std::vector<ScoredRow> rows;
      for (ItemRow row = 0; row < size; ++row)
        rows.push_back({row, static_cast<float>(random() % 500)});  // With ties.
      if (random() % 2 == 0) std::reverse(rows.begin(), rows.end());
      std::vector<ScoredRow> expected = rows;
      std::sort(expected.begin(), expected.end(), stands_before);
      expected.resize(std::min(count, size));
      keep_best(rows, count);
      ASSERT_EQ(rows.size(), expected.size());
      for (std::size_t k = 0; k < rows.size(); ++k)
        ASSERT_EQ(rows[k].row, expected[k].row) << seed << ": " << size << " rows, place " << k;
    }
  }
}

}  // namespace
}  // namespace freshet
