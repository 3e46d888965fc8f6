#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config/state_config.h"
#include "state/state_store.h"
#include "state/stored_position.h"

namespace freshet {

/// What all databases of the process share: block cache, memtable budget, background threads.
/// Thread-safe; outlives the stores.
class RocksDbResources {
 public:
  explicit RocksDbResources(const StateConfig& config);
  ~RocksDbResources();
  RocksDbResources(const RocksDbResources&) = delete;
  RocksDbResources& operator=(const RocksDbResources&) = delete;

  /// Bytes used now by all databases: block cache and memtables.
  std::uint64_t memory_bytes() const;

 private:
  friend class RocksDbStore;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Main figures of one database, for metrics.
struct RocksDbFigures {
  std::uint64_t users_estimate = 0;
  std::uint64_t sst_bytes = 0;
  std::uint64_t memtable_bytes = 0;
  std::uint64_t pending_compaction_bytes = 0;
};

/// What a database holds of one user.
struct UserRows {
  bool has_state = false;
  std::optional<OwedList> owed;
  std::vector<Offset> dead_letters;  ///< Whose key is the user.
  std::optional<ForgottenUser> forgotten;
};

/// One partition's state in one RocksDB database. A commit is one WriteBatch in the write-ahead
/// log, without fsync: it survives a crash of the process, and what a crash of the machine loses is
/// replayed from Kafka. Confined to one thread, except what says otherwise.
class RocksDbStore final : public StateStore {
 public:
  /// Opens or makes the database. Errors: kUnavailable when another process holds it or the
  /// directory cannot be written, kNoSpace, kCorrupt when the files are not what was written or one
  /// was found so before: a damaged database is refused until it is moved away.
  static Result<std::unique_ptr<RocksDbStore>> open(const std::string& directory,
                                                    const RocksDbResources& resources);
  ~RocksDbStore() override;

  Result<Recovery> recover() override;
  Result<std::vector<std::optional<std::string>>> load(std::span<const UserId> users) override;
  Status commit(const Commit& commit) override;
  Status note(const Attempt& attempt) override;
  void close() override;
  Status visit_users_between(const UserId& begin, const UserId& end,
                             const UserVisitor& visit) override;

  /// Where the database stands, read without opening it for writing: nothing is changed. Errors as
  /// open().
  static Result<StoredPosition> position_in(const std::string& directory);

  /// What the database holds of `user`, read as position_in() does.
  static Result<UserRows> rows_in(const std::string& directory, const UserId& user);

  /// Where the database stands; takes no epoch. Thread-safe.
  Result<StoredPosition> position() const;

  /// Epochs taken from now on are larger than `epoch`; durable when it returns.
  Status raise_epoch(Epoch epoch);

  /// Reads every block and compares its checksum. Errors: kCorrupt; it is not opened again then.
  Status verify() const;

  /// Makes a copy in the new directory `directory` that can be opened; on the same file system its
  /// tables are hard links. The copy is the database after some whole commit. Thread-safe.
  Status checkpoint(const std::string& directory) const;

  /// Grows with every commit. Thread-safe.
  std::uint64_t write_count() const;

  /// Thread-safe.
  RocksDbFigures figures() const;

 private:
  struct Parts;
  explicit RocksDbStore(std::unique_ptr<Parts> parts);
  Status write_epoch(Epoch epoch);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
