// Prints the key tables of docs/config.md, which stand there between its two markers.

#include <cstdio>

#include "config/reference.h"

int main() { std::fputs(freshet::config_reference().c_str(), stdout); }
