#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "state/state_store.h"

namespace freshet {

/// The outbox as it stands on disk: a log with one row for each commit that changes it, instead of
/// a row for each user, since keys in rising order cost a store a fraction of scattered ones. A row
/// says who is owed a list since then and who no longer is; rows are read in order. The oldest rows
/// go once nothing in them is owed any more. Where little of much is still owed, one row takes it
/// all over, so the log stays within twice the debts and kSlack. Confined to one thread.
class OutboxLog {
 public:
  /// Entries beyond twice the debts that are worth a new row.
  static constexpr std::size_t kSlack = 4'096;

  /// What a commit does to the rows.
  struct Change {
    std::uint64_t number = 0;         ///< Of the new row.
    std::optional<std::string> row;   ///< Empty = there is nothing to note.
    std::vector<std::uint64_t> gone;  ///< Rows that are not needed any more.
  };

  /// Reads a row; in rising order of `number`, before anything else. Errors: kCorrupt.
  Status replay(std::uint64_t number, std::string_view row);

  /// Takes over what `commit` changes. After a change that could not be written the log is of no
  /// more use: it is to be read again.
  Change apply(const Commit& commit);

  /// Who is owed a list, by offset.
  std::vector<OwedList> owed() const;
  /// What the user is owed.
  std::optional<OwedList> owed_to(const UserId& user) const;

 private:
  struct Row {
    std::size_t entries = 0;
    std::size_t owed = 0;  // Of these, still.
  };
  struct Debt {
    OwedList list;
    std::uint64_t row = 0;
  };

  void owe(OwedList list, std::uint64_t row);
  void settle(const UserId& user);
  void drop_oldest(Change& change);
  void move_all(Change& change);
  void add_row(Change& change, std::span<const UserId> settled, std::span<const OwedList> owed);

  std::map<std::uint64_t, Row> rows_;
  absl::flat_hash_map<UserId, Debt> debts_;
  std::size_t entries_ = 0;  // Of all rows.
  std::uint64_t next_ = 0;
};

}  // namespace freshet
