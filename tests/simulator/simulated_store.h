#pragma once

#include <functional>
#include <variant>
#include <vector>

#include "state/memory_store.h"
#include "state/stored_position.h"
#include "tests/simulator/reference.h"
#include "tests/simulator/world.h"

namespace freshet::sim {

/// All that a database holds: what the real store would hold, and for the checks what it is made
/// of.
struct Image {
  MemoryStore store;
  Lineage lineage;
  StoredPosition position;
  /// Where the database stood when its owners died; a copy brings the attempts of others along.
  std::vector<Offset> deaths;
};

/// The database of one partition on one machine's disk. A write survives the process at once and
/// the machine once it is synced: a crash of the machine loses whole writes from the end, never
/// half of one. Confined to one thread.
class SimulatedDatabase {
 public:
  explicit SimulatedDatabase(World& world) : world_(world) {}
  /// A snapshot that was brought in, durably.
  SimulatedDatabase(World& world, Image image) : world_(world), synced_(image), written_(image) {}

  /// The next epoch will be larger than `epoch`.
  void raise_epoch(Epoch epoch);
  /// Takes the next epoch, durably.
  Recovery recover();
  void write(const Commit& commit);
  void write(const Attempt& attempt);
  void close();
  /// A crash of the machine.
  void tear();

  /// What a process that opens the database now would find.
  const Image& image() const { return written_; }
  Image& image() { return written_; }
  const Lineage& lineage() const { return written_.lineage; }
  /// Nothing is committed: the database begins at the log's beginning, wherever that is now.
  void begin_at(int incarnation, Offset low);
  /// A process died that had it open.
  void owner_died();
  /// Where the database stood when its owners died.
  const std::vector<Offset>& deaths() const { return written_.deaths; }

 private:
  struct TakeEpoch {
    Epoch epoch;
    bool opens = false;
  };
  struct Close {};
  using Write = std::variant<TakeEpoch, Commit, Attempt, Close>;
  void add(Write write);
  void sync();
  static void apply(const Write& write, Image& image);

  World& world_;
  Image synced_;
  Image written_;
  std::vector<Write> unsynced_;
  Epoch epoch_max_{0};  // The largest ever given out, for the check.
};

/// One process's handle of a database. Each call is a place where the process may die, before and
/// after it takes effect, and where its other threads get their turn. Confined to one thread.
class SimulatedStore final : public StateStore {
 public:
  /// `others` lets the process's other threads work for a moment; `alive` says whether the process
  /// still runs. All outlive the store.
  SimulatedStore(World& world, SimulatedDatabase& database, const bool& alive,
                 std::function<void()> others)
      : world_(world), database_(database), alive_(alive), others_(std::move(others)) {}

  Result<Recovery> recover() override;
  Result<std::vector<std::optional<std::string>>> load(std::span<const UserId> users) override;
  Status commit(const Commit& commit) override;
  Status note(const Attempt& attempt) override;
  void close() override;
  Status visit_users_between(const UserId& begin, const UserId& end,
                             const UserVisitor& visit) override;

 private:
  void commit_wrongly(const Commit& commit);
  void write_half(const Commit& commit);

  World& world_;
  SimulatedDatabase& database_;
  const bool& alive_;
  const std::function<void()> others_;
};

}  // namespace freshet::sim
