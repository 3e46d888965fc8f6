#include "sinks/model_codec.h"

#include "sinks/json_text.h"

namespace freshet {
namespace {

void put(JsonWriter& writer, const char* name, std::uint64_t value) {
  put_key(writer, name);
  writer.Uint64(value);
}

void put_version(JsonWriter& writer, const KeptVersion& kept) {
  writer.StartObject();
  put(writer, "version", kept.version.value);
  put_key(writer, "saved_time");
  writer.Int64(kept.saved_time.time_since_epoch().count());
  put(writer, "learned_examples", kept.learned_examples);
  put_key(writer, "hit_rate_20");
  put_number(writer, kept.hit_rate_20);
  put(writer, "bytes", kept.bytes);
  writer.EndObject();
}

}  // namespace

std::string encode_model(const ModelStatus& model) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put(writer, "version", model.version.value);
  put_key(writer, "frozen");
  writer.Bool(model.frozen);
  put_key(writer, "guard");
  put_text(writer, to_string(model.guard));
  put(writer, "learned_examples", model.learned_examples);
  put_key(writer, "loss");
  put_number(writer, model.loss);
  put_key(writer, "versions");
  writer.StartArray();
  for (const KeptVersion& kept : model.versions) put_version(writer, kept);
  writer.EndArray();
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
