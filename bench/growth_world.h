#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace freshet {

/// One size of a quantity; what the others are meanwhile.
struct Shop {
  std::size_t users = 100'000;
  std::size_t items = 20'000;
  bool described = true;  ///< Items have titles, categories, brands; else content is off.
  std::size_t partitions = 1;
  std::size_t history = 8;        ///< Events in each user's history.
  std::size_t sessions = 10'000;  ///< Sessions of five events learned beforehand.
};

/// CPU time, in microseconds.
struct Costs {
  double fold_us = 0;   ///< Per event: decode, fold, commit.
  double learn_us = 0;  ///< Per event: learn, and take over what was learned.
  double list_us = 0;   ///< Per list, its JSON included.
};

/// A shop of one size with all stages of the program around it. Confined to one thread.
class World {
 public:
  virtual ~World() = default;

  /// `folded` events are folded alone, then `served` ones go all the way.
  virtual Costs run_round(std::size_t folded, std::size_t served) = 0;

  /// What its databases hold, memtables included.
  virtual std::uint64_t disk_bytes() const = 0;
};

/// Makes the shop, its databases in `directory`. Throws std::runtime_error.
std::unique_ptr<World> make_world(const Shop& shop, const std::string& directory);

}  // namespace freshet
