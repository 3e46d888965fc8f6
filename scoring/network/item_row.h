#pragma once

#include <cstdint>

namespace freshet {

/// Dense index of an item in every table of the model; given out by the catalogue.
using ItemRow = std::uint32_t;

/// A row and its score; higher is better.
struct ScoredRow {
  ItemRow row = 0;
  float score = 0;

  friend bool operator==(const ScoredRow&, const ScoredRow&) = default;
};

}  // namespace freshet
