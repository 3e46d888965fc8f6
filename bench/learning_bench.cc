// Learning and ranking on one core: examples and users per second of the second stage beside
// LibTorch's eager operations doing the same arithmetic, and of the whole learner and replica, by
// counts alone, with the fused network and with its LibTorch twin; then the bytes of an item, a
// session and a user. Peers work in turns; ratios are medians of the rounds. Time is CPU time of
// the thread.
//
//   build/release/bench/learning_bench --core 1

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <stdexcept>

#include "bench/second_stage_torch.h"
#include "bench/timing.h"
#include "scoring/learning/learner.h"
#include "scoring/learning/second_stage_trainer.h"
#include "scoring/network/fused_network.h"
#include "scoring/network/torch_network.h"
#include "scoring/replica.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

struct Options {
  int core = -1;
  int rounds = 7;
  std::size_t candidates = 150, items = 20'000, users = 5'000, events = 60'000;
};

void print_row(const char* what, double ours, double theirs, double ratio) {
  std::printf("| %s | %.0f | %.0f | %.1f× |\n", what, ours, theirs, ratio);
  std::fflush(stdout);
}

/// Users' candidates with features as wide as real ones, in the layout of both sides.
struct SecondStageInput {
  std::vector<CandidateSet> sets;
  std::vector<std::size_t> targets;

  SecondStageInput(std::size_t count, std::size_t candidates) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(-3, 2);
    for (std::size_t u = 0; u < count; ++u) {
      CandidateSet& set = sets.emplace_back();
      for (std::size_t j = 0; j < candidates; ++j) {
        set.rows.push_back(static_cast<ItemRow>(j));
        set.base.push_back(normal(random) - 3);
        for (std::size_t f = 0; f < kFeatureCount; ++f) set.features.push_back(normal(random));
      }
      targets.push_back(random() % candidates);
    }
  }

  TorchSecondStage::Batch batch(std::size_t from, std::size_t count) const {
    const std::size_t candidates = sets[0].rows.size(), used = sets[0].features_used;
    TorchSecondStage::Batch batch{.users = count, .candidates = candidates, .used = used};
    for (std::size_t u = from; u < from + count; ++u) {
      const CandidateSet& set = sets[u];
      for (std::size_t j = 0; j < candidates; ++j) {
        const float* row = &set.features[j * kFeatureCount];
        batch.features.insert(batch.features.end(), row, row + used);
      }
      batch.base.insert(batch.base.end(), set.base.begin(), set.base.end());
      batch.targets.push_back(static_cast<std::int64_t>(targets[u]));
    }
    return batch;
  }
};

/// Largest difference of the weights, as a part of the largest weight.
double difference(const SecondStageWeights& ours, std::size_t used,
                  const std::vector<float>& theirs) {
  std::vector<float> values(ours.direct(), ours.direct() + used);
  values.insert(values.end(), ours.inner(), ours.inner() + used * ours.hidden);
  values.insert(values.end(), ours.inner_bias(), ours.outer() + ours.hidden);
  double largest = 0, apart = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    largest = std::max<double>(largest, std::abs(theirs.at(k)));
    apart = std::max<double>(apart, std::abs(values[k] - theirs[k]));
  }
  return apart / largest;
}

void compare_second_stage(const Options& options) {
  constexpr std::size_t kUsers = 512, kLearned = SecondStageTrainer::kGradientEvents, kRanked = 64;
  const SecondStageInput input(kUsers, options.candidates);
  const SecondStageConfig config;
  SecondStageTrainer trainer(config, 1);
  for (const CandidateSet& set : input.sets) trainer.observe(set);
  const std::size_t used = input.sets[0].features_used;
  const auto torch =
      make_torch_second_stage(trainer.weights(), used, static_cast<float>(config.learning_rate));
  std::vector<TorchSecondStage::Batch> learned, ranked;
  for (std::size_t u = 0; u < kUsers; u += kLearned) learned.push_back(input.batch(u, kLearned));
  for (std::size_t u = 0; u < kUsers; u += kRanked) ranked.push_back(input.batch(u, kRanked));
  GradientGate gate(0);
  SecondStagePass pass;
  std::vector<double> learn, torch_learn, learn_ratio, rank, torch_rank, rank_ratio;
  double apart = 0;
  for (int round = 0; round < options.rounds; ++round) {
    const auto rate = [](double seconds) { return static_cast<double>(kUsers) / seconds; };
    learn.push_back(rate(seconds_of([&] {
      for (std::size_t u = 0; u < kUsers; ++u) trainer.learn(input.sets[u], input.targets[u], gate);
    })));
    torch_learn.push_back(rate(seconds_of([&] {
      for (const auto& batch : learned) torch->learn(batch);
    })));
    learn_ratio.push_back(learn.back() / torch_learn.back());
    if (round == 0) apart = difference(trainer.weights(), used, torch->weights());
    rank.push_back(rate(seconds_of([&] {
      for (const CandidateSet& set : input.sets) score_candidates(trainer.weights(), set, pass);
    })));
    torch_rank.push_back(rate(seconds_of([&] {
      for (const auto& batch : ranked) torch->score(batch);
    })));
    rank_ratio.push_back(rank.back() / torch_rank.back());
  }
  print_row("second stage, examples learned", median(learn), median(torch_learn),
            median(learn_ratio));
  print_row("second stage, users ranked", median(rank), median(torch_rank), median(rank_ratio));
  std::printf(
      "\n%zu candidates, %zu features; weights after %zu examples differ by %.1e of the "
      "largest\n\n",
      options.candidates, used, kUsers, apart);
}

