#pragma once

#include <cstddef>
#include <memory>

#include "config/content_config.h"
#include "config/result.h"
#include "scoring/content/item_encoder.h"

namespace freshet {

/// Loads the TorchScript module of `config.file` (and its vocabulary) and tries it. Its `forward`
/// is, by `config.input`,
///
///   text:       (ids [batch, tokens] int64, mask [batch, tokens] float32: 1 = token, 0 = padding)
///   embedding:  (embeddings [batch, embedding_dim] float32)
///
/// and gives [batch, config.dim] float32. It runs on the CPU in one thread, at most 64 items
/// together. Text is title, category levels, brand and tags.
///
/// Errors: kInvalidConfig when a file cannot be read, or what it gives has another shape.
Result<std::unique_ptr<ItemEncoder>> open_torch_encoder(const EncoderConfig& config,
                                                        std::size_t embedding_dim);

}  // namespace freshet
