#include "sinks/figure_columns.h"

#include "sinks/json_text.h"

namespace freshet {

std::string encode_columns(const FigureColumns& figures) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "time");
  writer.StartArray();
  for (const EventTime time : figures.times) writer.Int64(time.time_since_epoch().count());
  writer.EndArray();
  for (const FigureColumn& column : figures.columns) {
    put_key(writer, column.name);
    writer.StartArray();
    for (const double value : column.values) put_number(writer, value);
    writer.EndArray();
  }
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
