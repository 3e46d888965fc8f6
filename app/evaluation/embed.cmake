# cmake -D OUTPUT=file.cc -D FILES=a.css|b.js -P embed.cmake: compiles the report's files in.
string(REPLACE "|" ";" files "${FILES}")
set(functions "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  string(REPLACE "." "_" name ${name})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND functions "
std::string_view ${name}() {
  static constexpr char kText[] = {${bytes}};
  return {kText, sizeof kText};
}
")
endforeach()
file(WRITE ${OUTPUT} "#include \"app/evaluation/report_assets.h\"

namespace freshet {
${functions}
}  // namespace freshet
")
