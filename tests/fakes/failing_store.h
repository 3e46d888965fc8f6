#pragma once

#include "state/state_store.h"

namespace freshet {

/// Passes everything to another store until told to fail, as a process that dies would: the failing
/// commit leaves nothing behind. Confined to one thread.
class FailingStore final : public StateStore {
 public:
  /// `store` outlives this.
  explicit FailingStore(StateStore& store) : store_(store) {}

  /// The `n`-th commit from now fails (1 = the next one), and every one after it.
  void fail_commit(int n) { commits_left_ = n; }

  /// The next `n` commits find the disk full; what comes after goes well.
  void fill_disk(int n) { full_left_ = n; }

  Result<Recovery> recover() override { return store_.recover(); }
  Result<std::vector<std::optional<std::string>>> load(std::span<const UserId> users) override {
    return store_.load(users);
  }
  Status commit(const Commit& commit) override {
    if (full_left_ > 0 && full_left_--) return error(ErrorCode::kNoSpace, "planted full disk");
    if (commits_left_ > 0 && --commits_left_ == 0) failed_ = true;
    if (failed_) return error(ErrorCode::kUnavailable, "planted failure");
    return store_.commit(commit);
  }
  Status note(const Attempt& attempt) override { return store_.note(attempt); }
  void close() override { store_.close(); }
  Status visit_users_between(const UserId& begin, const UserId& end,
                             const UserVisitor& visit) override {
    return store_.visit_users_between(begin, end, visit);
  }

 private:
  StateStore& store_;
  int commits_left_ = 0;
  int full_left_ = 0;
  bool failed_ = false;
};

}  // namespace freshet
