#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/write_buffer_manager.h>

#include <memory>

namespace freshet {

/// How RocksDB is set up for states. For the RocksDB target's own files.

/// Of each column family; `cache` null = none of its own.
rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache);

/// Has tables full of deleted rows merged soon: whoever walks over the rows meets every one of
/// them.
void drop_deleted_soon(rocksdb::ColumnFamilyOptions& options);

/// Of a database that is written to.
rocksdb::DBOptions writer_options(std::shared_ptr<rocksdb::WriteBufferManager> write_buffers);

/// Of a database that another process may write to.
rocksdb::DBOptions reader_options();

}  // namespace freshet
