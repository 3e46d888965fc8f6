#include "config/config_fields.h"

namespace freshet {

std::vector<ConfigField> config_fields(Config& config) {
  ConfigFields fields;
  add_fields(fields, config.ingest);
  add_fields(fields, config.state);
  add_fields(fields, config.scoring);
  add_fields(fields, config.sinks);
  return fields.take();
}

}  // namespace freshet