/// A stream in which items have usual successors and a few make most of the clicks.
class Stream {
 public:
  explicit Stream(const Options& options) : options_(options), users_(options.users) {}

  std::vector<TrainingExample> next(std::size_t count) {
    std::vector<TrainingExample> examples;
    while (examples.size() < count) {
      const std::size_t u = random_() % users_.size();
      UserState& user = users_[u];
      const bool opens = user.history.empty() || random_() % 6 == 0;
      const std::size_t item = opens ? any_item() : successor_of(newest_[u]);
      newest_[u] = item;
      TrainingExample& example = examples.emplace_back();
      example.offset = Offset{static_cast<std::int64_t>(++events_)};
      example.user = "u" + std::to_string(u);
      example.history = user.history;
      example.item_name = "i" + std::to_string(item);
      example.item = item_id_of(example.item_name);
      example.session_start = opens;
      example.event_time = EventTime{std::chrono::seconds(events_)};
      user.newest_event_time = example.event_time;
      user.history.push_back(
          {.item = example.item, .session_start = opens, .event_time = example.event_time});
      if (user.history.size() > kHistoryMax) user.history.erase(user.history.begin());
      sessions_ += opens ? 1 : 0;
    }
    return examples;
  }

  const std::vector<UserState>& users() const { return users_; }
  std::size_t sessions() const { return sessions_; }

 private:
  static constexpr std::size_t kHistoryMax = 50;

  std::size_t any_item() {
    const double u = std::uniform_real_distribution<>(0, 1)(random_);
    return static_cast<std::size_t>(u * u * u * static_cast<double>(options_.items));
  }
  std::size_t successor_of(std::size_t item) {
    return random_() % 4 == 0 ? any_item() : (item + 1 + random_() % 20) % options_.items;
  }

  const Options& options_;
  std::mt19937 random_{1};
  std::vector<UserState> users_;
  std::vector<std::size_t> newest_ = std::vector<std::size_t>(users_.size());
  std::size_t events_ = 0, sessions_ = 0;
};

double heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

/// A learner and a replica that follows it.
struct Pair {
  Learner learner;
  Replica replica;

  Pair(const ScoringConfig& config, const NetworkFactory& network)
      : learner(config, network), replica(config, network) {}

  void learn(const std::vector<TrainingExample>& examples) {
    constexpr std::size_t kMicroBatch = 64;
    for (std::size_t k = 0; k < examples.size(); k += kMicroBatch)
      learner.learn(std::span(examples).subspan(k, std::min(kMicroBatch, examples.size() - k)));
  }
  void follow() {
    const auto delta = learner.take_delta();
    if (delta && !replica.apply(*delta)) throw std::runtime_error("a delta was refused");
  }
  void rank(const std::vector<RankRequest>& requests) {
    constexpr std::size_t kBatch = 64;
    for (std::size_t k = 0; k < requests.size(); k += kBatch)
      replica.rank(std::span(requests).subspan(k, std::min(kBatch, requests.size() - k)));
  }
};

ScoringConfig config_with(bool network) {
  ScoringConfig config;
  config.network.enabled = network;
  return config;
}

std::vector<RankRequest> requests_of(const Stream& stream, std::size_t count) {
  std::vector<RankRequest> requests(count);
  for (std::size_t u = 0; u < count; ++u) requests[u].state = stream.users()[u];
  return requests;
}

