#pragma once

#include <cstddef>
#include <optional>

#include "state/state_store.h"

namespace freshet {

/// Finds a record that kills the process, by what earlier starts of this database noted, and breaks
/// the loop: after two deaths without progress records are processed one by one, each noted first;
/// the one in hand at the third death is set aside. In normal operation nothing is noted but the
/// first batch after a start. Confined to one thread.
class Quarantine {
 public:
  /// `batch_records_max`: how far behind its first record a batch may have held the culprit.
  explicit Quarantine(std::size_t batch_records_max) : batch_records_max_(batch_records_max) {}

  /// Takes what the store found at the start. Called once, first.
  void opened(const Recovery& recovery);

  /// Most records of the next batch: one while the culprit is looked for.
  std::size_t batch_records_max() const { return searching() ? 1 : batch_records_max_; }

  /// What to note durably before the batch that begins with the record at `first`; empty in normal
  /// operation.
  std::optional<Attempt> attempt(Offset first) const;

  /// Whether the record at `first` has ended the process too often: it must not be looked at.
  bool condemns(Offset first) const;

  /// The batch of `records` records that began at `first` is committed.
  void committed(Offset first, std::size_t records);

 private:
  bool searching() const { return to_search_ > 0; }
  /// Deaths with the record at `first` in hand or in the batch, without progress since.
  int deaths_at(Offset first) const;

  const std::size_t batch_records_max_;
  bool first_batch_ = true;
  int deaths_ = 0;
  std::optional<Offset> suspect_;  // First record of the batch that was noted last.
  std::size_t to_search_ = 0;      // Records still to be taken one by one.
};

}  // namespace freshet
