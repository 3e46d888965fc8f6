#include "app/engine/encoder_choice.h"

#ifdef FRESHET_LIBTORCH
#include "scoring/content/torch_encoder.h"
#endif

namespace freshet {

Result<std::unique_ptr<ItemEncoder>> choose_encoder(const ScoringConfig& config) {
  if (config.content.encoder.file.empty()) return nullptr;
#ifdef FRESHET_LIBTORCH
  return open_torch_encoder(config.content.encoder, config.catalogue.embedding_dim);
#else
  return error(ErrorCode::kInvalidConfig,
               "scoring.content.encoder.file: this build has no LibTorch: build with "
               "FRESHET_LIBTORCH, or leave the encoder out");
#endif
}

}  // namespace freshet
