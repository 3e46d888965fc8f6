#pragma once

#include <cstddef>
#include <memory>
#include <tl/expected.hpp>

#include "config/ingest_config.h"
#include "ingest/dead_letter.h"
#include "ingest/item_update.h"
#include "ingest/record.h"

namespace freshet {

/// Turns records of the items topic into item updates (docs/events.md). Confined to one thread.
class ItemDecoder {
 public:
  /// `embedding_dim`: scoring.catalogue.embedding_dim; every embedding must have this size.
  ItemDecoder(const IngestConfig& config, std::size_t embedding_dim);
  ~ItemDecoder();
  ItemDecoder(ItemDecoder&&) noexcept;
  ItemDecoder& operator=(ItemDecoder&&) noexcept;

  /// Decodes and validates one record. The record's key is the item's id where the body names none;
  /// a tombstone removes the item its key names.
  tl::expected<ItemUpdate, BadRecord> decode(const Record& record);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
