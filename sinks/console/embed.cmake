# cmake -D OUTPUT=file.cc -D FILES=a.html|b.css -P embed.cmake: compiles the console's files in.
string(REPLACE "|" ";" files "${FILES}")
set(arrays "")
set(table "")
set(number 0)
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  if(extension STREQUAL ".html")
    set(type "text/html; charset=utf-8")
  elseif(extension STREQUAL ".css")
    set(type "text/css; charset=utf-8")
  elseif(extension STREQUAL ".js")
    set(type "text/javascript; charset=utf-8")
  elseif(extension STREQUAL ".svg")
    set(type "image/svg+xml")
  elseif(extension STREQUAL ".yaml")
    set(type "application/yaml")
  else()
    message(FATAL_ERROR "${name}: no content type for ${extension}")
  endif()
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}};\n")
  string(APPEND table "    {\"${path}\", \"${type}\", {kFile${number}, sizeof kFile${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"sinks/console_assets.h\"

namespace freshet {
namespace {
${arrays}
constexpr ConsoleAsset kAssets[] = {
${table}};
}  // namespace

std::span<const ConsoleAsset> console_assets() { return kAssets; }
}  // namespace freshet
")
