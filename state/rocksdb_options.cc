#include "state/rocksdb_options.h"

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <cstdarg>
#include <utility>

namespace freshet {
namespace {

/// Every table is rewritten after this: what was deleted is then gone from the disk, too.
constexpr std::uint64_t kRewrittenAfterSeconds = 7 * 24 * 3600;

/// A table that holds so many deletions among so many rows is merged at once.
constexpr std::size_t kDeletionWindowRows = 10'000;
constexpr std::size_t kDeletionsInWindowMax = 2'500;

/// What a family takes at least once it has a row, of which each partition has five: RocksDB's own
/// choice, 1 MiB, is more than `state.write_buffer_bytes` from some twenty partitions on, which
/// then flush all the time.
constexpr std::size_t kArenaBlockBytes = 64u << 10;

/// Of a memtable's size, for the same reason not more: 256 KiB, ten bits for each of 200,000 rows.
constexpr double kBloomRatio = 1.0 / 128;

/// RocksDB's own log lies beside the database; on a full disk a build with assertions ends the
/// process at the line after the first that could not be written. What matters comes as a status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 32u << 20;
  options.arena_block_size = kArenaBlockBytes;
  options.periodic_compaction_seconds = kRewrittenAfterSeconds;
  return options;
}

void set_up_for_users(rocksdb::ColumnFamilyOptions& options) {
  // Most users who come were not here since the last flush: a Bloom filter says so at once.
  options.memtable_prefix_bloom_size_ratio = kBloomRatio;
  options.memtable_whole_key_filtering = true;
  options.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(kDeletionWindowRows, kDeletionsInWindowMax));
}

rocksdb::DBOptions writer_options(std::shared_ptr<rocksdb::WriteBufferManager> write_buffers) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.write_buffer_manager = std::move(write_buffers);
  options.max_background_jobs = 2;
  options.max_total_wal_size = 64u << 20;
  options.info_log = std::make_shared<NoLog>();
  return options;
}

rocksdb::DBOptions reader_options() {
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<NoLog>();  // The file beside the tables is the writer's.
  return options;
}

}  // namespace freshet
