#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <span>
#include <vector>

#include "scoring/network/conditions.h"
#include "scoring/network/fused_network.h"
#include "scoring/network/negative_sampler.h"
#ifdef FRESHET_LIBTORCH
#include "scoring/network/torch_network.h"
#endif

namespace freshet {

/// An implementation of the port that every test of the contract runs on.
struct NetworkKind {
  const char* name;
  std::unique_ptr<Network> (*make)(const NetworkConfig& config, std::uint64_t seed);
};

inline std::unique_ptr<Network> make_fused(const NetworkConfig& config, std::uint64_t seed) {
  return make_fused_network(config, seed);
}

#ifdef FRESHET_LIBTORCH
inline std::unique_ptr<Network> make_torch(const NetworkConfig& config, std::uint64_t seed) {
  set_torch_threads(1);
  return make_torch_network(config, seed);
}
#endif

inline std::vector<NetworkKind> network_kinds() {
  return {
      {"fused", make_fused},
#ifdef FRESHET_LIBTORCH
      {"torch", make_torch},
#endif
  };
}

/// Users walk a ring of items: after item i comes 3i + 1.
class Walk {
 public:
  Walk(std::size_t rows, unsigned seed) : rows_(rows), random_(seed) {}

  SequenceExample next() {
    SequenceExample example;
    auto row = static_cast<ItemRow>(random_() % rows_);
    for (std::size_t length = 1 + random_() % 8; length > 0; --length) {
      const auto noise = random_();
      example.sequence.steps.push_back(
          {row, static_cast<std::uint8_t>(noise % 6), static_cast<std::uint8_t>(noise % 24)});
      row = static_cast<ItemRow>((3 * row + 1) % rows_);
    }
    for (auto conditions = random_() % 4; conditions > 0; --conditions)
      example.sequence.conditions.push_back(static_cast<ConditionRow>(random_() % 40));
    example.target = row;
    return example;
  }

  std::vector<SequenceExample> batch(std::size_t size) {
    std::vector<SequenceExample> examples(size);
    for (auto& example : examples) example = next();
    return examples;
  }

 private:
  std::size_t rows_;
  std::mt19937 random_;
};

inline std::vector<ItemRow> targets_of(std::span<const SequenceExample> examples) {
  std::vector<ItemRow> targets;
  for (const auto& example : examples) targets.push_back(example.target);
  return targets;
}

/// Trains on a walk with sampled negatives; returns the loss of each step.
inline std::vector<float> train(Network& network, std::size_t rows, int steps, unsigned seed) {
  Walk walk(rows, seed);
  NegativeSampler sampler({.seed = seed});
  for (ItemRow row = 0; row < rows; ++row) sampler.add_row(row);
  std::vector<float> losses;
  for (int step = 0; step < steps; ++step) {
    const auto examples = walk.batch(32);
    const auto targets = targets_of(examples);
    const auto loss = network.train(examples, sampler.sample(targets, 32));
    sampler.add_targets(targets);
    EXPECT_TRUE(loss) << loss.error().text;
    losses.push_back(loss.value_or(0));
  }
  return losses;
}

inline std::vector<Sequence> sequences_of(std::span<const SequenceExample> examples) {
  std::vector<Sequence> sequences;
  for (const auto& example : examples) sequences.push_back(example.sequence);
  return sequences;
}

}  // namespace freshet
