#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "scoring/experts/leave_one_out.h"
#include "scoring/experts/network_expert.h"
#include "scoring/network/conditions.h"
#include "scoring/network/fused_network.h"

namespace freshet {
namespace {

/// The weighted mean of the newest `used` items' rates, those from `part` alone if there is one.
double plain_mean(std::vector<DistinctItem> items, std::vector<float> rates, std::size_t used,
                  bool squared, std::size_t left_out, std::size_t part) {
  double total = 0, sum = 0;
  for (std::size_t t = 0, place = 0; t < items.size() && place < used; ++t) {
    if (t == left_out) continue;
    const double near = items[t].weight(place++), weight = squared ? near * near : near;
    total += weight;
    if (part == items.size() || part == t) sum += weight * static_cast<double>(rates[t]);
  }
  return total > 0 ? sum / total : 0;
}

TEST(LeaveOneOut, EqualsTheMeanMadeAnewWithoutEachItem) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> rate(0, 1);
  LeaveOneOut leave_one_out;
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = 1 + random() % 5, used = 1 + random() % 4;
    const bool squared = random() % 2 == 0;
    std::vector<DistinctItem> items;
    std::vector<float> rates;
    for (std::size_t t = 0; t < count; ++t) {
      items.push_back({.row = static_cast<ItemRow>(10 + t), .same_session = random() % 3 != 0});
      rates.push_back(random() % 4 == 0 ? 0 : rate(random));
    }
    std::vector<Influence> influences;

    leave_one_out.prepare(items, used, squared);
    leave_one_out.add_influences(rates, influences);

    const double all = plain_mean(items, rates, used, squared, count, count);
    ASSERT_EQ(influences.size(), all > 0 ? std::min(used, count) : 0);
    for (std::size_t t = 0; t < influences.size(); ++t) {
      EXPECT_EQ(influences[t].item, items[t].row);
      EXPECT_NEAR(influences[t].share, plain_mean(items, rates, used, squared, count, t) / all,
                  1e-5);
      EXPECT_NEAR(influences[t].loss, all - plain_mean(items, rates, used, squared, t, count),
                  1e-6);
    }
  }
}

/// A network expert that has looked at a history, and the same by plain loops.
class Occlusion : public testing::Test {
 protected:
  static constexpr std::size_t kRows = 300, kCandidates = 70;

  Occlusion() {
    network_->grow(kRows);
    for (int k = 0; k < 100; ++k)
      shares_.observe(Action::kClick, k % 3 == 0 ? Action::kPurchase : Action::kClick);
    context_.sequence.steps = {{5, 0, 0}, {17, 0, 2}, {5, 0, 1}, {230, 0, 0}};
    const std::vector<const Context*> batch{&context_};
    expert_.start_batch(batch, kCandidates, {});
    expert_.prepare(context_, kRows);
  }

  /// Probability of `row` among the candidates after `sequence`.
  double among_candidates(ItemRow row, Sequence sequence, Action task) {
    const ItemTableView table = network_->item_table();
    const auto queries_of = [&](Sequence asked) {
      add_task(task, asked);
      return network_->queries({&asked, 1}).value();
    };
    const auto logit = [&](const std::vector<float>& query, ItemRow item) {
      double sum = table.biases[item];
      for (std::size_t k = 0; k < table.dim; ++k)
        sum += static_cast<double>(query[k]) * table.vectors[item * table.dim + k];
      return sum;
    };
    const std::vector<float> query = queries_of(std::move(sequence));
    double total = 0;
    for (const Action action : {Action::kClick, Action::kPurchase}) {
      Sequence asked = context_.sequence;
      add_task(action, asked);
      const auto best = top_k(table, network_->queries({&asked, 1}).value(), kCandidates, {}, {});
      for (const ScoredRow& entry : best[0]) total += std::exp(logit(query, entry.row));
    }
    return std::exp(logit(query, row)) / total;
  }

  /// Both tasks, as the expert weighs them.
  double among_candidates(ItemRow row, const Sequence& sequence) {
    const auto share = [&](Action action) { return shares_.share(Action::kClick, action); };
    const double clicks = share(Action::kClick), purchases = share(Action::kPurchase);
    return (clicks * among_candidates(row, sequence, Action::kClick) +
            purchases * among_candidates(row, sequence, Action::kPurchase)) /
           (clicks + purchases);
  }

  Sequence without(ItemRow item) {
    Sequence rest = context_.sequence;
    std::erase_if(rest.steps, [item](const SequenceStep& step) { return step.row == item; });
    return rest;
  }

  std::unique_ptr<Network> network_ = make_fused_network(
      {.enabled = true, .dim = 24, .heads = 2, .history_max = 6, .negatives = 32}, 5);
  ActionShares shares_;
  TaskConfig even_{.click = 1, .cart = 1, .purchase = 1, .like = 1};
  NetworkExpert expert_{network_.get(), shares_, even_};
  Context context_;
};

TEST_F(Occlusion, LosesWhatTheNetworkGivesLessWithoutAnItem) {
  for (const ItemRow row : {ItemRow{5}, ItemRow{44}, ItemRow{299}}) {
    std::vector<Influence> influences;

    expert_.add_influences(row, influences);

    const double whole = among_candidates(row, context_.sequence);
    ASSERT_EQ(influences.size(), 3U);
    for (const Influence& influence : influences) {
      const double left = among_candidates(row, without(influence.item));
      EXPECT_NEAR(influence.loss, expert_.probability(row) * (whole - left) / whole,
                  1e-4 * expert_.probability(row));
    }
  }
}

TEST_F(Occlusion, LeavesInfluencesOfOtherExpertsAlone) {
  std::vector<Influence> influences{{.item = 3, .share = 0.25F, .loss = 0.5F}}, alone;

  expert_.add_influences(44, influences);
  expert_.add_influences(44, alone);

  ASSERT_EQ(influences.size(), 4U);
  EXPECT_EQ(influences[0].item, 3U);
  EXPECT_EQ(influences[0].share, 0.25F);
  float sum = 0;
  for (std::size_t k = 0; k < alone.size(); ++k) {
    EXPECT_EQ(influences[1 + k].share, alone[k].share);
    sum += alone[k].share;
  }
  EXPECT_NEAR(sum, 1, 1e-5);
}

}  // namespace
}  // namespace freshet
