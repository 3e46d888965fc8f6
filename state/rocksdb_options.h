#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include <memory>

namespace freshet {

/// How RocksDB is set up for states. For the RocksDB target's own files.

/// Of each column family; `cache` null = none of its own.
rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache);

/// What the family of users' states has besides: tables full of deleted rows are merged soon, since
/// whoever walks over the rows meets every one of them; and a Bloom filter tells without a search
/// who is not in memory.
void set_up_for_users(rocksdb::ColumnFamilyOptions& options);

/// Of a database that is written to.
rocksdb::DBOptions writer_options(std::shared_ptr<rocksdb::WriteBufferManager> write_buffers);

/// Of a database that another process may write to.
rocksdb::DBOptions reader_options();

}  // namespace freshet