/// Examples and users per second of each pair; the same events for all, by turns.
void compare_pairs(const Options& options) {
  Stream stream(options);
  const auto warm_up = stream.next(options.events);
  std::vector<std::unique_ptr<Pair>> pairs;
  const ScoringConfig config = config_with(true);
  pairs.push_back(std::make_unique<Pair>(config_with(false), nullptr));
  pairs.push_back(
      std::make_unique<Pair>(config, [&] { return make_fused_network(config.network, 1); }));
  pairs.push_back(
      std::make_unique<Pair>(config, [&] { return make_torch_network(config.network, 1); }));
  std::vector<std::vector<double>> learned(pairs.size()), ranked(pairs.size());
  std::vector<double> learn_ratio, rank_ratio;
  for (const auto& pair : pairs) {
    pair->learn(warm_up);
    pair->follow();
  }
  for (int round = 0; round < options.rounds; ++round) {
    const auto examples = stream.next(2'048);
    const auto requests = requests_of(stream, std::min<std::size_t>(1'024, options.users));
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      learned[k].push_back(static_cast<double>(examples.size()) /
                           seconds_of([&] { pairs[k]->learn(examples); }));
      pairs[k]->follow();
      ranked[k].push_back(static_cast<double>(requests.size()) /
                          seconds_of([&] { pairs[k]->rank(requests); }));
    }
    learn_ratio.push_back(learned[1].back() / learned[2].back());
    rank_ratio.push_back(ranked[1].back() / ranked[2].back());
  }
  std::printf(
      "| whole learner, whole list | ours | with LibTorch's network | ratio |\n"
      "|---|---|---|---|\n");
  print_row("with the network, examples learned", median(learned[1]), median(learned[2]),
            median(learn_ratio));
  print_row("with the network, users ranked", median(ranked[1]), median(ranked[2]),
            median(rank_ratio));
  std::printf(
      "| counts and second stage, examples learned | %.0f | | |\n"
      "| counts and second stage, users ranked | %.0f | | |\n\n",
      median(learned[0]), median(ranked[0]));
}

void print_bytes(const Options& options) {
  Stream stream(options);
  const auto examples = stream.next(options.events);
  const double before = heap_bytes();
  Learner learner(config_with(false), nullptr);
  for (std::size_t k = 0; k < examples.size(); k += 64)
    learner.learn(std::span(examples).subspan(k, std::min<std::size_t>(64, examples.size() - k)));
  const double waiting = heap_bytes();
  const auto delta = learner.take_delta();
  const double learned = heap_bytes();
  Replica replica(config_with(false), nullptr);
  if (!replica.apply(*delta)) throw std::runtime_error("a delta was refused");
  const double replicated = heap_bytes();
  const Knowledge& knowledge = learner.knowledge();
  const std::size_t items = knowledge.catalogue().rows();
  double pairs = 0, states = 0;
  for (std::size_t row = 0; row < items; ++row)
    pairs +=
        static_cast<double>(knowledge.covisitation().of(static_cast<ItemRow>(row)).rows.size());
  for (const UserState& user : stream.users()) states += static_cast<double>(encode(user).size());
  const auto per = [](double bytes, std::size_t count) {
    return bytes / static_cast<double>(count);
  };
  std::printf(
      "| bytes | |\n|---|---|\n"
      "| per item in the learner, deltas not sent included | %.0f |\n"
      "| per item in a replica | %.0f |\n"
      "| of which co-visitation, %.0f pairs of %zu bytes an item | %.0f |\n"
      "| per item in a checkpoint | %.0f |\n"
      "| per user on disk, %.1f events each | %.0f |\n"
      "| per session on disk | %.0f |\n",
      per(waiting - before, items), per(replicated - learned, items), per(pairs, items),
      sizeof(PairCounts) + sizeof(ItemRow),
      per(pairs * (sizeof(PairCounts) + sizeof(ItemRow)), items) + sizeof(Neighbours),
      per(static_cast<double>(knowledge.to_bytes().size()), items),
      per(static_cast<double>(options.events), options.users), per(states, options.users),
      per(states, stream.sessions()));
}

void run(const Options& options) {
  pin_to(options.core);
  set_torch_threads(1);
  print_bytes(options);
  std::printf("\n| per second and core | ours | LibTorch eager | ratio |\n|---|---|---|---|\n");
  compare_second_stage(options);
  compare_pairs(options);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app("Learning and ranking beside LibTorch, on one core, and the bytes they take");
  app.add_option("--core", options.core, "Core to run on; -1 = any");
  app.add_option("--rounds", options.rounds, "Rounds that the medians are of");
  app.add_option("--candidates", options.candidates, "Candidates of a user in the second stage");
  app.add_option("--items", options.items, "Items");
  app.add_option("--users", options.users, "Users");
  app.add_option("--events", options.events, "Events learned before the measured ones");
  CLI11_PARSE(app, argc, argv);
  try {
    freshet::run(options);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "learning_bench: %s\n", problem.what());
    return 1;
  }
  return 0;
}
