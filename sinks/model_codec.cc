#include "sinks/model_codec.h"

#include "sinks/json_text.h"

namespace freshet {
namespace {

void put_version(JsonWriter& writer, const KeptVersion& kept) {
  writer.StartObject();
  put_key(writer, "version");
  writer.Uint64(kept.version.value);
  put_key(writer, "saved_time");
  writer.Int64(kept.saved_time.time_since_epoch().count());
  put_key(writer, "learned_examples");
  writer.Uint64(kept.learned_examples);
  put_key(writer, "hit_rate_20");
  if (kept.hit_rate_20) {
    put_number(writer, *kept.hit_rate_20);
  } else {
    writer.Null();
  }
  put_key(writer, "bytes");
  writer.Uint64(kept.bytes);
  writer.EndObject();
}

}  // namespace

std::string encode_model(const ModelStatus& model) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "version");
  writer.Uint64(model.version.value);
  put_key(writer, "frozen");
  writer.Bool(model.frozen);
  put_key(writer, "guard");
  put_text(writer, to_string(model.guard));
  put_key(writer, "learned_examples");
  writer.Uint64(model.learned_examples);
  put_key(writer, "loss");
  if (model.learned_examples == 0) {
    writer.Null();
  } else {
    put_number(writer, model.loss);
  }
  put_key(writer, "versions");
  writer.StartArray();
  for (const KeptVersion& kept : model.versions) put_version(writer, kept);
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace freshet
