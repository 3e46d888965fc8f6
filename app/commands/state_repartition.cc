#include "app/commands/state_repartition.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "app/commands/progress_bar.h"
#include "config/durable_file.h"
#include "state/directory_snapshot_store.h"
#include "state/partition_layout.h"
#include "state/partition_restorer.h"
#include "state/take_snapshot.h"

namespace freshet {
namespace {

bool exists(const std::string& path) {
  std::error_code failed;
  return std::filesystem::exists(path, failed);
}

/// The log is not asked: any position will do.
LogView any_log(const TopicPartition& of) {
  return {of, {Offset{0}, Offset{std::numeric_limits<std::int64_t>::max()}}, [](Offset) {
            return Result<std::optional<LogMark>>(std::nullopt);
          }};
}

/// One run of the change. Confined to one thread.
class Job {
 public:
  Job(const Config& config, const RepartitionOptions& options, const Clock& clock)
      : config_(config),
        options_(options),
        clock_(clock),
        resources_(config.state),
        topic_(config.ingest.kafka.events_topic),
        root_(config.state.directory),
        before_(fmt::format("{}/of-{}", root_, options.from)),
        after_(fmt::format("{}/of-{}.new", root_, options.to)) {}

  Result<RepartitionFigures> run() {
    FRESHET_RETURN_IF_ERROR(open_stores());
    FRESHET_RETURN_IF_ERROR(open_before());
    FRESHET_RETURN_IF_ERROR(open_after());
    auto figures = deal_out();
    if (!figures) return figures;
    FRESHET_RETURN_IF_ERROR(swap());
    FRESHET_RETURN_IF_ERROR(write_snapshots());
    FRESHET_RETURN_IF_ERROR(replace_layout(*local_, {topic_, options_.to}));
    return figures;
  }

 private:
  Status open_stores() {
    auto local = DirectorySnapshotStore::open(root_);
    if (!local) return tl::unexpected(local.error());
    local_ = std::move(*local);
    FRESHET_RETURN_IF_ERROR(check_kept(*local_, root_));
    if (config_.state.snapshots.directory.empty()) return {};
    auto snapshots = DirectorySnapshotStore::open(config_.state.snapshots.directory);
    if (!snapshots) return tl::unexpected(snapshots.error());
    snapshots_ = std::move(*snapshots);
    return {};
  }

  Status check_kept(SnapshotStore& store, const std::string& where) const {
    const auto kept = read_layout(store, where);
    if (!kept) return tl::unexpected(kept.error());
    if (!*kept || **kept == PartitionLayout{topic_, options_.from}) return {};
    return error(ErrorCode::kInvalidConfig,
                 fmt::format("{} was made for {} partitions of {}, not for {} of {}", where,
                             (*kept)->partition_count, (*kept)->topic, options_.from, topic_));
  }

  std::string name(std::int32_t partition) const { return fmt::format("/partition-{}", partition); }

  Status open_before() {
    PartitionRestorer restorer(config_.state, resources_, snapshots_.get(), GapPolicy::kFail);
    for (std::int32_t p = 0; p < options_.from; ++p) {
      const std::string aside = before_ + name(p);
      if (exists(aside)) {  // Broken off after it was moved.
        auto store = RocksDbStore::open(aside, resources_);
        if (!store) return tl::unexpected(store.error());
        from_.push_back(std::move(*store));
        continue;
      }
      auto restored = restorer.restore(any_log({topic_, options_.from, PartitionId{p}}));
      if (!restored) return tl::unexpected(restored.error());
      if (restored->kind == StartKind::kNew && !options_.allow_missing) {
        return error(ErrorCode::kNotFound,
                     fmt::format("{}{} is missing, and there is no snapshot of it: bring it here "
                                 "from the instance that has it, or say --allow-missing if it "
                                 "never had events",
                                 root_, name(p)));
      }
      from_.push_back(std::move(restored->store));
    }
    return {};
  }

  Status open_after() {
    FRESHET_RETURN_IF_ERROR(remove_tree(after_));
    for (std::int32_t q = 0; q < options_.to; ++q) {
      auto store = RocksDbStore::open(after_ + name(q), resources_);
      if (!store) return tl::unexpected(store.error());
      to_.push_back(std::move(*store));
    }
    return {};
  }

  Result<RepartitionFigures> deal_out() {
    Repartition repartition(from_, to_, [this](std::string_view user, std::int32_t count) {
      return partition_of(user, count, options_.partitioner);
    });
    std::uint64_t estimate = 0;
    for (const auto& store : from_) estimate += store->figures().users_estimate;
    const auto step = [&](const char* title, std::uint64_t total, const auto& work) {
      ProgressBar bar(title, clock_);
      return work([&bar, total](std::uint64_t users) {
        bar.show(users, total, fmt::format("{} users", users));
      });
    };
    const auto users = step("check  ", estimate, [&](const auto& progress) {
      return repartition.check_places(progress);
    });
    if (!users) return tl::unexpected(users.error());
    auto figures =
        step("move   ", *users, [&](const auto& progress) { return repartition.move(progress); });
    if (!figures) return figures;
    FRESHET_RETURN_IF_ERROR(step(
        "compare", *users, [&](const auto& progress) { return repartition.verify(progress); }));
    return figures;
  }

  Status swap() {
    from_.clear();
    to_.clear();
    FRESHET_RETURN_IF_ERROR(make_directories(before_));
    for (std::int32_t p = 0; p < options_.from; ++p) {
      if (exists(before_ + name(p))) continue;
      FRESHET_RETURN_IF_ERROR(rename_durably(root_ + name(p), before_ + name(p)));
    }
    for (std::int32_t q = 0; q < options_.to; ++q) {
      FRESHET_RETURN_IF_ERROR(remove_tree(root_ + name(q)));  // Of a run that was broken off here.
      FRESHET_RETURN_IF_ERROR(rename_durably(after_ + name(q), root_ + name(q)));
    }
    return remove_tree(after_);
  }

  Status write_snapshots() {
    if (!snapshots_) return {};
    ProgressBar bar("snapshots", clock_);
    for (std::int32_t q = 0; q < options_.to; ++q) {
      auto store = RocksDbStore::open(root_ + name(q), resources_);
      if (!store) return tl::unexpected(store.error());
      SnapshotWriter writer(*snapshots_, {topic_, options_.to, PartitionId{q}});
      const auto taken = take_snapshot(**store, writer, after_, clock_.now());
      if (!taken) return tl::unexpected(taken.error());
      bar.show(static_cast<std::uint64_t>(q + 1), static_cast<std::uint64_t>(options_.to),
               fmt::format("{} partitions", q + 1));
    }
    return replace_layout(*snapshots_, {topic_, options_.to});
  }

  const Config& config_;
  const RepartitionOptions& options_;
  const Clock& clock_;
  const RocksDbResources resources_;
  const std::string topic_;
  const std::string root_;
  const std::string before_;
  const std::string after_;
  std::unique_ptr<SnapshotStore> local_;
  std::unique_ptr<SnapshotStore> snapshots_;
  Repartition::Stores from_;
  Repartition::Stores to_;
};

}  // namespace

Result<RepartitionFigures> repartition_state(const Config& config,
                                             const RepartitionOptions& options,
                                             const Clock& clock) {
  if (options.from < 1 || options.to <= options.from) {
    return error(ErrorCode::kInvalidConfig,
                 "--to must be larger than --from: Kafka's partitions only become more");
  }
  return Job(config, options, clock).run();
}

}  // namespace freshet
