#include "app/kafka/snapshot_keeper.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/engine/thread_names.h"
#include "state/epoch_register.h"
#include "state/snapshot_catalogue.h"
#include "state/take_snapshot.h"

namespace freshet {

SnapshotKeeper::SnapshotKeeper(const StateConfig& config, SnapshotStore& snapshots,
                               StateMetrics& metrics, const Clock& clock)
    : config_(config),
      snapshots_(snapshots),
      metrics_(metrics),
      clock_(clock),
      thread_([this](std::stop_token stop) {
        name_this_thread("snapshots");
        yield_to_other_threads();
        run(stop);
      }) {}

std::string SnapshotKeeper::scratch_of(PartitionId partition) const {
  return fmt::format("{}/partition-{}.snapshot", config_.directory, partition.value);
}

void SnapshotKeeper::watch(TopicPartition of, const RocksDbStore& store, Epoch epoch,
                           const SnapshotManifest* snapshot) {
  SnapshotWriter writer(snapshots_, of);
  if (snapshot) writer.know(*snapshot);
  const PartitionId partition = of.partition;
  const std::lock_guard lock(mutex_);
  watched_.emplace(partition, Watched{std::move(of), store, epoch, std::move(writer),
                                      clock_.steady_now() + config_.snapshots.interval,
                                      snapshot ? snapshot->taken_time : clock_.now()});
  changed_.notify_all();
}

void SnapshotKeeper::release(PartitionId partition, bool sound) {
  std::unique_lock lock(mutex_);
  const auto it = watched_.find(partition);
  if (it == watched_.end()) return;
  changed_.wait(lock, [&] { return !it->second.busy; });
  auto released = watched_.extract(it);
  lock.unlock();
  if (sound) snapshot_if_changed(released.mapped());
}

void SnapshotKeeper::record_ages() {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, watched] : watched_) {
    metrics_.set_snapshot_age(partition, clock_.now() - watched.newest_time);
  }
}

void SnapshotKeeper::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto due = std::min_element(
        watched_.begin(), watched_.end(),
        [](const auto& a, const auto& b) { return a.second.next_time < b.second.next_time; });
    const SteadyTime now = clock_.steady_now();
    if (due == watched_.end() || due->second.next_time > now) {
      const auto wait = due == watched_.end() ? SteadyTime::duration(config_.snapshots.interval)
                                              : due->second.next_time - now;
      const std::size_t count = watched_.size();
      changed_.wait_for(lock, stop, wait, [&] { return watched_.size() != count; });
      continue;
    }
    Watched& watched = due->second;
    watched.next_time = now + config_.snapshots.interval;
    watched.busy = true;
    lock.unlock();
    snapshot_if_changed(watched);
    lock.lock();
    watched.busy = false;
    changed_.notify_all();
  }
}

void SnapshotKeeper::snapshot_if_changed(Watched& watched) {
  const std::uint64_t write_count = watched.store.write_count();
  if (write_count == watched.write_count) return;
  const Status done = snapshot(watched);
  if (done) {
    watched.write_count = write_count;
    return;
  }
  metrics_.record_snapshot_failure();
  spdlog::warn("partition {}: no snapshot: {}", watched.of.partition.value, done.error().text);
}

Status SnapshotKeeper::snapshot(Watched& watched) {
  const SteadyTime begin = clock_.steady_now();
  const EventTime now = clock_.now();
  const PartitionId partition = watched.of.partition;
  const auto newest = EpochRegister(snapshots_, watched.of).newest();
  if (!newest) return tl::unexpected(newest.error());
  if (*newest > watched.epoch) {
    return error(ErrorCode::kFenced, fmt::format("another instance owns it by now (epoch {}, ours "
                                                 "is {})",
                                                 newest->value, watched.epoch.value));
  }
  const auto taken = take_snapshot(watched.store, watched.writer, scratch_of(partition), now);
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) return {};
  const SnapshotCost& cost = (*taken)->cost;
  const auto duration = clock_.steady_now() - begin;
  metrics_.record_snapshot(partition, cost, duration);
  {
    const std::lock_guard lock(mutex_);
    watched.newest_time = now;
  }
  spdlog::info(
      "partition {}: snapshot at offset {}: {} files of {:.1f} MB copied, {:.1f} MB in all, {:.0f} "
      "ms",
      partition.value, (*taken)->position.next_offset->value, cost.copied_files,
      static_cast<double>(cost.copied_bytes) / 1e6, static_cast<double>(cost.size_bytes) / 1e6,
      std::chrono::duration<double, std::milli>(duration).count());
  return SnapshotCatalogue(snapshots_, watched.of).retain(config_.snapshots.keep, watched.epoch);
}

}  // namespace freshet
