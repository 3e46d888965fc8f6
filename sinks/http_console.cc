#include <string>

#include "sinks/console_assets.h"
#include "sinks/http_api.h"

namespace freshet {

void add_console(HttpRouter& router) {
  for (const ConsoleAsset& asset : console_assets()) {
    const bool contract = asset.content_type == "application/yaml";
    const auto serve = [asset](const HttpRequest&, Respond respond) {
      respond({.content_type = std::string(asset.content_type),
               .body = std::string(asset.body),
               .headers = {{"Content-Security-Policy",
                            "default-src 'none'; script-src 'self'; style-src 'self'; "
                            "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
                            "form-action 'none'; frame-ancestors 'none'"},
                           {"Referrer-Policy", "no-referrer"}}});
    };
    router.get(asset.path, serve, contract ? Access::kOpen : Access::kToken);
  }
}

}  // namespace freshet
