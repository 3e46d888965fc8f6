#pragma once

#include <map>

#include "state/state_store.h"

namespace freshet {

/// A StateStore that lives as long as the process: for replays that need no durability, and tests.
/// Confined to one thread.
class MemoryStore final : public StateStore {
 public:
  Result<Recovery> recover() override;
  Result<std::vector<std::optional<std::string>>> load(std::span<const UserId> users) override;
  Status commit(const Commit& commit) override;
  Status note(const Attempt& attempt) override;
  void close() override;
  Status visit_users_between(const UserId& begin, const UserId& end,
                             const UserVisitor& visit) override;

  /// The last record processed.
  const std::optional<LogMark>& newest_record() const { return newest_record_; }

 private:
  Epoch epoch_{0};
  bool open_ = false;
  bool noted_ = false;  // Since recover().
  std::optional<Attempt> attempt_;
  std::optional<Offset> next_offset_;
  std::optional<LogMark> newest_record_;
  std::map<UserId, std::string> users_;
  std::map<UserId, OwedList> owed_;
  std::map<Offset, DeadLetter> dead_letters_;
  SourceOffsetMap source_offsets_;
  EventWatermark watermark_;
  std::map<std::uint64_t, ForgottenUser> forgotten_;
};

}  // namespace freshet
