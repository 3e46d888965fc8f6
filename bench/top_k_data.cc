#include "bench/top_k_data.h"

#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cmath>
#include <deque>
#include <fstream>
#include <map>
#include <random>
#include <unordered_map>

#include "scoring/network/fused_network.h"
#include "scoring/network/negative_sampler.h"

namespace freshet {
namespace {

using Random = std::mt19937;

float normal(Random& random) { return std::normal_distribution<float>()(random); }

TopKData empty_data(std::string name, std::size_t rows, std::size_t dim, std::size_t queries) {
  TopKData data{.name = std::move(name), .rows = rows, .dim = dim};
  data.vectors.resize(rows * dim);
  data.biases.resize(rows);
  data.queries.resize(queries * dim);
  data.stamps.resize(rows);
  data.stamps.advance();
  data.stamps.mark_all();
  return data;
}

/// Reflections across random planes: together a rotation.
void rotate(std::span<float> values, std::size_t dim, unsigned seed) {
  Random random(seed);
  for (int k = 0; k < 12; ++k) {
    std::vector<float> plane(dim);
    float square = 0;
    for (float& x : plane) {
      x = normal(random);
      square += x * x;
    }
    for (std::size_t i = 0; i < values.size(); i += dim) {
      float along = 0;
      for (std::size_t d = 0; d < dim; ++d) along += values[i + d] * plane[d];
      for (std::size_t d = 0; d < dim; ++d) values[i + d] -= 2 * along / square * plane[d];
    }
  }
}

/// Sessions of `session item` lines in the order of their first lines.
std::vector<std::vector<ItemRow>> read_sessions(const std::vector<std::string>& files,
                                                std::size_t& rows) {
  std::unordered_map<std::string, ItemRow> items;
  std::unordered_map<std::string, std::size_t> places;
  std::vector<std::vector<ItemRow>> sessions;
  for (const std::string& file : files) {
    std::ifstream raw(file, std::ios::binary);
    boost::iostreams::filtering_istream lines;
    if (file.ends_with(".gz")) lines.push(boost::iostreams::gzip_decompressor());
    lines.push(raw);
    std::string session, item, rest;
    while (raw && lines >> session >> item && std::getline(lines, rest)) {
      const auto row = items.try_emplace(item, static_cast<ItemRow>(items.size())).first->second;
      const auto place = places.try_emplace(session, sessions.size()).first->second;
      if (place == sessions.size()) sessions.emplace_back();
      sessions[place].push_back(row);
    }
  }
  rows = items.size();
  return sessions;
}

Sequence sequence_of(const std::vector<ItemRow>& session, std::size_t length) {
  Sequence sequence;
  for (std::size_t i = length > 20 ? length - 20 : 0; i < length; ++i)
    sequence.steps.push_back({.row = session[i], .action = 1, .gap_bucket = 5});
  return sequence;
}

void train(Network& network, const std::vector<std::vector<ItemRow>>& sessions, std::size_t rows) {
  NegativeSampler sampler({.seed = 1});
  for (std::size_t row = 0; row < rows; ++row) sampler.add_row(static_cast<ItemRow>(row));
  std::vector<SequenceExample> examples;
  std::vector<ItemRow> targets;
  for (const auto& session : sessions) {
    for (std::size_t at = 1; at < session.size(); ++at) {
      examples.push_back({.sequence = sequence_of(session, at), .target = session[at]});
      targets.push_back(session[at]);
      if (examples.size() < 32) continue;
      const auto loss = network.train(examples, sampler.sample(targets, 256));
      if (!loss) std::fprintf(stderr, "%s\n", loss.error().text.c_str());
      sampler.add_targets(targets);
      examples.clear();
      targets.clear();
    }
  }
}

}  // namespace

TopKData gauss_data(std::size_t rows, std::size_t dim, std::size_t queries) {
  TopKData data = empty_data("gauss", rows, dim, queries);
  Random random(1);
  for (const std::span<float> values :
       {std::span<float>(data.vectors), std::span<float>(data.queries)})
    for (float& value : values) value = normal(random);
  return data;
}

TopKData spread_data(std::size_t rows, std::size_t dim, std::size_t queries) {
  TopKData data = empty_data("spread", rows, dim, queries);
  Random random(2);
  constexpr std::size_t kClusters = 200;
  std::vector<float> centres(kClusters * dim);
  for (float& value : centres) value = normal(random);
  std::lognormal_distribution<float> length(0, 0.7F);
  const auto fill = [&](std::span<float> values, bool items) {
    for (std::size_t i = 0; i < values.size(); i += dim) {
      const float* centre = centres.data() + random() % kClusters * dim;
      const float norm = items ? length(random) : 1.0F;
      for (std::size_t d = 0; d < dim; ++d) {
        const float spectrum = 1 / std::sqrt(1.0F + static_cast<float>(d) / 4);
        const float popular = d == 0 ? 1.0F : 0.0F;
        values[i + d] = norm * spectrum * (centre[d] + normal(random) + popular);
      }
    }
    rotate(values, dim, 3);
  };
  fill(data.vectors, true);
  fill(data.queries, false);
  return data;
}

TopKData trained_data(const std::vector<std::string>& files, std::size_t dim, std::size_t queries) {
  std::size_t rows = 0;
  const auto sessions = read_sessions(files, rows);
  if (rows == 0) return {};
  const NetworkConfig config{.dim = dim, .device = "cpu"};
  const auto network = make_fused_network(config, 1);
  network->grow(rows);
  train(*network, sessions, rows);
  std::vector<Sequence> sequences;
  for (std::size_t i = sessions.size(); i-- > 0 && sequences.size() < queries;)
    sequences.push_back(sequence_of(sessions[i], sessions[i].size()));
  const auto vectors = network->queries(sequences);
  TopKData data = empty_data("trained", rows, dim, 0);
  if (vectors) data.queries = *vectors;
  const ItemTableView table = network->item_table();
  data.vectors.assign(table.vectors, table.vectors + rows * dim);
  data.biases.assign(table.biases, table.biases + rows);
  return data;
}

}  // namespace freshet
