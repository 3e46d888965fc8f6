#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet {

/// Remembers when each row of a table last changed, so that any number of readers can each catch up
/// with what changed since they last looked. Time is the count of changes' batches: a writer calls
/// `advance` before it marks. A reader's question costs the blocks of rows plus the rows of changed
/// blocks. Confined to one thread while it is written; reading is thread-safe.
class RowStamps {
 public:
  using Time = std::uint64_t;

  std::size_t rows() const { return rows_.size(); }
  /// A reader that saw all up to `now()` asks later for what is after it.
  Time now() const { return now_; }
  void advance() { ++now_; }

  /// Sets the count of rows; new rows are unmarked.
  void resize(std::size_t rows) {
    rows_.resize(rows, 0);
    blocks_.resize((rows + kBlock - 1) / kBlock, 0);
  }
  void mark(std::size_t row) { rows_[row] = blocks_[row / kBlock] = now_; }
  void mark_all() {
    std::fill(rows_.begin(), rows_.end(), now_);
    std::fill(blocks_.begin(), blocks_.end(), now_);
  }

  /// Calls `use(row)` for every row marked after `time`, ascending.
  template <class Use>
  void for_each_after(Time time, const Use& use) const {
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      if (blocks_[block] <= time) continue;
      const std::size_t end = std::min((block + 1) * kBlock, rows_.size());
      for (std::size_t row = block * kBlock; row < end; ++row)
        if (rows_[row] > time) use(row);
    }
  }

 private:
  static constexpr std::size_t kBlock = 256;

  Time now_ = 0;
  std::vector<Time> rows_;    // [rows]
  std::vector<Time> blocks_;  // [ceil(rows / kBlock)] the newest of its rows.
};

}  // namespace freshet
