#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "config/ids.h"
#include "state/training_example.h"

namespace freshet {

/// How far each partition has been learned, so that nothing is learned twice after a restart. One
/// event may bring several examples, one per item, all with its offset. Confined to one thread.
class TrainedOffsets {
 public:
  /// True, once, if the example was not learned before; then it counts as learned.
  bool admit(const TrainingExample& example) {
    const auto [place, is_first] = newest_.try_emplace(example.partition.value);
    Newest& newest = place->second;
    if (!is_first && example.offset.value < newest.offset) return false;
    if (is_first || example.offset.value > newest.offset) {
      newest.offset = example.offset.value;
      newest.items.clear();
    }
    auto& items = newest.items;
    if (std::find(items.begin(), items.end(), example.item.value) != items.end()) return false;
    items.push_back(example.item.value);
    return true;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(newest_);
  }

 private:
  struct Newest {
    std::int64_t offset = 0;
    std::vector<std::uint64_t> items;  // Learned at `offset`.

    template <class Archive>
    void serialize(Archive& archive) {
      archive(offset, items);
    }
  };

  std::map<std::int32_t, Newest> newest_;  // By partition.
};

}  // namespace freshet
