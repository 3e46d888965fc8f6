// A process killed at any moment leaves whole commits: the state is exactly that of the batches
// before the next offset.

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <random>
#include <string_view>

#include "state/rocksdb_store.h"
#include "state_samples.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

constexpr std::int64_t kUsers = 40;

StateConfig small_buffers() {
  StateConfig config;
  config.block_cache_bytes = 1 << 20;
  config.write_buffer_bytes = 1 << 20;  // So that memtables are flushed while the child writes.
  return config;
}

/// The rows after `batch`: what each user's and each outbox row must say.
std::string state_after(std::int64_t user, std::int64_t batch) {
  return std::to_string(user) + " at " + std::to_string(batch) + std::string(400, '.');
}

/// Batch n touches a third of the users, owes a list to one, settles another's, buries one record.
Commit batch(std::int64_t n) {
  Commit commit;
  commit.next_offset = Offset{n + 1};
  for (std::int64_t user = n % 3; user < kUsers; user += 3) {
    commit.states.emplace_back(std::to_string(user), state_after(user, n));
  }
  commit.owed.push_back({std::to_string(n % 5), Offset{n}, at_ms(n)});
  commit.settled.push_back(std::to_string((n + 1) % 5));
  DeadLetter letter;
  letter.offset = Offset{n};
  commit.dead_letters.push_back(letter);
  if (n >= 3) commit.settled_dead_letters.push_back(Offset{n - 3});
  return commit;
}

/// Commits batches from where the directory stands, a byte to stdout after each, until it is
/// killed. Returns only on trouble.
int write_until_killed(const std::string& directory) {
  const RocksDbResources resources{small_buffers()};
  auto store = RocksDbStore::open(directory, resources);
  if (!store) return 2;
  const auto recovery = (*store)->recover();
  if (!recovery) return 3;
  for (std::int64_t n = recovery->next_offset.value_or(Offset{0}).value;; ++n) {
    if (!(*store)->commit(batch(n))) return 4;
    if (::write(STDOUT_FILENO, "x", 1) != 1) return 5;
  }
}

/// Waits until `count` commits were reported or none came for 10 s; returns how many were.
std::int64_t wait_for_commits(int ready, std::int64_t count) {
  std::int64_t seen = 0;
  char bytes[4096];
  while (seen < count) {
    pollfd wait{ready, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0) return seen;
    const ssize_t n = ::read(ready, bytes, std::min<std::size_t>(sizeof bytes, count - seen));
    if (n <= 0) return seen;
    seen += n;
  }
  return seen;
}

/// Lets up to about a millisecond pass: the report of a commit wakes us at one and the same place
/// in the writer's loop, and the kill must be able to fall on any.
void pass_some_time(std::mt19937_64& random) { random.discard(random() % 300'000); }

/// Runs a writer on `directory` and kills it at some moment after `commits` of its commits.
void crash_after(const std::string& directory, std::int64_t commits, std::mt19937_64& random) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A program of its own: RocksDB's threads would not come along by fork alone.
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    ::execl("/proc/self/exe", "state_crash_test", "write", directory.c_str(), nullptr);
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  EXPECT_EQ(wait_for_commits(pipe_ends[0], commits), commits);
  pass_some_time(random);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
  ::close(pipe_ends[0]);
}

/// The last batch before `next_offset` that touched `user`.
std::int64_t last_batch_of(std::int64_t user, std::int64_t next_offset) {
  std::int64_t n = next_offset - 1;
  while (n >= 0 && n % 3 != user % 3) --n;
  return n;
}

/// Compares all rows with those of batches [0, next offset); returns the next offset.
std::int64_t check_whole_batches(const std::string& directory) {
  const RocksDbResources resources{small_buffers()};
  auto store = RocksDbStore::open(directory, resources);
  EXPECT_TRUE(store) << store.error().text;
  if (!store) return -1;
  const auto recovery = (*store)->recover();
  EXPECT_TRUE(recovery) << recovery.error().text;
  if (!recovery) return -1;
  const std::int64_t next = recovery->next_offset.value_or(Offset{0}).value;

  std::map<std::string, std::string> expected;
  for (std::int64_t user = 0; user < kUsers; ++user) {
    const std::int64_t n = last_batch_of(user, next);
    if (n >= 0) expected[std::to_string(user)] = state_after(user, n);
  }
  std::map<std::string, std::string> found;
  EXPECT_TRUE((*store)->visit_users([&](auto user, auto state) { found.emplace(user, state); }));
  EXPECT_EQ(found, expected);

  std::map<std::string, std::int64_t> debts;
  std::vector<std::int64_t> letters;
  for (std::int64_t n = 0; n < next; ++n) {
    debts[std::to_string(n % 5)] = n;
    debts.erase(std::to_string((n + 1) % 5));
    if (n >= next - 3) letters.push_back(n);
  }
  std::map<std::string, std::int64_t> found_debts;
  for (const OwedList& owed : recovery->owed) found_debts[owed.user] = owed.offset.value;
  EXPECT_EQ(found_debts, debts);
  std::vector<std::int64_t> found_letters;
  for (const DeadLetter& letter : recovery->dead_letters) {
    found_letters.push_back(letter.offset.value);
  }
  EXPECT_EQ(found_letters, letters);
  return next;
}

TEST(RocksDbStore, HoldsWholeCommitsAfterItsProcessIsKilled) {
  const std::uint64_t seed = printed_seed();
  std::mt19937_64 random(seed);
  TemporaryDirectory directory;
  std::int64_t committed = 0;
  for (int round = 0; round < 8; ++round) {
    const auto commits = static_cast<std::int64_t>(random() % 3000);
    ASSERT_NO_FATAL_FAILURE(crash_after(directory.path(), commits, random));
    const std::int64_t next = check_whole_batches(directory.path());
    EXPECT_GE(next, committed + commits) << "an acknowledged commit is gone, seed " << seed;
    committed = next;
    if (HasFailure()) return;
  }
  std::cout << committed << " commits over 8 crashes\n";
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "write") {
    return freshet::write_until_killed(argv[2]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
