// Writes a trained network of every kind into a folder: KIND.safetensors, and beside it KIND.json
// with some sequences and the scores of all items after them; and a learner's checkpoint, with the
// same beside its network.safetensors. For read_checkpoint.py.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "scoring/learning/checkpoint_store.h"
#include "scoring/learning/learner.h"
#include "scoring/network_samples.h"
#include "scoring/shop_stream.h"

namespace freshet {
namespace {

constexpr std::size_t kRows = 60;

template <class Writer>
void write_sequence(const Sequence& sequence, Writer& json) {
  json.StartArray();
  for (const SequenceStep& step : sequence.steps) {
    json.StartArray();
    json.Uint(step.row);
    json.Uint(step.action);
    json.Uint(step.gap_bucket);
    json.EndArray();
  }
  json.EndArray();
}

template <class Writer>
void write_conditions(const Sequence& sequence, Writer& json) {
  json.StartArray();
  for (const ConditionRow row : sequence.conditions) json.Uint(row);
  json.EndArray();
}

template <class Writer>
void write_scores(const ItemTableView& items, const float* query, Writer& json) {
  json.StartArray();
  for (std::size_t row = 0; row < items.rows; ++row) {
    double score = items.biases[row];
    for (std::size_t d = 0; d < items.dim; ++d) {
      score += double{query[d]} * items.vectors[row * items.dim + d];
    }
    json.Double(score);
  }
  json.EndArray();
}

std::string expected_scores(Network& network) {
  const ItemTableView items = network.item_table();
  const auto sequences = sequences_of(Walk(items.rows, 3).batch(10));
  const auto queries = *network.queries(sequences);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer json(buffer);
  json.StartArray();
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    json.StartObject();
    json.Key("sequence");
    write_sequence(sequences[i], json);
    json.Key("conditions");
    write_conditions(sequences[i], json);
    json.Key("scores");
    write_scores(items, queries.data() + i * items.dim, json);
    json.EndObject();
  }
  json.EndArray();
  return buffer.GetString();
}

void write_checkpoint_of(const NetworkKind& kind, const std::string& folder) {
  auto network = kind.make({.dim = 20, .heads = 2, .history_max = 6, .device = "cpu"}, 3);
  network->grow(kRows);
  train(*network, kRows, 30, 1);
  const std::string name = folder + "/" + kind.name;
  std::ofstream(name + ".safetensors", std::ios::binary) << *network->save();
  std::ofstream(name + ".json") << expected_scores(*network);
}

/// Returns false if it cannot be written.
bool write_learners_checkpoint(const std::string& folder) {
  ScoringConfig config;
  config.network = {.enabled = true, .dim = 20, .heads = 2, .history_max = 6, .negatives = 32};
  Learner learner(config, [&] { return make_fused_network(config.network, 3); });
  learner.learn(ShopStream(3).take(2'000));
  if (!learner.save(folder)) return false;
  const std::string newest = checkpoints_in(folder)->front();
  std::ofstream(newest + "/network.json") << expected_scores(*learner.knowledge().network());
  return true;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: write_checkpoints FOLDER\n"), 2;
  for (const auto& kind : freshet::network_kinds()) freshet::write_checkpoint_of(kind, argv[1]);
  return freshet::write_learners_checkpoint(std::string(argv[1]) + "/model") ? 0 : 1;
}
